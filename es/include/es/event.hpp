// What is stored: events, each with a place in its stream. Payloads are JSON text here; codec.hpp
// turns them into a domain's own types.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace es {

using StreamId = std::string;

// An event's place in its stream: the first event is 1. As a stream's version: that of its last
// event, 0 when there is no stream yet.
using Version = std::int64_t;

// UTC, whole milliseconds.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

// What a caller adds to its events besides the actor: texts by name, e.g. "correlationId" (of the
// conversation that led to the event), "causationId" (of the message that it answers).
using ExtraMetadata = std::map<std::string, std::string>;

// Limits of what is added; names are [A-Za-z][A-Za-z0-9_-]*, texts are UTF-8, not empty and without
// control characters.
inline constexpr std::size_t extra_members_max = 16;
inline constexpr std::size_t extra_name_bytes_max = 40;
inline constexpr std::size_t extra_text_bytes_max = 1'000;

// What is wrong with it, a sentence; empty: nothing.
std::string fault_in(const ExtraMetadata& extra);

// An object of texts as JSON, for stores that keep it as a text; "" for none.
std::string to_json(const ExtraMetadata& extra);
// Throws Corrupt if the text is something else.
ExtraMetadata extra_from_json(const std::string& text);

// What is kept beside an event's payload. Empty members are absent.
struct Metadata {
    std::string command_id;       // unique per command, made by the server: whose write this was
    std::string idempotency_key;  // the caller's
    std::string digest;           // fingerprint of the command that the key belongs to
    std::string actor;            // who asked for it
    ExtraMetadata extra = {};

    bool operator==(const Metadata&) const = default;
};

struct RecordedEvent {
    StreamId stream;
    Version version = 0;
    TimePoint occurred_on{};  // never decreases within a stream
    std::string type;         // wire name, e.g. "MetricCreated"
    int schema = 1;           // which form of the type's payload this is
    std::string payload;      // JSON text, an object
    Metadata metadata;

    bool operator==(const RecordedEvent&) const = default;
};

// What an event costs in memory and on the wire, roughly; for limits, not for accounts.
std::size_t approximate_bytes(const RecordedEvent& event);

}  // namespace es
