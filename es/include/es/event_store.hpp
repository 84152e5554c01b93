// Where events are kept: append under a condition, and read one stream in order.
//
//     store.append({{"account-1", 0, {opened}}}, [](std::size_t, es::AppendOutcome outcome) {
//         if (outcome.status == es::AppendStatus::stored) ...
//     });
//
// es/testing/event_store_suite.hpp holds the promises that every implementation is tested against.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "es/event.hpp"

namespace es {

// A store may refuse more than this in one append (DynamoDB's transaction, 100 actions and 4 MB, is
// the narrowest). The command that reaches the bytes is the last one of its append.
inline constexpr std::size_t append_events_max = 99;
inline constexpr std::size_t append_bytes_max = 3'500'000;

// Adds events to one stream if its version is `expected` (0: if there is no such stream), all of
// them or none. Their versions are expected+1, expected+2, ...; there is at least one.
struct Append {
    StreamId stream;
    Version expected = 0;
    std::vector<RecordedEvent> events;
};

// Whether there are events, all of its stream, and their versions follow the expected one. A store
// answers `not_stored` to any other.
bool is_whole(const Append& append);

enum class AppendStatus {
    stored,      // durable
    conflict,    // the stream's version was another: `current`
    not_stored,  // for sure: nothing of it is there or will come
    unknown,     // it may or may not have been stored; only reading tells
};

struct AppendOutcome {
    AppendStatus status = AppendStatus::unknown;
    Version current = 0;  // with `conflict`
    std::string reason;   // with `not_stored` and `unknown`, for the log
};

struct ReadRequest {
    StreamId stream;
    Version after = 0;         // events with a greater version
    std::size_t limit = 1000;  // at most that many; a store may give fewer (see ReadResult::more)
};

enum class ReadStatus {
    read,
    unavailable,  // the store can't be reached now
    corrupt,      // this stream can't be read: `reason`
};

struct ReadResult {
    ReadStatus status = ReadStatus::read;
    std::vector<RecordedEvent> events;  // versions after+1, after+2, ... without a gap
    bool more = false;                  // the stream goes on behind the last of them
    std::string reason;
};

// Callable from any thread. Both calls may return before they have settled, and call back on any
// thread, also before they return; every index of the batch is called back exactly once. Neither
// throws for what the store does; failures are outcomes.
class EventStore {
public:
    using OnOutcome = std::function<void(std::size_t index, AppendOutcome)>;
    using OnStream = std::function<void(std::size_t index, ReadResult)>;

    virtual ~EventStore() = default;

    // Independent appends, at most one for each stream.
    virtual void append(std::vector<Append> batch, OnOutcome on_outcome) = 0;

    // An unknown stream is read as one without events.
    virtual void read(std::vector<ReadRequest> batch, OnStream on_stream) = 0;

    // True when nobody but this object can write: what was read or appended through it is then
    // known to be the latest. False: only a read that began after a question proves its answer.
    [[nodiscard]] virtual bool sole_writer() const = 0;
};

// Reads one stream from `after` to its end, page by page. Blocks. Throws Unavailable or Corrupt.
std::vector<RecordedEvent> read_stream(EventStore& store, const StreamId& stream,
                                       Version after = 0);

// As read_stream, but one page: at most `limit` events, and whether there are more. Blocks. Throws
// Unavailable or Corrupt.
ReadResult read_page(EventStore& store, ReadRequest request);

// Reads one page and waits for the outcome, also when that is a failure.
ReadResult read_one(EventStore& store, ReadRequest request);

// Appends to one stream and waits for the outcome.
AppendOutcome append_one(EventStore& store, Append append);

}  // namespace es
