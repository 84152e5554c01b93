// Notices that events.db lacks events that were acknowledged: events.mark or another witness has
// seen them, and events.db ends before, or is another one. It is then not used until a person has
// decided. Private to this room.
#pragma once

#include <filesystem>
#include <string>

#include "es/sqlite.hpp"

namespace es::sqlite {

// What is missing and what shows it, a part of a sentence; empty: nothing shows that events are
// missing. Also while they are written. Throws es::Unavailable when events.db or a witness can't be
// read, es::Unusable when events.db is another program's or of a newer format.
std::string missing_events(const std::filesystem::path& folder, const EventWitnesses& witnesses);

// Throws es::Unusable with a sentence for a person when events are missing, and as
// missing_events().
void refuse_lost_events(const std::filesystem::path& folder, const EventWitnesses& witnesses);

// As missing_events() and refuse_lost_events(), for a caller that looks at a folder only once. A
// damaged log counts as missing events too, unless another process writes the events now.
std::string missing_at_rest(const std::filesystem::path& folder, const EventWitnesses& witnesses);
void refuse_loss_at_rest(const std::filesystem::path& folder, const EventWitnesses& witnesses);

// Why a log is damaged; empty: it isn't, or there is none. Nobody may be writing it.
std::string damage_of_log(const std::filesystem::path& events);

// Whether events are missing, or may be, as events.db can't be read. The mark then shows it, also
// when the witnesses that show it now are moved away. (Not that an event is another one.)
bool remember_lost_events(const std::filesystem::path& folder, const EventWitnesses& witnesses);

// Forgets what the mark shows, as when another events.db is about to be put there on purpose.
void forget_high_water(const std::filesystem::path& folder);

}  // namespace es::sqlite
