// Whether the views in a database are all there, and whose they are: one document, written when a
// rebuild has ended, and gone with the views when the database is emptied. Private to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "views/mongodb/database.hpp"

namespace views::mongodb {

// These throw es::Unavailable.

// Which views they are: another number whenever they have become complete; nullopt: they aren't.
// `source` names the event store; empty: any.
std::optional<std::int64_t> views_generation(Database& database, const std::string& source);
// Whether each view has been seen to have all fields of today (kpi::field_set).
bool views_have_all_fields(Database& database);
void declare_all_fields(Database& database, const std::string& source);
// What they are made from; nullopt: they aren't complete.
std::optional<std::string> views_source(Database& database);
void declare_views_complete(Database& database, const std::string& source);
// Views of another event store are complete no more.
void disown_views_of_others(Database& database, const std::string& source);

}  // namespace views::mongodb
