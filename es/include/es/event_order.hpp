// All events of a store in the order in which they were recorded, for stores that have such an
// order: page by page in either direction, by position.
//
//     es::SqliteEventOrder order("./data");
//     for (auto page = order.after(0, 1000);; page = order.after(page.events.back().position,
//     1000)) {
//         for (const auto& [position, event] : page.events) ...
//         if (!page.more) break;
//     }
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "es/event.hpp"

namespace es {

struct PlacedEvent {
    std::int64_t position = 0;  // 1, 2, ...; never changes
    RecordedEvent event;
};

struct PlacedEvents {
    std::vector<PlacedEvent> events;
    bool more = false;  // others follow, in the direction of the page
};

// Callable from any thread. A page has at most `limit` events (at least 1), fewer where they are
// large; it is empty only where nothing follows. All throw Unavailable.
class EventOrder {
public:
    virtual ~EventOrder() = default;

    // Those after a position, ascending; after 0: from the first on.
    virtual PlacedEvents after(std::int64_t position, std::size_t limit) = 0;
    // Those before a position, descending; nullopt: from the last on.
    virtual PlacedEvents before(std::optional<std::int64_t> position, std::size_t limit) = 0;
    // Of the last event; at least as many as there are events. 0: there are none.
    virtual std::int64_t last_position() = 0;
};

}  // namespace es
