// One stream as an aggregate, read from its store.
//
//     const auto ada = es::load<Account>(store, "ada");
//     if (ada) std::cout << ada->state().balance << " at version " << ada->version();
#pragma once

#include <optional>
#include <vector>

#include "es/aggregate.hpp"
#include "es/event_store.hpp"

namespace es {

// nullopt: there is no such stream. Blocks. Throws Unavailable or Corrupt.
template <AggregateState T>
std::optional<Aggregate<T>> load(EventStore& store, const StreamId& id) {
    std::vector<Occurred<typename T::Event>> history;
    for (const RecordedEvent& event : read_stream(store, id)) {
        history.push_back({codec_of<T>().decode(event), event.occurred_on});
    }
    if (history.empty()) return std::nullopt;
    return Aggregate<T>::replay(id, history);
}

}  // namespace es
