// Whether the views in a database are all there, and whose they are: one document, written when a
// rebuild has ended, and gone with the views when the database is emptied. Private to this room.
#pragma once

#include <string>

#include "stores/mongodb/database.hpp"

namespace stores::mongodb {

// These throw es::Unavailable.

// `source` names the event store; empty: any.
bool views_are_complete(Database& database, const std::string& source);
void declare_views_complete(Database& database, const std::string& source);
// Views of another event store are complete no more.
void disown_views_of_others(Database& database, const std::string& source);

}  // namespace stores::mongodb
