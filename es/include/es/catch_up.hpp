// Applies all that a feed holds, and ends: for views that are built as a whole. It reads ahead on a
// thread of its own while a batch is folded.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <utility>

#include "es/event_feed.hpp"
#include "es/projection.hpp"

namespace es {

struct CatchUpOptions {
    std::size_t batch_events_max = 50'000;
    // After each batch, with the number of events so far. May be empty.
    std::function<void(std::uint64_t)> on_progress = nullptr;
    // Asked between batches; true ends it early. May be empty.
    std::function<bool()> stop = nullptr;
};

struct CaughtUp {
    bool stopped = false;  // early
    std::uint64_t events = 0;
    Checkpoints checkpoints;  // how far it came
};

// From these checkpoints to where the feed has nothing more at the moment. Throws Unavailable.
template <class View>
CaughtUp catch_up(EventFeed& feed, Projection<View>& projection, Checkpoints from,
                  const CatchUpOptions& options) {
    CaughtUp result;
    result.checkpoints = std::move(from);
    const auto read = [&feed, limit = options.batch_events_max](const Checkpoints& after) {
        return feed.poll(after, limit, std::chrono::milliseconds(0));
    };
    FeedBatch batch = read(result.checkpoints);
    while (!batch.events.empty() || !batch.reached.empty()) {
        result.stopped = options.stop && options.stop();
        if (result.stopped) break;
        for (auto& [partition, position] : batch.reached) result.checkpoints[partition] = position;
        auto next = std::async(std::launch::async, read, result.checkpoints);
        projection.apply(batch.events, batch.reached);
        result.events += batch.events.size();
        if (options.on_progress) options.on_progress(result.events);
        batch = next.get();
    }
    return result;
}

}  // namespace es
