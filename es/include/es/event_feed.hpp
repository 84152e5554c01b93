// All events of a store as they come, for those who build something from them. A feed has one or
// more partitions, each with a checkpoint of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "es/event.hpp"

namespace es {

// How far each partition was read; the text is the feed's own. A partition that is missing has not
// been read at all.
using Checkpoints = std::map<std::string, std::string>;

struct FeedBatch {
    std::vector<RecordedEvent> events;
    Checkpoints reached;  // for the partitions that moved; valid once all events are dealt with
};

struct Lag {
    std::uint64_t events = 0;          // recorded behind the checkpoints
    std::chrono::milliseconds age{0};  // how long ago the first of them occurred; 0 for none
};

// Each stream's events come in their order, or with a gap that shows in their versions; an event
// may come again. Nothing more is promised. One thread polls; wake() may come from any.
class EventFeed {
public:
    virtual ~EventFeed() = default;

    // Events behind `after`, at most about `limit`; waits up to `wait` when there are none, less
    // when woken. Throws Unavailable, and Trimmed.
    virtual FeedBatch poll(const Checkpoints& after, std::size_t limit,
                           std::chrono::milliseconds wait) = 0;

    // Whether the feed has all that is behind these checkpoints. A feed that forgets can't know it
    // of checkpoints that are missing, or too old. Throws Unavailable.
    virtual bool reaches(const Checkpoints& /*checkpoints*/) { return true; }

    // The checkpoints behind which all events come that are recorded from now on. Throws
    // Unavailable.
    virtual Checkpoints start() { return {}; }

    // The same, where what they stand for holds since an earlier time only. A feed that forgets
    // counts from then on how long it has what is behind them.
    virtual Checkpoints dated(const Checkpoints& checkpoints, TimePoint /*since*/) {
        return checkpoints;
    }

    // Ends the poll that waits now, or makes the next one not wait.
    virtual void wake() = 0;

    // How much there is behind these checkpoints. Any thread. Throws Unavailable.
    virtual Lag lag(const Checkpoints& checkpoints) = 0;
};

}  // namespace es
