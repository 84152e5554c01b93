// Compares all stored views with the folds of their events. Private to this room.
#pragma once

#include "es/catch_up.hpp"
#include "es/stream_directory.hpp"
#include "kpi/view_check.hpp"
#include "views/mongodb/database.hpp"
#include "views/mongodb/view_repair.hpp"

namespace views::mongodb {

// Changes nothing. Progress counts metrics. Throws es::Unavailable.
kpi::ViewCheck check_views(Database& database, ViewRepair& repair, es::StreamDirectory& directory,
                           const es::CatchUpOptions& options);

}  // namespace views::mongodb
