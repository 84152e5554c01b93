#include <string>
#include <utility>

#include "es/errors.hpp"
#include "stores/sqlite/data_folder.hpp"
#include "stores/sqlite/database_copy.hpp"
#include "stores/sqlite/event_backup.hpp"
#include "stores/sqlite/event_file.hpp"

namespace stores {
namespace {

using sqlite::Access;
using sqlite::Connection;
using sqlite::Transaction;
using std::filesystem::path;

bool is_there(const path& file) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(file, ignored));
}

// A database of no bytes isn't opened: SQLite would delete the log beside it.
bool has_bytes(const path& file) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    return !error && size > 0;
}

bool same_file(const path& one, const path& other) {
    std::error_code ignored;
    return std::filesystem::equivalent(one, other, ignored);
}

void move(const path& from, const path& to) {
    std::error_code error;
    std::filesystem::rename(from, to, error);
    if (error) {
        throw es::Unusable(from.string() + " can't be renamed to " + to.string() + ": " +
                           error.message() + ".");
    }
}

// Of the store that is there; empty when that can't be told: there is none, or it is damaged.
std::string present_identity(const path& events) {
    if (!has_bytes(events)) return {};
    try {
        Connection connection = sqlite::open_ready(events);
        return sqlite::identity_of(connection);
    } catch (const sqlite::NotReady&) {
        return {};
    } catch (const sqlite::Error& error) {
        if (error.damaged()) return {};
        throw;
    }
}

void refuse_other_store(const path& events, Connection& backup, const path& file) {
    const std::string present = present_identity(events);
    if (present.empty() || present == sqlite::identity_of(backup)) return;
    throw es::Unusable(file.string() + " is a copy of another event store than " + events.string() +
                       ": give --force if that is meant.");
}

Connection open_backup(const path& file) {
    if (is_there(file) && !has_bytes(file)) throw es::Unusable(file.string() + " is empty.");
    try {
        return sqlite::open_ready(file);
    } catch (const sqlite::NotReady& error) {
        throw es::Unusable(error.what());
    }
}

// Moves all that the log holds into the file, and removes the log. False when the file is too
// damaged for that. Throws es::InUse when somebody reads it.
bool close_log(const path& events) {
    if (!has_bytes(events)) return false;
    try {
        Connection connection(events, Access::write);
        connection.execute("PRAGMA synchronous = FULL");
        sqlite::leave_log_mode(connection);
        return !is_there(sqlite::beside(events, sqlite::log_suffix));
    } catch (const sqlite::Error& error) {
        if (error.busy()) {
            throw es::InUse(events.string() +
                            " is open in another process, perhaps a read API: "
                            "stop that first.");
        }
        if (error.damaged()) return false;
        throw;
    }
}

// A name under which the events that are there can be kept. Where an earlier call was killed, its
// name is taken up again.
path name_to_keep(const path& events) {
    for (int number = 1;; ++number) {
        path name = sqlite::beside(events, ".before-restore");
        if (number > 1) name += "-" + std::to_string(number);
        if (is_there(name) && !same_file(name, events)) continue;
        bool free = true;
        for (const char* suffix : sqlite::database_suffixes) {
            if (is_there(sqlite::beside(events, suffix)) &&
                is_there(sqlite::beside(name, suffix))) {
                free = false;
            }
        }
        if (free) return name;
    }
}

// Afterwards the old events also have another name, and nothing stands beside them that could be
// taken for the new ones' log. The file itself stays until it is replaced: at no moment is there
// no event store, which a start would take for a new one.
std::optional<path> set_aside(const path& events) {
    const bool whole = close_log(events);
    const path name = name_to_keep(events);
    bool kept = false;
    for (const char* suffix : sqlite::database_suffixes) {
        const path file = sqlite::beside(events, suffix);
        if (!is_there(file)) continue;
        // Of a closed log, only what SQLite can make again can be left.
        if (whole) {
            std::filesystem::remove(file);
        } else {
            move(file, sqlite::beside(name, suffix));
            kept = true;
        }
    }
    if (is_there(events)) {
        std::error_code error;
        if (!same_file(name, events)) std::filesystem::create_hard_link(events, name, error);
        if (error) {
            throw es::Unusable(events.string() + " can't be kept as " + name.string() + ": " +
                               error.message() + ".");
        }
        kept = true;
    }
    sqlite::sync_folder(events.parent_path());
    return kept ? std::optional(name) : std::nullopt;
}

EventRestore restore_locked(const path& events, const path& file, const RestoreOptions& options) {
    Connection backup = open_backup(file);
    if (!options.other_store) refuse_other_store(events, backup, file);
    sqlite::DraftFile draft(sqlite::beside(events, ".restoring"));
    {
        const Transaction moment(backup, Transaction::Kind::read);
        sqlite::last_position_of(backup);  // fixes what is seen
        sqlite::copy_database(backup, draft, options.on_copy);
    }
    // What will be in force is checked, not what it was read from.
    EventRestore restored{check_events(draft.path(), {options.decode, options.on_check}), {}};
    if (!restored.check.sound()) return restored;
    restored.kept = set_aside(events);
    draft.put_in_place(events);
    return restored;
}

}  // namespace

EventRestore restore_events(const path& folder, const path& file, const RestoreOptions& options) {
    const path events = sqlite::event_file_in(folder);
    if (!is_there(file)) throw es::Unusable("There is no " + file.string() + ".");
    if (same_file(file, events)) {
        throw es::Unusable(file.string() + " is the event store itself: name a copy of it.");
    }
    sqlite::make_data_folder(folder);
    const sqlite::FileLock events_lock(folder, "events.lock", "restore", "writes its events");
    const sqlite::FileLock views_lock(folder, "views.lock", "restore", "writes its views");
    try {
        return restore_locked(events, file, options);
    } catch (const sqlite::Error& error) {
        throw es::Unavailable(file.string() + " can't be restored to " + folder.string() + ": " +
                              error.what() + ".");
    } catch (const std::filesystem::filesystem_error& error) {
        throw es::Unusable(error.what());
    }
}

}  // namespace stores
