#include "es/sqlite/event_scan.hpp"

#include <utility>

#include "es/errors.hpp"
#include "es/sqlite/checkpoint.hpp"
#include "es/sqlite/event_file.hpp"

namespace es::sqlite {
namespace {

// A batch ends after this much.
constexpr std::size_t batch_bytes_max = 32'000'000;

Connection open_for_scan(const std::filesystem::path& file) {
    Connection connection = open_ready(file);
    // KiB. The sort keeps so much in memory, and spills the rest.
    connection.execute("PRAGMA cache_size = -32768; PRAGMA temp_store = FILE");
    return connection;
}

}  // namespace

EventScan::EventScan(const std::filesystem::path& file, Wanted wanted)
    : wanted_(std::move(wanted)),
      connection_(open_for_scan(file)),
      one_moment_(connection_, Transaction::Kind::read),
      events_(connection_.prepare("SELECT position, stream, version, occurred_on, type, schema, "
                                  "actor, payload, " +
                                  extra_column(connection_) +
                                  " FROM events WHERE position <= ? ORDER BY stream, version")),
      name_(connection_.prepare("SELECT name FROM streams WHERE id = ?")),
      head_(connection_.ask_integer("SELECT max(position) FROM events")),
      rows_(events_.ask(head_)) {}

es::FeedBatch EventScan::poll(const es::Checkpoints&, std::size_t limit,
                              std::chrono::milliseconds) {
    return or_unavailable([&] { return next(limit); });
}

es::FeedBatch EventScan::next(std::size_t limit) {
    es::FeedBatch batch;
    if (ended_) return batch;
    batch.events.reserve(limit);
    std::size_t bytes = 0;
    while (batch.events.size() < limit && bytes < batch_bytes_max) {
        if (!rows_.next()) {
            ended_ = true;
            batch.reached = checkpoint_at(head_);
            break;
        }
        if (rows_.integer(1) != stream_) enter_stream(rows_.integer(1));
        es::RecordedEvent& event = batch.events.emplace_back();
        event.stream = name_of_stream_;
        event.version = rows_.integer(2);
        event.occurred_on = es::TimePoint(std::chrono::milliseconds(rows_.integer(3)));
        event.type = rows_.text(4);
        event.schema = static_cast<int>(rows_.integer(5));
        event.metadata.actor = rows_.text(6);
        event.payload = rows_.text(7);
        event.metadata.extra = extra_in(rows_, 8);
        if (wanted_ && !wanted_(event, rows_.integer(0))) {
            batch.events.pop_back();  // an empty batch is the end: it must not fill one
        } else {
            bytes += es::approximate_bytes(event);
        }
    }
    return batch;
}

void EventScan::enter_stream(std::int64_t stream) {
    Rows name = name_.ask(stream);
    if (!name.next()) {
        throw es::Corrupt("An event belongs to stream " + std::to_string(stream) +
                          ", which has no name.");
    }
    stream_ = stream;
    name_of_stream_ = name.text(0);
}

}  // namespace es::sqlite
