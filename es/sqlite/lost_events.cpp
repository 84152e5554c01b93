#include "es/sqlite/lost_events.hpp"

#include <system_error>
#include <utility>
#include <vector>

#include "es/errors.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/event_start.hpp"
#include "es/sqlite/event_writer.hpp"
#include "es/sqlite/high_water.hpp"
#include "es/sqlite/log_check.hpp"
#include "views/sqlite/view_build.hpp"
#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_folder.hpp"

namespace es::sqlite {
namespace {

using std::filesystem::path;

// Who saw which event last.
struct Witness {
    std::string name;                  // of the file
    views::sqlite::ViewSource source;  // its command is empty when it isn't known
};

// nullopt: these views can't say it.
std::optional<views::sqlite::ViewSource> source_in(const path& views) {
    if (!has_bytes(views) || views::sqlite::marked_damaged(views)) return std::nullopt;
    try {
        Connection connection(views, Access::read);
        if (connection.ask_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'source'") == 0)
            return std::nullopt;
        return views::sqlite::source_of_views(connection);
    } catch (const Error& error) {
        // Damaged views prove nothing; those that others took the place of may just be deleted.
        if (error.damaged() || !is_there(views)) return std::nullopt;
        throw;
    }
}

std::vector<Witness> witnesses_in(const path& folder) {
    std::vector<Witness> witnesses;
    for (const char* pointer : {views::sqlite::current_pointer, views::sqlite::next_pointer}) {
        const auto views = views::sqlite::named_views(folder, pointer);
        if (!views) continue;
        auto source = source_in(*views);
        if (source && source->position > 0) {
            witnesses.push_back({views->filename().string(), *std::move(source)});
        }
    }
    const auto mark = read_high_water(folder);
    if (mark && mark->position > 0) {
        witnesses.push_back({mark_file_in(folder).filename().string(),
                             {mark->identity, mark->position, std::string()}});
    }
    return witnesses;
}

std::string missing_for(const Witness& witness, EventQueries& events) {
    const views::sqlite::ViewSource& seen = witness.source;
    if (seen.identity != events.identity()) {
        return "it is another event store than the one that " + witness.name + " belongs to";
    }
    const auto command = events.command_at(seen.position);
    if (!command) {
        return "it ends with event " + std::to_string(events.last_position()) + ", but " +
               witness.name + " shows that there were " + std::to_string(seen.position);
    }
    if (seen.command.empty() || seen.command == *command) return {};
    return "event " + std::to_string(seen.position) + " is not the one that " + witness.name +
           " holds, so it is a copy of another time";
}

// The store has no events at all.
std::string missing_without_events(const path& folder, const std::vector<Witness>& witnesses,
                                   const std::string& how) {
    for (const char* pointer : {views::sqlite::current_pointer, views::sqlite::next_pointer}) {
        if (is_there(folder / pointer)) return how + ", but views of its events are there";
    }
    if (witnesses.empty()) return {};
    return how + ", but " + witnesses.front().name + " shows that there were " +
           std::to_string(witnesses.front().source.position) + " events";
}

std::string missing_events_in(const path& folder) {
    // These first: the events that come meanwhile are not missing.
    const auto witnesses = witnesses_in(folder);
    const path file = event_file_in(folder);
    if (!has_bytes(file)) {
        const char* how = is_there(file) ? "is empty" : "is missing";
        if (has_bytes(log_of(file))) return std::string(how) + ", but its log holds commits";
        return missing_without_events(folder, witnesses, how);
    }
    try {
        EventQueries events(file);
        for (const Witness& witness : witnesses) {
            if (const std::string missing = missing_for(witness, events); !missing.empty()) {
                return "lacks events: " + missing;
            }
        }
        return {};
    } catch (const NotReady&) {
        if (witnesses.empty()) return {};
        return missing_without_events(folder, witnesses, "holds no event store");
    }
}

}  // namespace

std::string missing_events(const path& folder) {
    try {
        return missing_events_in(folder);
    } catch (const Error& error) {
        throw es::Unavailable("The events in " + folder.string() +
                              " can't be compared with their views: " + error.what());
    }
}

namespace {

void refuse(const path& folder, const std::string& missing) {
    if (missing.empty()) return;
    throw es::Unusable(event_file_in(folder).string() + " " + missing + ". " +
                       what_to_do_about_lost_events);
}

std::string damage_of_log(const path& events) {
    if (!has_bytes(events)) return {};
    Connection connection(events, Access::look);
    return check_log(events, connection).damage;
}

}  // namespace

void refuse_lost_events(const path& folder) {
    refuse(folder, missing_events(folder));
}

std::string missing_at_rest(const path& folder) {
    std::string missing = missing_events(folder);
    if (!missing.empty() || lock_holder(folder, events_lock)) return missing;
    const std::string damage = damage_of_log(event_file_in(folder));
    if (lock_holder(folder, events_lock)) return {};  // who came meanwhile has looked, too
    return damage.empty() ? std::string() : "has a damaged log: " + damage;
}

void refuse_loss_at_rest(const path& folder) {
    refuse(folder, missing_at_rest(folder));
}

bool remember_lost_events(const path& folder) {
    try {
        if (missing_events(folder).empty()) return false;
    } catch (const std::exception&) {
        return true;
    }
    std::optional<HighWater> highest;
    for (const Witness& witness : witnesses_in(folder)) {
        if (highest && highest->position >= witness.source.position) continue;
        highest = {witness.source.identity, witness.source.position};
    }
    if (highest) HighWaterMark(folder).reach(*highest);
    return true;
}

void forget_high_water(const path& folder) {
    std::error_code ignored;
    std::filesystem::remove(mark_file_in(folder), ignored);
}

namespace {

path unused_folder(const path& folder) {
    for (int number = 1;; ++number) {
        path name = folder / "lost-events";
        if (number > 1) name += "-" + std::to_string(number);
        if (!is_there(name)) return name;
    }
}

void move_into(const path& kept, const path& file) {
    if (is_there(file)) views::sqlite::rename_durably(file, kept / file.filename());
}

// The mark last: as long as it is there, an interrupted call is not taken for a complete one.
void set_aside(const path& folder, const path& kept, bool log_too) {
    make_data_folder(kept);
    const path log = log_of(event_file_in(folder));
    if (log_too) {
        move_into(kept, log);
    } else if (has_bytes(log)) {
        std::filesystem::copy_file(log, kept / log.filename());
        // SQLite drops soon what it can't read of the log: this is then the only copy.
        if (!sync_file(kept / log.filename())) {
            throw es::Unusable((kept / log.filename()).string() + " can't be brought to the disk.");
        }
    }
    for (const path& file : views::sqlite::files_of_views(folder)) move_into(kept, file);
    for (const char* name : {views::sqlite::rebuilt_views, views::sqlite::rebuild_request,
                             views::sqlite::next_pointer, views::sqlite::current_pointer}) {
        move_into(kept, folder / name);
    }
    move_into(kept, mark_file_in(folder));
    sync_folder(kept);
}

// What is left, in the file alone: SQLite drops what it can't read of the log.
std::int64_t settle_rest(const path& events) {
    EventWriter writer(events);
    writer.close();
    return writer.last_position();
}

bool is_prepared(const path& events) {
    if (!has_bytes(events)) return false;
    try {
        open_ready(events);
        return true;
    } catch (const NotReady&) {
        return false;
    }
}

}  // namespace

AcceptedLoss accept_lost_events(const std::filesystem::path& folder) {
    const std::filesystem::path events = event_file_in(folder);
    if (!is_data_folder(folder)) {
        throw es::Unusable("There is no event store in " + folder.string() + ".");
    }
    constexpr const char* role = "accept-lost-events";
    const FileLock lock_of_events(folder, events_lock, role, "writes its events");
    const FileLock lock_of_views(folder, views_lock, role, "writes its views");
    const FileLock rebuild(folder, views::sqlite::rebuild_lock, role, "rebuilds its views");
    try {
        AcceptedLoss loss;
        loss.what = missing_events(folder);
        const std::string log_damage = damage_of_log(events);
        if (loss.what.empty() && !log_damage.empty())
            loss.what = "has a damaged log: " + log_damage;
        if (loss.what.empty()) {
            throw es::Unusable("Nothing shows that events are missing in " + folder.string() + ".");
        }
        const bool prepared = is_prepared(events);
        // Parts of a log that were moved to the file already don't fit an earlier end of that log.
        if (prepared) refuse_damaged_events(folder, LogDamage::left_out);
        loss.kept = unused_folder(folder);
        set_aside(folder, loss.kept, !prepared);
        if (prepared) loss.events = settle_rest(events);
        if (has_bytes(log_of(events))) {
            throw es::InUse(events.string() +
                            " is open in another process, perhaps a read API: stop that, and run "
                            "this again.");
        }
        return loss;
    } catch (const Error& error) {
        throw es::Unusable(events.string() + " can't be used as it is: " + error.what() +
                           "; restore a backup with 'yardstick restore'.");
    } catch (const std::filesystem::filesystem_error& error) {
        throw es::Unusable(error.what());
    }
}

}  // namespace es::sqlite
