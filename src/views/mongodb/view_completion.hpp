// Whether the views in a database are complete, and of which event store: one document, which a
// rebuild writes when it ends, and which goes with the views when the database is emptied. Private
// to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "views/mongodb/database.hpp"

namespace views::mongodb {

// These throw es::Unavailable.

// Another number whenever the views have become complete; nullopt: they aren't. `source` names the
// event store; empty: any.
std::optional<std::int64_t> views_generation(Database& database, const std::string& source);
// Whether all views are known to have today's fields (kpi::field_set).
bool views_have_all_fields(Database& database);
void declare_all_fields(Database& database, const std::string& source);
// The event store of the views; nullopt: they aren't complete.
std::optional<std::string> views_source(Database& database);
void declare_views_complete(Database& database, const std::string& source);
// Views of another event store are no longer complete.
void disown_views_of_others(Database& database, const std::string& source);

}  // namespace views::mongodb
