// Compares the views in force with the fold of their events, and changes nothing. Private to this
// room.
#pragma once

#include <filesystem>

#include "es/catch_up.hpp"
#include "stores/sqlite/sqlite_view_rebuild.hpp"

namespace stores::sqlite {

// Folds each metric's events up to the version of its view, in a file of its own beside, and
// compares documents and values. Throws es::Unavailable (e.g. no views yet), es::Unusable, Error.
ViewCheck check_views(const std::filesystem::path& folder, const es::CatchUpOptions& options);

}  // namespace stores::sqlite
