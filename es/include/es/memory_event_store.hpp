// Events in memory: for tests, and as the plainest example of the interfaces.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "es/event_feed.hpp"
#include "es/event_order.hpp"
#include "es/event_store.hpp"

namespace es {

class MemoryEventStore : public EventStore {
public:
    void append(std::vector<Append> batch, OnOutcome on_outcome) override;
    void read(std::vector<ReadRequest> batch, OnStream on_stream) override;
    [[nodiscard]] bool sole_writer() const override { return true; }

private:
    friend class MemoryEventFeed;
    friend class MemoryEventOrder;

    AppendOutcome append_locked(Append append);

    std::mutex mutex_;
    std::condition_variable appended_;
    std::map<StreamId, std::vector<std::size_t>> streams_;  // indexes into log_
    std::vector<RecordedEvent> log_;                        // all, in commit order
};

// One partition, "memory"; the checkpoint counts the events before it.
class MemoryEventFeed : public EventFeed {
public:
    explicit MemoryEventFeed(MemoryEventStore& store) : store_(store) {}

    FeedBatch poll(const Checkpoints& after, std::size_t limit,
                   std::chrono::milliseconds wait) override;
    void wake() override;
    Lag lag(const Checkpoints& checkpoints) override;

private:
    MemoryEventStore& store_;
    bool woken_ = false;  // guarded by the store's mutex
};

// The position of an event is the number of events up to it.
class MemoryEventOrder : public EventOrder {
public:
    explicit MemoryEventOrder(MemoryEventStore& store) : store_(store) {}

    PlacedEvents after(std::int64_t position, std::size_t limit) override;
    PlacedEvents before(std::optional<std::int64_t> position, std::size_t limit) override;
    std::int64_t last_position() override;

private:
    MemoryEventStore& store_;
};

}  // namespace es
