// What is looked at before events.db is used: whether the file is sound, in bounded time, and
// whether events are missing from it. Private to this room; docs/formats/sqlite.md says what is
// checked when.
#pragma once

#include <filesystem>
#include <string>

#include "es/sqlite.hpp"

namespace es::sqlite {

// To be called by whoever is about to write the events, with events.lock held; changes nothing.
// Returns what was checked, for the log; empty: there is no event store yet. Throws es::Unusable
// with a sentence for a person: the file is damaged, events are missing, or it can't be looked at.
std::string examine_events(const std::filesystem::path& folder, const EventWitnesses& witnesses);

// Whether a log that is damaged is reason enough, or only what is left without its damaged part.
enum class LogDamage { refused, left_out };

// The same without a look for missing events.
std::string refuse_damaged_events(const std::filesystem::path& folder, const LossAdvice& advice,
                                  LogDamage log_damage = LogDamage::refused);

}  // namespace es::sqlite
