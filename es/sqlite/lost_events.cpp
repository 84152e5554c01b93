#include "es/sqlite/lost_events.hpp"

#include <algorithm>
#include <optional>
#include <system_error>
#include <vector>

#include "es/errors.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/high_water.hpp"
#include "es/sqlite/log_check.hpp"

namespace es::sqlite {
namespace {

using std::filesystem::path;
using Witnesses = std::vector<EventWitness>;

// Those outside of the store, and its own mark.
Witnesses all_in(const path& folder, const EventWitnesses& witnesses) {
    Witnesses all = witnesses.in(folder);
    const auto mark = read_high_water(folder);
    if (mark && mark->position > 0) {
        const std::string name = mark_file_in(folder).filename().string();
        all.push_back({name, mark->identity, mark->position, {}});
    }
    return all;
}

std::string missing_for(const EventWitness& seen, EventQueries& events) {
    if (seen.position == 0) return {};
    if (seen.identity != events.identity()) {
        return "it is another event store than the one that " + seen.name + " belongs to";
    }
    const auto command = events.command_at(seen.position);
    if (!command) {
        return "it ends with event " + std::to_string(events.last_position()) + ", but " +
               seen.name + " shows that there were " + std::to_string(seen.position);
    }
    if (seen.command.empty() || seen.command == *command) return {};
    return "event " + std::to_string(seen.position) + " is not the one that " + seen.name +
           " holds, so it is a copy of another time";
}

// The store has no events at all.
std::string missing_without_events(const Witnesses& witnesses, const std::string& how) {
    if (witnesses.empty()) return {};
    const auto vague = std::ranges::find(witnesses, 0, &EventWitness::position);
    if (vague != witnesses.end()) return how + ", but " + vague->name + " are there";
    return how + ", but " + witnesses.front().name + " shows that there were " +
           std::to_string(witnesses.front().position) + " events";
}

std::string missing_events_in(const path& folder, const EventWitnesses& outside) {
    // These first: the events that come meanwhile are not missing.
    const Witnesses witnesses = all_in(folder, outside);
    const path file = event_file_in(folder);
    if (!has_bytes(file)) {
        const char* how = is_there(file) ? "is empty" : "is missing";
        if (has_bytes(log_of(file))) return std::string(how) + ", but its log holds commits";
        return missing_without_events(witnesses, how);
    }
    try {
        EventQueries events(file);
        for (const EventWitness& witness : witnesses) {
            if (const std::string missing = missing_for(witness, events); !missing.empty()) {
                return "lacks events: " + missing;
            }
        }
        return {};
    } catch (const NotReady&) {
        const auto names_one = [](const EventWitness& witness) { return witness.position > 0; };
        if (std::ranges::none_of(witnesses, names_one)) return {};
        return missing_without_events(witnesses, "holds no event store");
    }
}

void refuse(const path& folder, const std::string& missing, const EventWitnesses& witnesses) {
    if (missing.empty()) return;
    throw es::Unusable(event_file_in(folder).string() + " " + missing + ". Nothing was changed. " +
                       witnesses.advice().when_lost);
}

}  // namespace

std::string missing_events(const path& folder, const EventWitnesses& witnesses) {
    try {
        return missing_events_in(folder, witnesses);
    } catch (const Error& error) {
        throw es::Unavailable("Whether events are missing in " + folder.string() +
                              " can't be told: " + error.what());
    }
}

std::string damage_of_log(const path& events) {
    if (!has_bytes(events)) return {};
    Connection connection(events, Access::look);
    return check_log(events, connection).damage;
}

void refuse_lost_events(const path& folder, const EventWitnesses& witnesses) {
    refuse(folder, missing_events(folder, witnesses), witnesses);
}

std::string missing_at_rest(const path& folder, const EventWitnesses& witnesses) {
    std::string missing = missing_events(folder, witnesses);
    if (!missing.empty() || lock_holder(folder, events_lock)) return missing;
    const std::string damage = damage_of_log(event_file_in(folder));
    if (lock_holder(folder, events_lock)) return {};  // who came meanwhile has looked, too
    return damage.empty() ? std::string() : "has a damaged log: " + damage;
}

void refuse_loss_at_rest(const path& folder, const EventWitnesses& witnesses) {
    refuse(folder, missing_at_rest(folder, witnesses), witnesses);
}

bool remember_lost_events(const path& folder, const EventWitnesses& witnesses) {
    try {
        if (missing_events(folder, witnesses).empty()) return false;
    } catch (const std::exception&) {
        return true;
    }
    const Witnesses all = all_in(folder, witnesses);
    const auto highest = std::ranges::max_element(all, {}, &EventWitness::position);
    if (highest != all.end() && highest->position > 0) {
        HighWaterMark(folder).reach({highest->identity, highest->position});
    }
    return true;
}

void forget_high_water(const path& folder) {
    std::error_code ignored;
    std::filesystem::remove(mark_file_in(folder), ignored);
}

}  // namespace es::sqlite
