// One recorded event as one line of JSON: what `export events` and `tail` write and what an import
// reads (docs/formats/events.md). The payload is kept byte for byte.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "es/event.hpp"

namespace transfer {

// Limits of what is read.
inline constexpr std::size_t event_line_bytes_max = 5'000'000;
inline constexpr std::size_t stream_bytes_max = 1024;
inline constexpr std::size_t type_bytes_max = 100;
inline constexpr std::size_t metadata_bytes_max = 1024;  // of each of its texts

// Appends the line and its line feed. False, and nothing is appended, when the payload is no JSON
// object within the limits of base/json: no reader could take the line.
bool write_event_line(const es::RecordedEvent& event, std::string& lines);

// A payload as it stands in a line: without blanks around it, and spaces in the place of line
// breaks (between its members; no program of ours writes any).
std::string payload_in_line(std::string_view payload);

struct EventLine {
    es::RecordedEvent event;
    std::string fault;  // not empty: which member is wrong and what was expected
};
EventLine read_event_line(std::string_view line);

}  // namespace transfer
