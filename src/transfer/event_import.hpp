// Recorded events from lines of JSON into an event store, as they are and in the order of the
// lines. Safe to run again: a stream that exists is continued only if the events it has are those
// of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "es/event_store.hpp"

namespace transfer {

// What is stored in one transaction.
inline constexpr std::size_t import_batch_events_max = 5'000;
inline constexpr std::size_t import_batch_bytes_max = 4'000'000;

struct EventImportSummary {
    std::uint64_t recorded = 0;
    std::uint64_t there = 0;       // the store had them
    std::uint64_t bad_lines = 0;   // reported: no events, or such as can't follow
    std::uint64_t left_alone = 0;  // events of streams that were reported
    std::uint64_t streams_left_alone = 0;

    [[nodiscard]] bool complete() const { return bad_lines == 0 && left_alone == 0; }
};

// Keeps in memory one batch, and some 200 bytes for each stream.
class EventImport {
public:
    using Report = std::function<void(std::size_t line, const std::string& why)>;

    // `store` must settle a batch before append() returns, take several appends to one stream in it
    // and carry them out in order, as SqliteEventStore does: only then are the events recorded in
    // the order of the lines.
    EventImport(es::EventStore& store, Report report) : store_(store), report_(std::move(report)) {}

    // Both throw es::Unavailable when the store can't be written or read; the import may then be
    // run again.
    void take(std::size_t line, std::string_view text);
    void bad_line(std::size_t line, const std::string& why);
    EventImportSummary finish();

private:
    struct Stream {
        es::Version next = 1;  // that the file's next event must have
        es::TimePoint last_time{};
        bool continues = false;  // the file is beyond what the store had
        bool left_alone = false;
    };
    enum class Fate { append, there, left_alone };
    struct Waiting {
        std::size_t line = 0;
        es::RecordedEvent event;
        Fate fate = Fate::append;
    };
    using Events = std::span<Waiting* const>;

    [[nodiscard]] static std::string fault_of(const es::RecordedEvent& event, const Stream& stream);
    void leave_alone(Stream& stream, std::size_t line, const std::string& why);
    void flush();
    void compare(const es::StreamId& id, Events events);
    void set_aside(const es::StreamId& id, Events events, const std::string& why);
    void append();

    es::EventStore& store_;
    Report report_;
    std::unordered_map<es::StreamId, Stream> streams_;
    std::vector<Waiting> batch_;
    std::size_t batch_bytes_ = 0;
    EventImportSummary summary_;
};

}  // namespace transfer
