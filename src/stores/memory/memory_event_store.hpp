// Events in memory: for tests, and as the plainest example of the interfaces.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "es/event_feed.hpp"
#include "es/event_store.hpp"

namespace stores {

class MemoryEventStore : public es::EventStore {
public:
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override;
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override;
    [[nodiscard]] bool sole_writer() const override { return true; }

private:
    friend class MemoryEventFeed;

    es::AppendOutcome append_locked(es::Append append);

    std::mutex mutex_;
    std::condition_variable appended_;
    std::map<es::StreamId, std::vector<std::size_t>> streams_;  // indexes into log_
    std::vector<es::RecordedEvent> log_;                        // all, in commit order
};

// One partition, "memory"; the checkpoint counts the events before it.
class MemoryEventFeed : public es::EventFeed {
public:
    explicit MemoryEventFeed(MemoryEventStore& store) : store_(store) {}

    es::FeedBatch poll(const es::Checkpoints& after, std::size_t limit,
                       std::chrono::milliseconds wait) override;
    void wake() override;
    es::Lag lag(const es::Checkpoints& checkpoints) override;

private:
    MemoryEventStore& store_;
    bool woken_ = false;  // guarded by the store's mutex
};

}  // namespace stores
