// Notices that events.db lacks events that were acknowledged: views of them are there, or
// events.mark names them, and events.db ends before, or is another one. It is then not used until a
// person has decided.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace es::sqlite {

// How the refusals end.
inline constexpr const char* nothing_was_changed = "Nothing was changed. ";
inline constexpr const char* what_to_do_about_lost_events =
    "Nothing was changed. Restore a backup with 'yardstick restore', or continue without the "
    "missing "
    "events with 'yardstick accept-lost-events'.";

// What is missing and what shows it, a part of a sentence; empty: nothing shows that events are
// missing. Also while they are written. Throws es::Unavailable when events.db or the views can't be
// read, es::Unusable when events.db is another program's or of a newer format.
std::string missing_events(const std::filesystem::path& folder);

// Throws es::Unusable with a sentence for a person when events are missing, and as
// missing_events().
void refuse_lost_events(const std::filesystem::path& folder);

// As missing_events(), for those who look at a folder once: while nobody writes the events, also
// whether their log is damaged.
std::string missing_at_rest(const std::filesystem::path& folder);
void refuse_loss_at_rest(const std::filesystem::path& folder);

// Whether events are missing, or may be, as events.db can't be read. The mark then shows it, also
// when the views are moved away that show it now. (Not that an event is another one.)
bool remember_lost_events(const std::filesystem::path& folder);

// Forgets what shows that events are missing, as when another events.db is about to be put there on
// purpose. Where the views are, they are not touched.
void forget_high_water(const std::filesystem::path& folder);

}  // namespace es::sqlite

namespace es::sqlite {

struct AcceptedLoss {
    std::string what;            // was missing
    std::int64_t events = 0;     // that are left
    std::filesystem::path kept;  // the folder into which the views and the log were moved
};

// Continues with the events that are there. What shows that more were there is moved into a folder
// of its own. Throws es::InUse: a process writes the events or the views, or rebuilds the
// views; es::Unusable: no events are known to be missing, or events.db is damaged.
AcceptedLoss accept_lost_events(const std::filesystem::path& folder);

}  // namespace es::sqlite
