// The file events.db: its format, and everything that is read from it. Private to this room;
// docs/formats/sqlite.md describes the tables.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "es/errors.hpp"
#include "es/event_order.hpp"
#include "es/event_store.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/pool.hpp"

namespace es::sqlite {

// Versions divisible by this have a landmark, from which a read walks back.
inline constexpr es::Version landmark_every = 64;

inline std::filesystem::path event_file_in(const std::filesystem::path& folder) {
    return folder / "events.db";
}

// Makes an empty file into one of ours. Throws es::Unusable when it is of a newer format or
// another program's, Error for what SQLite says.
void prepare_event_file(Connection& connection, const std::filesystem::path& file);

// False: it is empty. Throws as prepare_event_file.
bool is_event_store(Connection& connection, const std::filesystem::path& file);

// The file isn't there yet, or its writer has not prepared it yet.
class NotReady : public es::Unavailable {
    using es::Unavailable::Unavailable;
};

// The column of the events' extra metadata, or "NULL" in a file of a release that had none and that
// nobody has written since.
std::string extra_column(Connection& connection);
// What that column holds. Nothing if it is damaged: the event can be used without, and a check of
// the events names it.
es::ExtraMetadata extra_in(const Rows& rows, int column);

// Opens a file for reading. Throws NotReady, es::Unusable (as prepare_event_file) or Error.
Connection open_ready(const std::filesystem::path& file);
// What a store and its copies share; empty when the file has none.
std::string identity_of(Connection& connection);
std::int64_t last_position_of(Connection& connection);  // 0: no events

// One reading connection with its statements.
class EventQueries {
public:
    // Throws as open_ready().
    explicit EventQueries(const std::filesystem::path& file);

    // All of these throw Error.
    es::ReadResult read(const es::ReadRequest& request);
    struct Slice {
        std::vector<es::RecordedEvent> events;
        std::int64_t last = 0;  // the last one's position; with no event: the one asked for
    };
    Slice events_behind(std::int64_t position, std::size_t limit);
    es::PlacedEvents placed_after(std::int64_t position, std::size_t limit);
    es::PlacedEvents placed_before(std::int64_t position, std::size_t limit);
    std::int64_t last_position();
    std::int64_t count_streams() { return connection_.ask_integer("SELECT count(*) FROM streams"); }
    std::optional<es::TimePoint> time_of_first_behind(std::int64_t position);
    // What tells the event at a position from another one there: its command id, or without one
    // its place and time.
    std::optional<std::string> command_at(std::int64_t position);
    // It was opened before a writer added what is new in a release: Pool opens another one.
    [[nodiscard]] bool outdated() const { return lacks_extra_; }
    std::string identity() { return identity_of(connection_); }

private:
    es::PlacedEvents placed(Statement& statement, std::int64_t position, std::size_t limit);
    // The event of a row of `behind_` or `before_`.
    es::RecordedEvent event_in(const Rows& rows);
    // The name of a stream; the reference holds until the next call.
    const es::StreamId& name_of(std::int64_t stream);

    // Versions first..last of a stream, walked back from `position`, which has version `from`.
    std::vector<es::RecordedEvent> walk_back(std::int64_t stream, const es::StreamId& name,
                                             es::Version from, std::int64_t position,
                                             es::Version first, es::Version last);

    Connection connection_;
    const bool lacks_extra_;
    Statement head_;
    Statement landmark_;
    Statement at_;
    Statement behind_;
    Statement before_;
    Statement name_;
    std::unordered_map<std::int64_t, es::StreamId> names_;  // those met last; they never change
    Statement last_position_;
    Statement time_behind_;
    Statement command_at_;
};

// Shared by the threads that read one events.db. Opens it when first asked, and again when another
// file has taken its place (a restored copy).
class EventFile {
public:
    explicit EventFile(std::filesystem::path file) : file_(std::move(file)) {}

    // The result of `work(queries)`. Throws es::Unavailable.
    template <class Work>
    auto use(Work work);

    // Never throws: failures are results.
    es::ReadResult read(const es::ReadRequest& request);

    [[nodiscard]] const std::filesystem::path& path() const { return file_; }
    [[nodiscard]] bool exists() const { return identify().has_value(); }

    // Which file stands there now: another one has another mark. nullopt: none.
    using Mark = std::pair<dev_t, ino_t>;
    [[nodiscard]] std::optional<Mark> identify() const;

private:
    // Throws NotReady.
    std::shared_ptr<Pool<EventQueries>> readers();

    const std::filesystem::path file_;
    std::mutex mutex_;
    Mark opened_{};
    std::shared_ptr<Pool<EventQueries>> readers_;
};

template <class Work>
auto EventFile::use(Work work) {
    try {
        return readers()->use(work);
    } catch (const Error& error) {
        throw es::Unavailable(error.what());
    } catch (const es::Unusable& error) {
        throw es::Unavailable(error.what());
    }
}

}  // namespace es::sqlite
