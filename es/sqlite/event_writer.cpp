#include "es/sqlite/event_writer.hpp"

#include "es/sqlite/event_file.hpp"

namespace es::sqlite {
namespace {

// Each checkpoint delays the appends after it, so the steps are small.
constexpr int log_step_pages = 1000;

Connection open(const std::filesystem::path& file) {
    Connection connection(file, Access::write);
    prepare_event_file(connection, file);
    return connection;
}

// Empty if the append can be stored; else why not.
std::string fault_of(const es::Append& append) {
    if (append.events.empty()) return "an append without events";
    if (!es::is_whole(append)) return "an append whose versions don't follow";
    std::size_t bytes = 0;
    for (const es::RecordedEvent& event : append.events) bytes += es::approximate_bytes(event);
    // A text that SQLite refuses would fail its neighbours, so it is refused here.
    if (bytes > 2 * es::append_bytes_max) {
        return "an append of " + std::to_string(bytes) + " bytes is beyond the " +
               std::to_string(2 * es::append_bytes_max) + " that may be";
    }
    return {};
}

}  // namespace

EventWriter::EventWriter(const std::filesystem::path& file)
    : connection_(open(file)),
      log_(connection_, log_step_pages),
      head_(connection_.prepare("SELECT id, version, last_position FROM streams WHERE name = ?")),
      add_stream_(connection_.prepare("INSERT INTO streams VALUES (NULL, ?, 0, 0) RETURNING id")),
      move_head_(
          connection_.prepare("UPDATE streams SET version = ?, last_position = ? WHERE id = ?")),
      add_event_(connection_.prepare(
          "INSERT INTO events(position, stream, version, previous, occurred_on, type, schema, "
          "command_id, key, digest, actor, payload, extra) VALUES (?, ?, ?, ?, ?, ?, ?, "
          "nullif(?, ''), nullif(?, ''), nullif(?, ''), nullif(?, ''), ?, nullif(?, ''))")),
      add_landmark_(connection_.prepare("INSERT INTO landmarks VALUES (?, ?, ?)")) {
    settle();
    // Not before.  NOLINTNEXTLINE(cppcoreguidelines-prefer-member-initializer)
    last_position_ = last_position_of(connection_);
}

// Makes durable what can be read, and final what can't. A writer that ended in the middle of a
// commit may have left it readable, but not yet on disk; or on disk, but not readable until the
// next recovery. A commit of our own syncs the one, and overwrites the other. The log is synced
// before that too: check_log() relies on it that each commit is on disk before anything follows it.
void EventWriter::settle() {
    static_cast<void>(identity_of(connection_));  // opens the log
    connection_.sync_log();
    connection_.execute("UPDATE meta SET value = value + 1 WHERE name = 'settled'");
}

std::string EventWriter::identity() {
    return identity_of(connection_);
}

std::vector<es::AppendOutcome> EventWriter::append(const std::vector<es::Append>& batch) {
    std::vector<es::AppendOutcome> outcomes;
    outcomes.reserve(batch.size());
    Transaction transaction(connection_, Transaction::Kind::write);
    for (const es::Append& append : batch) outcomes.push_back(append_one(append));
    committing_ = true;
    transaction.commit();
    committing_ = false;
    return outcomes;
}

// No savepoint: whether it can be stored is known before anything of it is written, so only an
// error that fails the whole transaction can come in between.
es::AppendOutcome EventWriter::append_one(const es::Append& append) {
    if (std::string fault = fault_of(append); !fault.empty()) {
        return {es::AppendStatus::not_stored, 0, std::move(fault)};
    }
    std::int64_t stream = 0;
    es::Version version = 0;
    std::int64_t previous = 0;
    {
        Rows head = head_.ask(append.stream);
        if (head.next()) {
            stream = head.integer(0);
            version = head.integer(1);
            previous = head.integer(2);
        }
    }
    if (version != append.expected) return {es::AppendStatus::conflict, version, {}};
    if (stream == 0) {
        Rows added = add_stream_.ask(append.stream);
        added.next();
        stream = added.integer(0);
    }
    for (const es::RecordedEvent& event : append.events) {
        insert(stream, previous, event);
        previous = last_position_;
    }
    move_head_.run(append.events.back().version, last_position_, stream);
    return {es::AppendStatus::stored, 0, {}};
}

void EventWriter::insert(std::int64_t stream, std::int64_t previous,
                         const es::RecordedEvent& event) {
    const es::Metadata& metadata = event.metadata;
    const std::int64_t position = ++last_position_;
    add_event_.run(position, stream, event.version, previous,
                   std::int64_t{event.occurred_on.time_since_epoch().count()}, event.type,
                   event.schema, metadata.command_id, metadata.idempotency_key, metadata.digest,
                   metadata.actor, event.payload, es::to_json(metadata.extra));
    if (event.version % landmark_every == 0) add_landmark_.run(stream, event.version, position);
}

}  // namespace es::sqlite
