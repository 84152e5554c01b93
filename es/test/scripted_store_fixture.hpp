// For tests of the command processor: a store whose answers the test holds back or fails.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "es/event_store.hpp"
#include "es/memory_event_store.hpp"

namespace es {

// A memory store whose answers the test holds back, fails, or lets another writer get ahead of.
class ScriptedStore : public EventStore {
public:
    void append(std::vector<Append> batch, OnOutcome on_outcome) override {
        appends_ += batch.size();
        if (before_append) std::exchange(before_append, {})();
        if (fail_appends > 0) {
            --fail_appends;
            for (std::size_t i = 0; i < batch.size(); ++i) on_outcome(i, failure);
            return;
        }
        if (hold_appends) {
            const std::lock_guard lock(mutex_);
            held_.push_back({std::move(batch), std::move(on_outcome)});
            held_count = held_.size();
            return;
        }
        inner.append(std::move(batch), std::move(on_outcome));
    }
    void read(std::vector<ReadRequest> batch, OnStream on_stream) override {
        reads_ += batch.size();
        if (hold_reads) {
            const std::lock_guard lock(mutex_);
            waiting_reads_.push_back({std::move(batch), std::move(on_stream)});
            held_reads = waiting_reads_.size();
            return;
        }
        if (!unreadable.empty()) {
            for (std::size_t i = 0; i < batch.size(); ++i) {
                if (batch[i].stream == unreadable) {
                    on_stream(i, {ReadStatus::corrupt, {}, false, "broken"});
                } else {
                    on_stream(i, read_one(inner, batch[i]));
                }
            }
            return;
        }
        inner.read(std::move(batch), std::move(on_stream));
    }
    [[nodiscard]] bool sole_writer() const override { return sole; }

    void release() {
        std::vector<Held> held;
        {
            const std::lock_guard lock(mutex_);
            held.swap(held_);
            held_count = 0;
        }
        for (auto& h : held) inner.append(std::move(h.batch), std::move(h.on_outcome));
    }

    // Lets so many held reads go, when they have come.
    void release_reads(std::size_t count) {
        while (held_reads < count) std::this_thread::yield();
        std::vector<HeldRead> held;
        {
            const std::lock_guard lock(mutex_);
            held.swap(waiting_reads_);
            held_reads = 0;
        }
        for (auto& h : held) inner.read(std::move(h.batch), std::move(h.on_stream));
    }

    es::MemoryEventStore inner;
    bool sole = true;
    std::atomic<bool> hold_reads{false};
    std::atomic<std::size_t> held_reads{0};
    std::atomic<bool> hold_appends{false};
    std::atomic<std::size_t> held_count{0};
    std::atomic<int> fail_appends{0};
    AppendOutcome failure{AppendStatus::not_stored, 0, "disk full"};
    std::function<void()> before_append;
    StreamId unreadable;
    std::atomic<std::size_t> appends_{0};
    std::atomic<std::size_t> reads_{0};

private:
    struct Held {
        std::vector<Append> batch;
        OnOutcome on_outcome;
    };
    struct HeldRead {
        std::vector<ReadRequest> batch;
        OnStream on_stream;
    };
    std::mutex mutex_;
    std::vector<Held> held_;
    std::vector<HeldRead> waiting_reads_;
};

}  // namespace es
