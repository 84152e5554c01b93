#include "es/sqlite/event_start.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <system_error>

#include "es/errors.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/log_check.hpp"
#include "es/sqlite/lost_events.hpp"

namespace es::sqlite {
namespace {

using std::filesystem::path;

// Of a smaller file every page is looked at; a larger one would delay the start too long.
constexpr std::uintmax_t checked_bytes_max = 256'000'000;
// Of so many streams the names and heads are looked at.
constexpr std::int64_t checked_streams_max = 1'000'000;
// Always: so many of the last events.
constexpr std::int64_t checked_events = 1'000;

// What ends the look: a sentence without its end.
class Damage : public std::runtime_error {
    using std::runtime_error::runtime_error;
};
class DamagedLog : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// How many pages the file's header says that it has; 0: it doesn't say. (SQLite's file format, "The
// Database Header".)
std::uint64_t pages_in_header(Connection& connection) {
    const std::string header = connection.file_bytes(0, 100);
    if (header.size() < 100) throw Damage("it is cut off in its header");
    const auto number = [&](std::size_t at) {
        std::uint64_t value = 0;
        for (std::size_t i = at; i < at + 4; ++i) {
            value = value << 8 | static_cast<unsigned char>(header[i]);
        }
        return value;
    };
    // It counts if it was written with the last change.
    return number(24) == number(92) ? number(28) : 0;
}

// SQLite locks bytes at 1 GiB, and never uses the page that they are in. ("The Lock-Byte Page")
constexpr std::uint64_t lock_bytes_at = 0x40000000;

// A page that is in the log need not be in the file yet; all others are.
void check_size(const path& file, Connection& connection, const LogCheck& log) {
    const auto page_bytes = static_cast<std::uint64_t>(connection.ask_integer("PRAGMA page_size"));
    const std::uint64_t bytes = std::filesystem::file_size(file);
    const std::uint64_t pages = log.pages_total > 0 ? log.pages_total : pages_in_header(connection);
    for (std::uint64_t page = bytes / page_bytes + 1; page <= pages; ++page) {
        if (log.pages.contains(static_cast<std::uint32_t>(page))) continue;
        if (page == lock_bytes_at / page_bytes + 1) continue;
        throw Damage("it is cut off: it has " + std::to_string(bytes) + " bytes and should have " +
                     std::to_string(pages * page_bytes));
    }
}

void expect(bool holds, const std::string& what) {
    if (!holds) throw Damage(what);
}

void expect_ok(Connection& connection, const char* check) {
    Statement statement = connection.prepare(check);
    Rows rows = statement.ask();
    const std::string answer = rows.next() ? rows.text(0) : "no answer";
    if (answer != "ok") throw Damage(answer);
}

// Positions and versions have no gaps, so the streams' versions add up to the last position.
void check_streams(Connection& connection, std::int64_t last) {
    expect_ok(connection,
              "PRAGMA integrity_check('streams')");  // also that the index has each name
    expect(connection.ask_integer("SELECT sum(version) FROM streams") == last,
           "its streams' versions don't add up to its " + std::to_string(last) + " events");
    expect(connection.ask_integer("SELECT max(last_position) FROM streams") == last,
           "no stream ends with the last event");
}

// Each of the last events is where its stream's head, or the stream's next event, says.
void check_last_events(Connection& connection, std::int64_t last) {
    const std::int64_t first = std::max(last - checked_events, std::int64_t{0});
    Statement count = connection.prepare("SELECT count(*) FROM events WHERE position > ?");
    {
        Rows rows = count.ask(first);
        expect(rows.next() && rows.integer(0) == last - first,
               "events are missing among the last ones");
    }
    Statement wrong = connection.prepare(
        "SELECT e.position FROM events e LEFT JOIN streams s ON s.id = e.stream "
        "LEFT JOIN events p ON p.position = e.previous "
        "WHERE e.position > ? AND (s.id IS NULL OR s.version < e.version "
        "OR s.last_position < e.position "
        "OR (s.last_position = e.position) <> (s.version = e.version) "
        "OR CASE WHEN e.previous = 0 THEN e.version <> 1 "
        "ELSE p.stream IS NOT e.stream OR p.version IS NOT e.version - 1 END) LIMIT 1");
    Rows rows = wrong.ask(first);
    if (rows.next()) {
        throw Damage("the event at position " + std::to_string(rows.integer(0)) +
                     " does not fit its stream");
    }
}

std::string check_content(const path& file, Connection& connection) {
    const std::int64_t last = last_position_of(connection);
    std::string checked = "its size, its log";
    if (std::filesystem::file_size(file) <= checked_bytes_max) {
        expect_ok(connection, "PRAGMA quick_check(1)");
        expect(connection.ask_integer("SELECT count(*) FROM events") == last,
               "events are missing among its " + std::to_string(last));
        checked = "every page";
    }
    if (connection.ask_integer("SELECT max(id) FROM streams") <= checked_streams_max) {
        check_streams(connection, last);
        checked += ", the streams";
    }
    check_last_events(connection, last);
    return checked + " and the last " + std::to_string(std::min(last, checked_events)) + " of " +
           std::to_string(last) + " events";
}

std::string check_file(const path& file, LogDamage log_damage) {
    if (!has_bytes(file)) {
        // SQLite would delete the log.
        expect(!has_bytes(log_of(file)), "it is empty or missing, but its log is there");
        return {};
    }
    Connection connection(file, Access::look);
    const LogCheck log = check_log(file, connection);
    if (!log.damage.empty() && log_damage == LogDamage::refused) throw DamagedLog(log.damage);
    check_size(file, connection, log);
    if (!is_event_store(connection, file)) return {};
    const Transaction one_moment(connection, Transaction::Kind::read);
    return check_content(file, connection);
}

}  // namespace

std::string refuse_damaged_events(const path& folder, const LossAdvice& advice,
                                  LogDamage log_damage) {
    const path file = event_file_in(folder);
    const auto damaged = [&](const std::string& why) {
        return es::Unusable(file.string() + " is damaged: " + why + ". Nothing was changed. " +
                            advice.when_damaged);
    };
    try {
        return check_file(file, log_damage);
    } catch (const DamagedLog& damage) {
        throw es::Unusable("The log of " + file.string() + " is damaged: " + damage.what() +
                           ". Nothing was changed. " + advice.when_lost);
    } catch (const Damage& damage) {
        throw damaged(damage.what());
    } catch (const Error& error) {
        if (error.damaged()) throw damaged(error.what());
        throw es::Unusable("The event store " + file.string() +
                           " can't be opened: " + error.what() + ".");
    } catch (const std::filesystem::filesystem_error& error) {
        throw es::Unusable(error.what());
    }
}

std::string examine_events(const path& folder, const EventWitnesses& witnesses) {
    try {
        if (!has_bytes(event_file_in(folder))) refuse_lost_events(folder, witnesses);
        std::string checked = refuse_damaged_events(folder, witnesses.advice());
        refuse_lost_events(folder, witnesses);
        return checked;
    } catch (const es::Unavailable& error) {
        throw es::Unusable(error.what() + std::string("."));
    }
}

}  // namespace es::sqlite
