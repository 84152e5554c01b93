// What is stored: events, each with a place in its stream. Payloads are JSON text here; codec.hpp
// turns them into a domain's own types.
#pragma once

#include <chrono>
#include <cstdint>
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

// What is kept beside an event's payload. Empty members are absent.
struct Metadata {
    std::string command_id;       // unique per command, made by the server: whose write this was
    std::string idempotency_key;  // the caller's
    std::string digest;           // fingerprint of the command that the key belongs to
    std::string actor;            // who asked for it

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
