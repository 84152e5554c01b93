// Compares the views in force with the fold of their events, and changes nothing. Private to this
// room.
#pragma once

#include <filesystem>

#include "es/catch_up.hpp"
#include "kpi/view_check.hpp"

namespace views::sqlite {

// Folds each metric's events up to the version of its view, in a file of its own, and
// compares documents and values; and names the metrics whose views lack events. While a
// projector is at work, these get kpi::view_patience to catch up. Throws es::Unavailable (e.g. no
// views yet), es::Unusable, Error.
kpi::ViewCheck check_views(const std::filesystem::path& folder, const es::CatchUpOptions& options);

}  // namespace views::sqlite
