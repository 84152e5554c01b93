// The events of an events.db in the order of their commits. One partition, "events"; its
// checkpoint is the last event's position, in decimal.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "es/event_feed.hpp"

namespace es {

class CommitSignal;

class SqliteEventFeed : public es::EventFeed {
public:
    // `signal`: that of the store when it is in the same process, and wakes the waiting poll.
    // Without one the file is looked at every few milliseconds. `clock` gives the time for the
    // lag's age.
    explicit SqliteEventFeed(const std::filesystem::path& folder,
                             std::shared_ptr<CommitSignal> signal = nullptr,
                             std::function<es::TimePoint()> clock = nullptr);
    ~SqliteEventFeed() override;

    // Both also throw es::Corrupt for a checkpoint that isn't this feed's, lag() also for one
    // beyond its last event.
    es::FeedBatch poll(const es::Checkpoints& after, std::size_t limit,
                       std::chrono::milliseconds wait) override;
    es::Lag lag(const es::Checkpoints& checkpoints) override;
    void wake() override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace es
