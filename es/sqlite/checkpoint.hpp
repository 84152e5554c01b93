// The checkpoint of the feed of events.db: one partition, the position of the last event. Private
// to this room.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>

#include "es/errors.hpp"
#include "es/event_feed.hpp"

namespace es::sqlite {

inline constexpr const char* event_partition = "events";

// 0 when there is none. Throws es::Corrupt.
inline std::int64_t position_in(const es::Checkpoints& checkpoints) {
    const auto found = checkpoints.find(event_partition);
    if (found == checkpoints.end() || found->second.empty()) return 0;
    const std::string& text = found->second;
    std::int64_t position = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
    if (error != std::errc() || end != text.data() + text.size() || position < 0) {
        throw es::Corrupt("\"" + text + "\" is no checkpoint of this feed.");
    }
    return position;
}

inline es::Checkpoints checkpoint_at(std::int64_t position) {
    return {{event_partition, std::to_string(position)}};
}

}  // namespace es::sqlite
