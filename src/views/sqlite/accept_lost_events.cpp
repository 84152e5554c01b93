#include "views/sqlite/accept_lost_events.hpp"

#include <system_error>

#include "es/errors.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/event_start.hpp"
#include "es/sqlite/event_writer.hpp"
#include "es/sqlite/high_water.hpp"
#include "es/sqlite/log_check.hpp"
#include "es/sqlite/lost_events.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/view_build.hpp"
#include "views/sqlite/view_folder.hpp"

namespace views {
namespace {

using std::filesystem::path;

path unused_folder(const path& folder) {
    for (int number = 1;; ++number) {
        path name = folder / "lost-events";
        if (number > 1) name += "-" + std::to_string(number);
        if (!es::sqlite::is_there(name)) return name;
    }
}

void move_into(const path& kept, const path& file) {
    if (es::sqlite::is_there(file)) sqlite::rename_durably(file, kept / file.filename());
}

// The mark last: as long as it is there, an interrupted call is not taken for a complete one.
void set_aside(const path& folder, const path& kept, bool log_too) {
    es::sqlite::make_data_folder(kept);
    const path log = es::sqlite::log_of(es::sqlite::event_file_in(folder));
    if (log_too) {
        move_into(kept, log);
    } else if (es::sqlite::has_bytes(log)) {
        std::filesystem::copy_file(log, kept / log.filename());
        // SQLite drops soon what it can't read of the log: this is then the only copy.
        if (!es::sqlite::sync_file(kept / log.filename())) {
            throw es::Unusable((kept / log.filename()).string() + " can't be brought to the disk.");
        }
    }
    for (const path& file : sqlite::files_of_views(folder)) move_into(kept, file);
    for (const char* name : {sqlite::rebuilt_views, sqlite::rebuild_request, sqlite::next_pointer,
                             sqlite::current_pointer}) {
        move_into(kept, folder / name);
    }
    move_into(kept, es::sqlite::mark_file_in(folder));
    es::sqlite::sync_folder(kept);
}

// What is left, in the file alone: SQLite drops what it can't read of the log.
std::int64_t settle_rest(const path& events) {
    es::sqlite::EventWriter writer(events);
    writer.close();
    return writer.last_position();
}

bool is_prepared(const path& events) {
    if (!es::sqlite::has_bytes(events)) return false;
    try {
        es::sqlite::open_ready(events);
        return true;
    } catch (const es::sqlite::NotReady&) {
        return false;
    }
}

}  // namespace

AcceptedLoss accept_lost_events(const std::filesystem::path& folder) {
    const std::filesystem::path events = es::sqlite::event_file_in(folder);
    if (!sqlite::is_data_folder(folder)) {
        throw es::Unusable("There is no event store in " + folder.string() + ".");
    }
    constexpr const char* role = "accept-lost-events";
    const es::sqlite::FileLock lock_of_events(folder, es::sqlite::events_lock, role,
                                              "writes its events");
    const es::sqlite::FileLock lock_of_views(folder, sqlite::views_lock, role, "writes its views");
    const es::sqlite::FileLock rebuild(folder, sqlite::rebuild_lock, role, "rebuilds its views");
    const es::EventWitnesses witnesses = event_witnesses();
    try {
        AcceptedLoss loss;
        loss.what = es::sqlite::missing_events(folder, witnesses);
        const std::string log_damage = es::sqlite::damage_of_log(events);
        if (loss.what.empty() && !log_damage.empty())
            loss.what = "has a damaged log: " + log_damage;
        if (loss.what.empty()) {
            throw es::Unusable("Nothing shows that events are missing in " + folder.string() + ".");
        }
        const bool prepared = is_prepared(events);
        // Parts of a log that were moved to the file already don't fit an earlier end of that log.
        if (prepared) {
            es::sqlite::refuse_damaged_events(folder, witnesses.advice(),
                                              es::sqlite::LogDamage::left_out);
        }
        loss.kept = unused_folder(folder);
        set_aside(folder, loss.kept, !prepared);
        if (prepared) loss.events = settle_rest(events);
        if (es::sqlite::has_bytes(es::sqlite::log_of(events))) {
            throw es::InUse(events.string() +
                            " is open in another process, perhaps a read API: stop that, and run "
                            "this again.");
        }
        return loss;
    } catch (const es::sqlite::Error& error) {
        throw es::Unusable(events.string() + " can't be used as it is: " + error.what() +
                           "; restore a backup with 'yardstick restore'.");
    } catch (const std::filesystem::filesystem_error& error) {
        throw es::Unusable(error.what());
    }
}

}  // namespace views
