#include "es/sqlite/event_check.hpp"

#include <algorithm>
#include <chrono>
#include <climits>
#include <string_view>
#include <utility>

#include "es/errors.hpp"
#include "es/json_payload.hpp"
#include "es/sqlite/event_file.hpp"

namespace es::sqlite {
namespace {

// Between two calls of on_progress.
constexpr std::uint64_t progress_every = 1024;

constexpr std::int64_t ms_of(std::chrono::year_month_day day) {
    using std::chrono::milliseconds;
    return std::chrono::sys_time<milliseconds>(std::chrono::sys_days(day))
        .time_since_epoch()
        .count();
}
// What can be written as RFC 3339: the years 0001 to 9999.
constexpr std::int64_t time_min = ms_of(std::chrono::year(1) / 1 / 1);
constexpr std::int64_t time_max = ms_of(std::chrono::year(10000) / 1 / 1) - 1;

bool sane(std::int64_t time) {
    return time >= time_min && time <= time_max;
}

// What a stream's row says, and how far the walk has come in it.
struct Stream {
    std::int64_t id = 0;
    es::Version head_version = 0;
    std::int64_t head_position = 0;
    es::Version version = 0;
    std::int64_t position = 0;
    std::int64_t time = time_min;
};
static_assert(sizeof(Stream) == 48, "event_check.hpp names it");

// The columns of an event, in the order in which the walk asks for them.
enum Column {
    position,
    stream,
    version,
    previous,
    occurred_on,
    schema,
    type,
    payload,
    command_id,
    key,
    digest,
    actor,
    extra
};

bool is_utf8(std::string_view text) {
    if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
        return true;
    }
    try {
        es::JsonPayload::Writer().text("text", text);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

// Texts are written into lines of JSON, and read from these again.
std::string text_fault(std::string_view text) {
    if (!is_utf8(text)) return "is not UTF-8";
    const bool control = std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    return control ? "holds a control character" : "";
}

// Empty for one that can't be shown.
std::string type_of(const Rows& event) {
    return text_fault(event.view(type)).empty() ? event.text(type) : std::string();
}

class Walk {
public:
    Walk(Connection& connection, const EventCheckOptions& options)
        : connection_(connection),
          options_(options),
          landmark_(connection.prepare(
              "SELECT position FROM landmarks WHERE stream = ? AND version = ?")),
          name_(connection.prepare("SELECT name FROM streams WHERE id = ?")),
          time_text_(connection.prepare(
              "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', ? / 1000.0, 'unixepoch')")) {}

    EventCheck run();

private:
    void load_streams();
    void check_name(const Rows& stream);
    void walk_events();
    void check_event(const Rows& event);
    std::string faults_of(const Rows& event);
    [[nodiscard]] std::string place_faults(const Rows& event) const;
    std::string stream_faults(const Rows& event);
    std::string landmark_fault(const Rows& event);
    std::string content_fault(const Rows& event);
    static std::string metadata_faults(const Rows& event);
    static std::string extra_fault(const Rows& event);
    void check_heads();
    void check_landmarks();
    void check_file();

    Stream* find_stream(std::int64_t id);
    es::StreamId name_of(std::int64_t id);
    std::string time_text(std::int64_t time);
    void add(EventFault fault);

    Connection& connection_;
    const EventCheckOptions& options_;
    Statement landmark_;
    Statement name_;
    Statement time_text_;
    EventCheck check_;
    std::vector<Stream> streams_;  // by id
    std::int64_t last_position_ = 0;
    std::uint64_t landmarks_met_ = 0;
    es::RecordedEvent event_;  // of content_fault(), which so needs no new memory each time
};

void append(std::string& faults, const std::string& fault) {
    if (fault.empty()) return;
    if (!faults.empty()) faults += "; ";
    faults += fault;
}

std::string should_be(const char* what, std::int64_t expected) {
    return std::string(what) + " should be " + std::to_string(expected);
}

// Damage ends one part of the walk, not the others.
template <class Part>
void survive_damage(Part part, const std::function<void(const std::string&)>& on_damage) {
    try {
        part();
    } catch (const Error& error) {
        if (!error.damaged()) throw;
        on_damage(error.what());
    }
}

EventCheck Walk::run() {
    const auto damaged = [this](const std::string& what) {
        EventFault fault;
        fault.what = "the file is damaged" +
                     (last_position_ > 0 ? " after position " + std::to_string(last_position_)
                                         : std::string()) +
                     ": " + what;
        add(std::move(fault));
    };
    bool whole = false;  // else the streams' heads can't be told right from wrong
    survive_damage(
        [&] {
            load_streams();
            walk_events();
            whole = true;
        },
        damaged);
    if (whole) {
        survive_damage(
            [&] {
                check_heads();
                check_landmarks();
            },
            damaged);
    }
    survive_damage([&] { check_file(); }, damaged);
    return std::move(check_);
}

void Walk::load_streams() {
    const auto count = connection_.ask_integer("SELECT count(*) FROM streams");
    streams_.reserve(static_cast<std::size_t>(count));
    Statement all =
        connection_.prepare("SELECT id, version, last_position, name FROM streams ORDER BY id");
    for (Rows rows = all.ask(); rows.next();) {
        check_name(rows);
        Stream& stream = streams_.emplace_back();
        stream.id = rows.integer(0);
        stream.head_version = rows.integer(1);
        stream.head_position = rows.integer(2);
    }
    check_.streams = streams_.size();
}

void Walk::check_name(const Rows& stream) {
    constexpr int name = 3;
    const std::string fault = stream.is_text(name) ? text_fault(stream.view(name))
                                                   : "is stored as something else than text";
    if (fault.empty()) return;
    EventFault found;
    found.stream = name_of(stream.integer(0));
    found.what = "its name " + fault;
    add(std::move(found));
}

void Walk::walk_events() {
    const auto total = static_cast<std::uint64_t>(last_position_of(connection_));
    Statement all = connection_.prepare(
        "SELECT position, stream, version, previous, occurred_on, schema, type, payload, "
        "command_id, key, digest, actor, " +
        extra_column(connection_) + " FROM events ORDER BY position");
    for (Rows event = all.ask(); event.next();) {
        check_event(event);
        if (++check_.events % progress_every == 0 && options_.on_progress) {
            options_.on_progress(check_.events, total);
        }
    }
}

void Walk::check_event(const Rows& event) {
    std::string what = faults_of(event);
    last_position_ = std::max(last_position_, event.integer(position));
    if (what.empty()) return;
    EventFault fault{event.integer(position), name_of(event.integer(stream)),
                     event.integer(version), type_of(event), std::move(what)};
    add(std::move(fault));
}

std::string Walk::faults_of(const Rows& event) {
    for (const Column column : {stream, version, previous, occurred_on, schema}) {
        if (!event.is_integer(column)) return "a number is stored as something else";
    }
    std::string faults = place_faults(event);
    append(faults, stream_faults(event));
    append(faults, content_fault(event));
    append(faults, metadata_faults(event));
    return faults;
}

std::string Walk::place_faults(const Rows& event) const {
    const std::int64_t expected = last_position_ + 1;
    const std::int64_t found = event.integer(position);
    if (found == expected) return {};
    if (found < expected) return should_be("the position", expected);
    if (found == expected + 1)
        return "position " + std::to_string(expected) + " before it is missing";
    return "positions " + std::to_string(expected) + " to " + std::to_string(found - 1) +
           " before it are missing";
}

std::string Walk::stream_faults(const Rows& event) {
    Stream* found = find_stream(event.integer(stream));
    if (found == nullptr) {
        return "its stream, number " + std::to_string(event.integer(stream)) +
               ", is not among the streams";
    }
    std::string faults;
    const es::Version expected = found->version + 1;
    if (event.integer(version) != expected) faults = should_be("the version", expected);
    if (event.integer(previous) != found->position) {
        append(faults, should_be("the position of the stream's event before it", found->position) +
                           ", not " + std::to_string(event.integer(previous)));
    }
    const std::int64_t time = event.integer(occurred_on);
    if (!sane(time)) {
        append(faults, "its time, " + time_text(time) + ", is not in the years 0001 to 9999");
    } else if (time < found->time) {
        append(faults, "its time, " + time_text(time) + ", should be no earlier than " +
                           time_text(found->time) + ", that of the stream's event before it");
    }
    append(faults, landmark_fault(event));
    // From here on as this event has it, so that one fault isn't told again by all that follow; but
    // never back.
    found->version = std::max(found->version, event.integer(version));
    found->position = event.integer(position);
    if (sane(time)) found->time = std::max(found->time, time);
    return faults;
}

std::string Walk::landmark_fault(const Rows& event) {
    if (event.integer(version) % landmark_every != 0) return {};
    Rows landmark = landmark_.ask(event.integer(stream), event.integer(version));
    if (!landmark.next()) return "its landmark is missing";
    ++landmarks_met_;
    if (landmark.integer(0) == event.integer(position)) return {};
    return should_be("its landmark's position", event.integer(position)) + ", not " +
           std::to_string(landmark.integer(0));
}

std::string Walk::content_fault(const Rows& event) {
    for (const Column column : {type, payload}) {
        if (!event.is_text(column)) return "a text is stored as something else";
    }
    if (const std::string fault = text_fault(event.view(type)); !fault.empty()) {
        return "its type " + fault;
    }
    if (!options_.decode) return {};
    event_.version = event.integer(version);
    event_.schema = static_cast<int>(std::clamp<std::int64_t>(event.integer(schema), 0, INT_MAX));
    event_.type = event.view(type);
    event_.payload = event.view(payload);
    try {
        options_.decode(event_);
        return {};
    } catch (const es::Corrupt& error) {
        return error.what();
    }
}

std::string Walk::extra_fault(const Rows& event) {
    if (event.is_null(extra)) return {};
    if (!event.is_text(extra)) return "its extra metadata is stored as something else than text";
    try {
        return es::fault_in(es::extra_from_json(event.text(extra)));
    } catch (const es::Corrupt&) {
        return "its extra metadata is no JSON object of texts";
    }
}

std::string Walk::metadata_faults(const Rows& event) {
    constexpr std::pair<Column, const char*> columns[] = {
        {command_id, "command id"}, {key, "key"}, {digest, "digest"}, {actor, "actor"}};
    std::string faults;
    for (const auto& [column, name] : columns) {
        if (event.is_null(column)) continue;
        const std::string fault = event.is_text(column) ? text_fault(event.view(column))
                                                        : "is stored as something else than text";
        if (!fault.empty()) append(faults, std::string("its ") + name + " " + fault);
    }
    if (const std::string fault = extra_fault(event); !fault.empty()) {
        append(faults, fault);
    }
    return faults;
}

void Walk::check_heads() {
    for (const Stream& stream : streams_) {
        if (stream.version == stream.head_version && stream.position == stream.head_position) {
            continue;
        }
        EventFault fault;
        fault.stream = name_of(stream.id);
        fault.what = "its head is version " + std::to_string(stream.head_version) +
                     " at position " + std::to_string(stream.head_position) + " and should be ";
        fault.what += stream.version == 0 ? "nothing: it has no events"
                                          : "version " + std::to_string(stream.version) +
                                                " at position " + std::to_string(stream.position);
        add(std::move(fault));
    }
    if (identity_of(connection_).empty()) {
        EventFault fault;
        fault.what = "the file has no identity";
        add(std::move(fault));
    }
}

// Those that no event asked for.
void Walk::check_landmarks() {
    const auto all = connection_.ask_integer("SELECT count(*) FROM landmarks");
    if (std::cmp_equal(all, landmarks_met_)) return;
    Statement strays = connection_.prepare(
        "SELECT l.stream, l.version, l.position FROM landmarks l "
        "LEFT JOIN events e ON e.position = l.position "
        "WHERE e.stream IS NOT l.stream OR e.version IS NOT l.version OR l.version % ? <> 0");
    for (Rows rows = strays.ask(landmark_every); rows.next();) {
        EventFault fault;
        fault.stream = name_of(rows.integer(0));
        fault.what = "a landmark names version " + std::to_string(rows.integer(1)) +
                     " at position " + std::to_string(rows.integer(2)) +
                     ", where it is not or needs none";
        add(std::move(fault));
    }
}

// What only SQLite knows of: pages and the index of names.
void Walk::check_file() {
    Statement integrity = connection_.prepare("PRAGMA integrity_check(1)");
    Rows rows = integrity.ask();
    if (!rows.next() || rows.view(0) == "ok") return;
    EventFault fault;
    fault.what = "the file is damaged: " + rows.text(0);
    std::ranges::replace(fault.what, '\n', ' ');
    add(std::move(fault));
}

// Ids are 1, 2, 3, ... in every sound file, so the first look nearly always finds it.
Stream* Walk::find_stream(std::int64_t id) {
    const auto index = static_cast<std::size_t>(id - 1);
    if (index < streams_.size() && streams_[index].id == id) return &streams_[index];
    const auto found = std::ranges::lower_bound(streams_, id, {}, &Stream::id);
    return found != streams_.end() && found->id == id ? &*found : nullptr;
}

// One that can be shown; else its number.
es::StreamId Walk::name_of(std::int64_t id) {
    Rows rows = name_.ask(id);
    const bool shown = rows.next() && rows.is_text(0) && text_fault(rows.view(0)).empty();
    return shown ? rows.text(0) : "#" + std::to_string(id);
}

std::string Walk::time_text(std::int64_t time) {
    if (!sane(time)) return std::to_string(time) + " ms since 1970";
    Rows rows = time_text_.ask(time);
    return rows.next() ? rows.text(0) : std::string();
}

void Walk::add(EventFault fault) {
    ++check_.faults_total;
    if (check_.faults.size() < faults_kept_max) check_.faults.push_back(std::move(fault));
}

}  // namespace

std::string to_string(const EventFault& fault) {
    std::string text;
    const auto part = [&text](const std::string& more) {
        if (!text.empty()) text += ", ";
        text += more;
    };
    if (fault.position != 0) part("position " + std::to_string(fault.position));
    if (!fault.stream.empty()) part("stream " + fault.stream);
    if (fault.position != 0) part("version " + std::to_string(fault.version));
    if (!fault.type.empty()) part(fault.type);
    return text.empty() ? fault.what : text + ": " + fault.what;
}

EventCheck check_events(const std::filesystem::path& file, const EventCheckOptions& options) {
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) {
        throw es::Unusable("There is no file " + file.string() + ".");
    }
    if (!std::filesystem::is_regular_file(file, ignored)) {
        throw es::Unusable(file.string() + " is no regular file.");
    }
    try {
        Connection connection = open_ready(file);
        const Transaction moment(connection, Transaction::Kind::read);
        return Walk(connection, options).run();
    } catch (const NotReady&) {
        throw es::Unusable(file.string() + " is empty: it is no event store.");
    } catch (const Error& error) {
        if (!error.damaged()) throw es::Unavailable(error.what());
        // Before the walk could begin.
        EventCheck check;
        check.faults_total = 1;
        check.faults.emplace_back().what =
            error.no_database() ? "it is no SQLite database, or its first page is damaged"
                                : "it is damaged, or ends too early";
        return check;
    }
}

}  // namespace es::sqlite
