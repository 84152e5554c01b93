// Builds a whole file of views from all events, much faster than the feed's small batches do: each
// metric is folded and written once, without a log, without syncs until the end, indexes last.
// Private to this room.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "es/catch_up.hpp"
#include "stores/sqlite/event_scan.hpp"

namespace stores::sqlite {

// Held by whoever builds views in a folder.
inline constexpr const char* rebuild_lock = "rebuild.lock";

// Builds `file` from all events that are wanted, and syncs it. A file that is there is removed
// first; what an interrupted build leaves is of no use. False when it was stopped. Throws
// es::Unavailable, es::Unusable, Error.
bool build_views(const std::filesystem::path& folder, const std::filesystem::path& file,
                 const es::CatchUpOptions& options, Wanted wanted = nullptr);

// Builds views of all events, and leaves them as view_folder.hpp's rebuilt_views for whoever writes
// the views. To be called with the lock held. Returns the file's inode, nullopt when it was
// stopped.
std::optional<ino_t> rebuild_views(const std::filesystem::path& folder,
                                   const es::CatchUpOptions& options);

}  // namespace stores::sqlite
