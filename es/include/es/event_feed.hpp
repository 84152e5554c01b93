// All events of a store as they are recorded, for whoever builds something from them. A feed has
// one or more partitions, each with a checkpoint of its own.
//
// A feed may have a retention: it drops old events (DynamoDB Streams after 24 hours). Then poll()
// throws Trimmed, and whoever reads the feed rebuilds from the store, between these two:
//
//     const Checkpoints position = feed.current_position();
//     ... read every stream of the store ...
//     ... save `position`, and poll from there ...
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
    std::uint64_t events = 0;          // recorded after the checkpoints
    std::chrono::milliseconds age{0};  // how long ago the first of them occurred; 0 for none
};

// Each stream's events come in their order, or with a gap that shows in their versions; an event
// may come again. Nothing more is promised. One thread polls; wake() may come from any.
class EventFeed {
public:
    virtual ~EventFeed() = default;

    // Events after `after`, at most about `limit`; waits up to `wait` when there are none, less
    // when woken. Throws Unavailable; Trimmed when the feed may have dropped events after `after`,
    // which a feed with a retention can't rule out for checkpoints that are empty.
    virtual FeedBatch poll(const Checkpoints& after, std::size_t limit,
                           std::chrono::milliseconds wait) = 0;

    // Checkpoints after which every event comes that is recorded from now on; earlier events may
    // come too. By default all events. Throws Unavailable.
    virtual Checkpoints current_position() { return {}; }

    // Ends the poll that waits now, or makes the next one not wait.
    virtual void wake() = 0;

    // How much there is after these checkpoints. Any thread. Throws Unavailable.
    virtual Lag lag(const Checkpoints& checkpoints) = 0;
};

}  // namespace es
