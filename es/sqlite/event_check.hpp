// Walks a file of events, an events.db or a copy of one, from its first event to its last, and says
// what is wrong with it: docs/formats/sqlite.md tells what must hold. Others may write meanwhile.
//
//     const EventCheck check = check_events(file, {.decode = decode});
//     if (!check.sound()) std::cout << to_string(check.faults.front());
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "es/event.hpp"

namespace es::sqlite {

// Absent parts are 0 or empty: a fault of a stream has no position, one of the file has neither.
struct EventFault {
    std::int64_t position = 0;
    es::StreamId stream;
    es::Version version = 0;
    std::string type;
    std::string what;  // what is wrong, and what was expected
};
// "position 18, stream books, version 5, Deposited: the version should be 4"
std::string to_string(const EventFault& fault);

// More are counted, not kept.
inline constexpr std::size_t faults_kept_max = 20;

struct EventCheck {
    std::uint64_t events = 0;
    std::uint64_t streams = 0;
    std::uint64_t faults_total = 0;  // bad events, streams and landmarks; damage of the file
    // The first ones: of events by position, then those of streams, landmarks and the file.
    std::vector<EventFault> faults;

    [[nodiscard]] bool sound() const { return faults_total == 0; }
};

struct EventCheckOptions {
    // Throws es::Corrupt when the event's type, schema or payload can't be read.
    std::function<void(const es::RecordedEvent&)> decode;
    std::function<void(std::uint64_t events, std::uint64_t of)> on_progress = nullptr;
};

// Needs 48 bytes of memory for each stream, however many events there are. Throws es::Unusable:
// there is no such file, it is of a newer format or another program's; es::Unavailable.
EventCheck check_events(const std::filesystem::path& file, const EventCheckOptions& options);

}  // namespace es::sqlite
