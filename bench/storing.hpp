// How the programs that fill a data folder store their events.
#pragma once

#include <stdexcept>
#include <utility>
#include <vector>

#include "es/event_store.hpp"

namespace bench {

// Throws std::runtime_error: one of them was not stored.
inline void store_all(es::EventStore& store, std::vector<es::Append> batch) {
    bool stored = true;
    store.append(std::move(batch), [&](std::size_t, const es::AppendOutcome& outcome) {
        stored = stored && outcome.status == es::AppendStatus::stored;
    });
    if (!stored) throw std::runtime_error("the store did not take the events");
}

}  // namespace bench
