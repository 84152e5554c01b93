#include "es/sqlite/event_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>

#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/draft_file.hpp"
#include "es/sqlite/log_mode.hpp"

namespace es::sqlite {
namespace {

// "YsEv": tells our file from another program's.
constexpr std::int64_t application_id = 0x59734576;
constexpr std::int64_t format = 1;

// A read stops after this much, so that no caller has to hold a huge stream at once.
constexpr std::size_t read_bytes_max = 4'000'000;
// The same for a slice of the feed, whose readers take many events at a time.
constexpr std::size_t slice_bytes_max = 32'000'000;
constexpr std::size_t slice_events_reserved = 50'000;
constexpr std::size_t placed_events_reserved = 1'000;

// A reader knows so many streams by name without looking: a few megabytes.
constexpr std::size_t names_kept_max = 50'000;

// No index over the events: each one halves the rate of appending. A stream is read backwards by
// `previous`, from its head or from a landmark.
constexpr const char* schema = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE streams(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    last_position INTEGER NOT NULL);
CREATE TABLE events(
    position INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    version INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    occurred_on INTEGER NOT NULL,
    type TEXT NOT NULL,
    schema INTEGER NOT NULL,
    command_id TEXT,
    key TEXT,
    digest TEXT,
    actor TEXT,
    payload TEXT NOT NULL,
    extra TEXT);
CREATE TABLE landmarks(
    stream INTEGER NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY(stream, version)) WITHOUT ROWID;
)";

// What take_content() takes.
std::string content_columns(Connection& connection) {
    return "occurred_on, type, schema, command_id, key, digest, actor, payload, " +
           extra_column(connection);
}

// The identity is a random UUID (RFC 9562, version 4).
constexpr const char* first_rows =
    "INSERT INTO meta VALUES ('settled', '0'), ('identity', lower(hex(randomblob(4)) || '-' || "
    "hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || "
    "substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || "
    "hex(randomblob(6))))";

// The columns of content_columns(), from `column` on.
void take_content(const Rows& rows, int column, es::RecordedEvent& event) {
    event.occurred_on = es::TimePoint(std::chrono::milliseconds(rows.integer(column)));
    event.type = rows.text(column + 1);
    event.schema = static_cast<int>(rows.integer(column + 2));
    event.metadata = {rows.text(column + 3), rows.text(column + 4), rows.text(column + 5),
                      rows.text(column + 6), extra_in(rows, column + 8)};
    event.payload = rows.text(column + 7);
}

std::string sql(std::string_view before, std::string_view columns, std::string_view behind) {
    return std::string(before).append(columns).append(behind);
}

// Marks the damage that a walk found.
class Broken : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace

es::ExtraMetadata extra_in(const Rows& rows, int column) {
    if (rows.is_null(column)) return {};
    try {
        return es::extra_from_json(rows.text(column));
    } catch (const es::Corrupt&) {
        return {};
    }
}

std::string extra_column(Connection& connection) {
    const auto there = connection.ask_integer(
        "SELECT count(*) FROM pragma_table_info('events') WHERE name = 'extra'");
    return there > 0 ? "extra" : "NULL";
}

namespace {

// Files of the first releases have none.
void add_extra_column(Connection& connection) {
    if (extra_column(connection) == "extra") return;
    Transaction transaction(connection, Transaction::Kind::write);
    connection.execute("ALTER TABLE events ADD COLUMN extra TEXT");
    transaction.commit();
}

}  // namespace

bool is_event_store(Connection& connection, const std::filesystem::path& file) {
    // In this order: another process may create all of it, in one step, between these questions.
    const auto tables = connection.ask_integer("SELECT count(*) FROM sqlite_schema");
    const auto version = connection.ask_integer("PRAGMA user_version");
    const auto id = connection.ask_integer("PRAGMA application_id");
    if (id == 0 && version == 0 && tables == 0) return false;
    if (id != application_id) {
        throw es::Unusable(file.string() + " is not an event store of this program.");
    }
    if (version > format) {
        throw es::Unusable(
            file.string() + " was written by a newer version of this program (format " +
            std::to_string(version) + ", this one knows " + std::to_string(format) + ").");
    }
    return true;
}

void prepare_event_file(Connection& connection, const std::filesystem::path& file) {
    const bool ready = is_event_store(connection, file);
    enter_log_mode(connection);
    connection.execute("PRAGMA synchronous = FULL");
    if (ready) return add_extra_column(connection);
    Transaction transaction(connection, Transaction::Kind::write);
    connection.execute(schema);
    connection.execute(first_rows);
    connection.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    connection.execute(("PRAGMA user_version = " + std::to_string(format)).c_str());
    transaction.commit();
}

namespace {

// SQLite takes a log next to an empty file for another one's, and deletes it, also when it only
// reads: the last commits that are left would be gone.
void refuse_empty_with_log(const std::filesystem::path& file) {
    const auto log = beside(file, log_suffix);
    if (has_bytes(file) || !has_bytes(log)) return;
    throw es::Unusable(file.string() +
                       " is empty, but its log holds commits. "
                       "Nothing was changed.");
}

}  // namespace

Connection open_ready(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) throw NotReady("There is no " + file.string() + " yet.");
    refuse_empty_with_log(file);
    try {
        Connection connection(file, Access::read);
        if (!is_event_store(connection, file)) {
            throw NotReady(file.string() + " is still being made.");
        }
        return connection;
    } catch (const Error& error) {
        if (!error.interrupted()) throw;
        throw es::Unusable("A change of " + file.string() +
                           " was interrupted (its journal is there): start the program "
                           "that writes it, or repeat the restore; both complete it.");
    }
}

std::string identity_of(Connection& connection) {
    Statement identity = connection.prepare("SELECT value FROM meta WHERE name = 'identity'");
    Rows rows = identity.ask();
    return rows.next() ? rows.text(0) : std::string();
}

std::int64_t last_position_of(Connection& connection) {
    return connection.ask_integer("SELECT max(position) FROM events");
}

EventQueries::EventQueries(const std::filesystem::path& file)
    : connection_(open_ready(file)),
      lacks_extra_(extra_column(connection_) != "extra"),
      head_(connection_.prepare("SELECT id, version, last_position FROM streams WHERE name = ?")),
      landmark_(connection_.prepare("SELECT version, position FROM landmarks "
                                    "WHERE stream = ? AND version >= ? ORDER BY version LIMIT 1")),
      at_(connection_.prepare(sql("SELECT stream, version, previous, ",
                                  content_columns(connection_),
                                  " FROM events WHERE position = ?"))),
      behind_(connection_.prepare(
          sql("SELECT position, stream, version, ", content_columns(connection_),
              " FROM events WHERE position > ? ORDER BY position LIMIT ?"))),
      before_(connection_.prepare(
          sql("SELECT position, stream, version, ", content_columns(connection_),
              " FROM events WHERE position < ? ORDER BY position DESC LIMIT ?"))),
      name_(connection_.prepare("SELECT name FROM streams WHERE id = ?")),
      last_position_(connection_.prepare("SELECT max(position) FROM events")),
      time_behind_(connection_.prepare(
          "SELECT occurred_on FROM events WHERE position > ? ORDER BY position LIMIT 1")),
      command_at_(connection_.prepare("SELECT coalesce(command_id, stream || '/' || version || '/' "
                                      "|| occurred_on) FROM events WHERE position = ?")) {}

es::ReadResult EventQueries::read(const es::ReadRequest& request) {
    es::ReadResult result;
    Rows head = head_.ask(request.stream);  // while it is open, all of this reads one snapshot
    if (!head.next()) return result;
    const auto stream = head.integer(0);
    const es::Version version = head.integer(1);
    const auto last_position = head.integer(2);
    const auto limit = static_cast<es::Version>(std::min(request.limit, std::size_t{1'000'000}));
    es::Version reached = std::max(request.after, es::Version{0});
    if (reached >= version) return result;
    const es::Version end = version - reached > limit ? reached + limit : version;
    std::size_t bytes = 0;
    // Piece by piece, each from the landmark (or head) at its end back to where the last one ended.
    while (reached < end && bytes < read_bytes_max) {
        const es::Version piece = (reached / landmark_every + 1) * landmark_every;
        es::Version from = version;
        auto position = last_position;
        Rows landmark = landmark_.ask(stream, piece);
        if (landmark.next() && landmark.integer(0) <= version) {
            from = landmark.integer(0);
            position = landmark.integer(1);
        }
        try {
            auto events = walk_back(stream, request.stream, from, position, reached + 1,
                                    std::min(end, piece));
            for (auto& event : events) {
                bytes += es::approximate_bytes(event);
                reached = event.version;
                result.events.push_back(std::move(event));
                if (bytes >= read_bytes_max) break;
            }
        } catch (const Broken& broken) {
            return {es::ReadStatus::corrupt, {}, false, broken.what()};
        }
    }
    result.more = reached < version;
    return result;
}

std::vector<es::RecordedEvent> EventQueries::walk_back(std::int64_t stream,
                                                       const es::StreamId& name, es::Version from,
                                                       std::int64_t position, es::Version first,
                                                       es::Version last) {
    std::vector<es::RecordedEvent> events;
    for (es::Version version = from; version >= first; --version) {
        Rows row = at_.ask(position);
        if (!row.next() || row.integer(0) != stream || row.integer(1) != version) {
            throw Broken("Version " + std::to_string(version) + " of stream " + name +
                         " is not at position " + std::to_string(position) + ".");
        }
        position = row.integer(2);
        if (version > last) continue;
        es::RecordedEvent& event = events.emplace_back();
        event.stream = name;
        event.version = version;
        take_content(row, 3, event);
    }
    std::ranges::reverse(events);
    return events;
}

EventQueries::Slice EventQueries::events_behind(std::int64_t position, std::size_t limit) {
    const Transaction one_moment(connection_, Transaction::Kind::read);
    Slice slice{{}, position};
    slice.events.reserve(std::min(limit, slice_events_reserved));
    Rows rows = behind_.ask(position, static_cast<std::int64_t>(limit));
    std::size_t bytes = 0;
    while (bytes < slice_bytes_max && rows.next()) {
        slice.last = rows.integer(0);
        bytes += es::approximate_bytes(slice.events.emplace_back(event_in(rows)));
    }
    return slice;
}

es::RecordedEvent EventQueries::event_in(const Rows& rows) {
    es::RecordedEvent event;
    event.stream = name_of(rows.integer(1));
    event.version = rows.integer(2);
    take_content(rows, 3, event);
    return event;
}

es::PlacedEvents EventQueries::placed_after(std::int64_t position, std::size_t limit) {
    return placed(behind_, position, limit);
}

es::PlacedEvents EventQueries::placed_before(std::int64_t position, std::size_t limit) {
    return placed(before_, position, limit);
}

es::PlacedEvents EventQueries::placed(Statement& statement, std::int64_t position,
                                      std::size_t limit) {
    const Transaction one_moment(connection_, Transaction::Kind::read);
    es::PlacedEvents page;
    page.events.reserve(std::min(limit, placed_events_reserved));
    Rows rows = statement.ask(position, static_cast<std::int64_t>(limit) + 1);
    std::size_t bytes = 0;
    while (rows.next()) {
        if (page.events.size() == limit || bytes >= read_bytes_max) {
            page.more = true;
            break;
        }
        auto& placed = page.events.emplace_back(es::PlacedEvent{rows.integer(0), event_in(rows)});
        bytes += es::approximate_bytes(placed.event);
    }
    return page;
}

const es::StreamId& EventQueries::name_of(std::int64_t stream) {
    const auto known = names_.find(stream);
    if (known != names_.end()) return known->second;
    if (names_.size() >= names_kept_max) names_.clear();
    Rows rows = name_.ask(stream);
    if (!rows.next()) {
        throw es::Corrupt("An event belongs to stream " + std::to_string(stream) +
                          ", which has no name.");
    }
    return names_.emplace(stream, rows.text(0)).first->second;
}

std::int64_t EventQueries::last_position() {
    Rows rows = last_position_.ask();
    return rows.next() ? rows.integer(0) : 0;
}

std::optional<es::TimePoint> EventQueries::time_of_first_behind(std::int64_t position) {
    Rows rows = time_behind_.ask(position);
    if (!rows.next()) return std::nullopt;
    return es::TimePoint(std::chrono::milliseconds(rows.integer(0)));
}

std::optional<std::string> EventQueries::command_at(std::int64_t position) {
    Rows rows = command_at_.ask(position);
    if (!rows.next()) return std::nullopt;
    return rows.text(0);
}

std::optional<EventFile::Mark> EventFile::identify() const {
    struct stat status{};
    if (::stat(file_.c_str(), &status) != 0) return std::nullopt;
    return Mark{status.st_dev, status.st_ino};
}

std::shared_ptr<Pool<EventQueries>> EventFile::readers() {
    const auto mark = identify();
    if (!mark) throw NotReady("There is no " + file_.string() + " yet.");
    const std::lock_guard lock(mutex_);
    if (!readers_ || opened_ != *mark) {
        readers_ = std::make_shared<Pool<EventQueries>>(
            [file = file_] { return std::make_unique<EventQueries>(file); });
        opened_ = *mark;
    }
    return readers_;
}

es::ReadResult EventFile::read(const es::ReadRequest& request) {
    try {
        return readers()->use([&](EventQueries& queries) { return queries.read(request); });
    } catch (const Error& error) {
        const auto status = error.damaged() ? es::ReadStatus::corrupt : es::ReadStatus::unavailable;
        return {status, {}, false, error.what()};
    } catch (const std::exception& error) {  // not there yet, or of another format
        return {es::ReadStatus::unavailable, {}, false, error.what()};
    }
}

}  // namespace es::sqlite
