#include "views/sqlite/event_restore.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "es/errors.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/database_copy.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/high_water.hpp"
#include "es/sqlite/log_mode.hpp"
#include "es/sqlite/lost_events.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/view_build.hpp"
#include "views/sqlite/view_folder.hpp"
#include "views/sqlite/views_before_restore.hpp"

namespace views {
namespace {

using es::sqlite::Access;
using es::sqlite::Connection;
using es::sqlite::Transaction;
using std::filesystem::path;

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

// A journal next to the events says that a change of them was interrupted. A process that opens
// them for writing takes that change back; one that only reads can't even open them.
void complete_interrupted(const path& events) {
    if (!es::sqlite::has_bytes(events) ||
        !es::sqlite::has_bytes(es::sqlite::beside(events, es::sqlite::journal_suffix)))
        return;
    try {
        Connection connection(events, Access::write);
        connection.prepare("SELECT count(*) FROM sqlite_schema").run();
    } catch (const es::sqlite::Error& error) {
        if (!error.damaged()) throw;
    }
}

// Of the store that is there; empty when that can't be told: there is none, or it is damaged.
std::string present_identity(const path& events) {
    if (!es::sqlite::has_bytes(events)) return {};
    try {
        Connection connection = es::sqlite::open_ready(events);
        return es::sqlite::identity_of(connection);
    } catch (const es::sqlite::NotReady&) {
        return {};
    } catch (const es::sqlite::Error& error) {
        if (error.damaged()) return {};
        throw;
    }
}

void refuse_other_store(const path& events, Connection& backup, const std::string& name) {
    const std::string present = present_identity(events);
    if (present.empty() || present == es::sqlite::identity_of(backup)) return;
    throw es::Unusable(name + " is a copy of another event store than " + events.string() +
                       ": give --force if that is meant.");
}

es::Unusable no_backup(const std::string& name, const std::string& why) {
    return es::Unusable(name + " is no backup: " + why + ".");
}

// `name`: what messages call it.
Connection open_backup(const path& file, const std::string& name) {
    std::error_code ignored;
    if (!es::sqlite::is_there(file)) throw es::Unusable("There is no file " + name + ".");
    if (std::filesystem::is_directory(file, ignored)) {
        throw no_backup(name, "it is a folder");
    }
    if (!std::filesystem::is_regular_file(file, ignored)) {
        throw no_backup(name, "it is no regular file");
    }
    if (!es::sqlite::has_bytes(file)) throw no_backup(name, "it is empty");
    try {
        return es::sqlite::open_ready(file);
    } catch (const es::sqlite::NotReady&) {
        throw no_backup(name, "it is an empty database");
    } catch (const es::sqlite::Error& error) {
        if (!error.damaged()) throw es::Unavailable(name + " can't be read: " + error.what() + ".");
        throw no_backup(name, error.no_database()
                                  ? "it is no SQLite database, or its first page is damaged"
                                  : "it is damaged, or ends too early");
    }
}

// Fills the draft with what is read from the descriptor.
void receive(int input, const es::sqlite::DraftFile& draft, const std::string& name) {
    std::array<char, 65'536> buffer{};
    bool any = false;
    for (;;) {
        const ssize_t size = ::read(input, buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
            throw es::Unavailable(
                name + " can't be read: " + std::generic_category().message(errno) + ".");
        }
        if (size == 0) break;
        any = true;
        draft.append({buffer.data(), static_cast<std::size_t>(size)});
    }
    if (!any) throw no_backup(name, "it is empty");
}

// Moves all that the log holds into the file, and removes the log. False when the file is too
// damaged for that. Throws es::InUse when somebody reads it.
bool close_log(const path& events) {
    if (!es::sqlite::has_bytes(events)) return false;
    try {
        Connection connection(events, Access::write);
        connection.execute("PRAGMA synchronous = FULL");
        es::sqlite::leave_log_mode(connection);
        return !es::sqlite::is_there(es::sqlite::beside(events, es::sqlite::log_suffix));
    } catch (const es::sqlite::Error& error) {
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
// name is taken up again. `whole`: they have no log, so one that is next to a name is not theirs,
// and would be taken for it.
path name_to_keep(const path& events, bool whole) {
    for (int number = 1;; ++number) {
        path name = es::sqlite::beside(events, ".before-restore");
        if (number > 1) name += "-" + std::to_string(number);
        if (es::sqlite::is_there(name) && !same_file(name, events)) continue;
        bool free = true;
        for (const char* suffix : es::sqlite::database_suffixes) {
            const path there = es::sqlite::beside(name, suffix);
            const bool index = std::string_view(suffix) == "-shm";  // rebuilt from the log
            if (whole ? es::sqlite::has_bytes(there) && !index
                      : es::sqlite::is_there(there) &&
                            es::sqlite::is_there(es::sqlite::beside(events, suffix))) {
                free = false;
            }
        }
        if (free) return name;
    }
}

// Afterwards the old events also have another name, and nothing is next to them that could be
// taken for the new ones' log. The file itself stays until it is replaced: at no moment is there
// no event store, which a start would take for a new one.
std::optional<path> set_aside(const path& events) {
    const bool whole = close_log(events);
    const path name = name_to_keep(events, whole);
    bool kept = false;
    for (const char* suffix : es::sqlite::database_suffixes) {
        const path file = es::sqlite::beside(events, suffix);
        if (!es::sqlite::is_there(file)) continue;
        // Of a closed log, only what SQLite can make again can be left.
        if (whole) {
            std::filesystem::remove(file);
        } else {
            move(file, es::sqlite::beside(name, suffix));
            kept = true;
        }
    }
    if (es::sqlite::is_there(events)) {
        std::error_code error;
        if (!same_file(name, events)) std::filesystem::create_hard_link(events, name, error);
        if (error) {
            throw es::Unusable(events.string() + " can't be kept as " + name.string() + ": " +
                               error.message() + ".");
        }
        kept = true;
    }
    es::sqlite::sync_folder(events.parent_path());
    return kept ? std::optional(name) : std::nullopt;
}

// What one process holds of a folder while it restores.
struct Locks {
    explicit Locks(const path& folder)
        : events(folder, es::sqlite::events_lock, "restore", "writes its events"),
          views(folder, sqlite::views_lock, "restore", "writes its views"),
          rebuild(folder, sqlite::rebuild_lock, "restore", "rebuilds its views") {}

    es::sqlite::FileLock events;
    es::sqlite::FileLock views;
    es::sqlite::FileLock rebuild;
};

// Whoever turns it on has to be alone with the events, and a projector that is started before that
// may read them for minutes. SQLite recreates the log itself. Returns what the draft holds.
es::sqlite::HighWater turn_log_on(const path& draft) {
    es::sqlite::HighWater held;
    {
        Connection connection(draft, Access::write);
        es::sqlite::enter_log_mode(connection);
        held = {es::sqlite::identity_of(connection), es::sqlite::last_position_of(connection)};
    }
    for (const char* suffix : es::sqlite::database_suffixes) {
        std::filesystem::remove(es::sqlite::beside(draft, suffix));
    }
    return held;
}

// Checks the draft, and puts it in place. What will be in force is checked, not what it was read
// from.
EventRestore put_in_force(es::sqlite::DraftFile& draft, const path& events,
                          const RestoreOptions& options) {
    EventRestore restored{
        es::sqlite::check_events(draft.path(), {options.decode, options.on_check}), {}, {}};
    if (!restored.check.sound()) return restored;
    const path folder = events.parent_path();
    const es::sqlite::HighWater held = turn_log_on(draft.path());
    // Where events were lost, a start stays refused until the others are in place.
    const bool lost = es::sqlite::remember_lost_events(folder, event_witnesses());
    restored.kept = set_aside(events);
    restored.kept_views = sqlite::put_views_out_of_force(folder, events);
    if (!lost) es::sqlite::forget_high_water(folder);
    draft.put_in_place(events);
    if (lost) {
        es::sqlite::forget_high_water(folder);
        es::sqlite::sync_folder(folder);
    }
    // So that also what is lost before the first start is noticed by it.
    es::sqlite::HighWaterMark(folder).reach(held);
    sqlite::remove_all_views(folder);
    return restored;
}

path draft_of(const path& events) {
    return es::sqlite::beside(events, ".restoring");
}

EventRestore restore_copy(const path& events, Connection& backup, const path& file,
                          const RestoreOptions& options) {
    complete_interrupted(events);
    if (!options.other_store) refuse_other_store(events, backup, file.string());
    es::sqlite::DraftFile draft(draft_of(events));
    es::sqlite::copy_database(backup, draft, options.on_copy);
    return put_in_force(draft, events, options);
}

EventRestore restore_input(const path& events, int input, const std::string& name,
                           const RestoreOptions& options) {
    complete_interrupted(events);
    es::sqlite::DraftFile draft(draft_of(events));
    receive(input, draft, name);
    {
        Connection backup = open_backup(draft.path(), name);
        if (!options.other_store) refuse_other_store(events, backup, name);
    }
    {
        Connection received(draft.path(), Access::write);
        es::sqlite::leave_log_mode(received);  // a copy of an events.db is in it
    }
    return put_in_force(draft, events, options);
}

// What ends `work` as an exception of es.
template <class Work>
EventRestore translated(const std::string& name, const path& folder, Work work) {
    try {
        return work();
    } catch (const es::sqlite::Error& error) {
        throw es::Unavailable(name + " can't be restored to " + folder.string() + ": " +
                              error.what() + ".");
    } catch (const std::filesystem::filesystem_error& error) {
        throw es::Unusable(error.what());
    }
}

}  // namespace

EventRestore restore_events(const path& folder, const path& file, const RestoreOptions& options) {
    const path events = es::sqlite::event_file_in(folder);
    if (es::sqlite::is_there(file) && same_file(file, events)) {
        throw es::Unusable(file.string() + " is the event store itself: name a copy of it.");
    }
    if (es::sqlite::is_there(file) && same_file(file, draft_of(events))) {
        throw es::Unusable(file.string() +
                           " is what an interrupted restore left, and the next one overwrites it: "
                           "copy it elsewhere first.");
    }
    return translated(file.string(), folder, [&] {
        Connection backup = open_backup(file, file.string());
        const Transaction moment(backup, Transaction::Kind::read);
        es::sqlite::last_position_of(backup);  // fixes what is seen
        if (options.on_opened) options.on_opened();
        es::sqlite::make_data_folder(folder);
        const Locks locks(folder);
        return restore_copy(events, backup, file, options);
    });
}

EventRestore restore_stream(const path& folder, int input, const RestoreOptions& options) {
    const path events = es::sqlite::event_file_in(folder);
    const std::string name = "the input";
    return translated(name, folder, [&] {
        if (options.on_opened) options.on_opened();
        es::sqlite::make_data_folder(folder);
        const Locks locks(folder);
        return restore_input(events, input, name, options);
    });
}

}  // namespace views
