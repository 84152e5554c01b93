// Builds a whole file of views from all events, much faster than the feed's small batches do: each
// metric is folded and written once, without a log, without syncs until the end, indexes last.
// Private to this room.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "es/catch_up.hpp"
#include "es/sqlite/event_scan.hpp"

namespace views::sqlite {

// Held by whoever builds views in a folder.
inline constexpr const char* rebuild_lock = "rebuild.lock";

// What a build that was killed leaves; to be removed by whoever holds the lock.
inline constexpr const char* views_under_construction = "views.building";
inline constexpr const char* views_for_comparison = "views.checking";

// Removes the file at its end, however that comes; one that was renamed stays.
class TemporaryFile {
public:
    explicit TemporaryFile(std::filesystem::path file) : path_(std::move(file)) {}
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

// Builds `file` from all events that are wanted, and syncs it. A file that is there is removed
// first; what an interrupted build leaves is of no use. False when it was stopped. Throws
// es::Unavailable, es::Unusable, Error.
bool build_views(const std::filesystem::path& folder, const std::filesystem::path& file,
                 const es::CatchUpOptions& options, es::sqlite::Wanted wanted = nullptr);

// Builds views of all events, and leaves them as view_folder.hpp's rebuilt_views for whoever writes
// the views. To be called with the lock held. Returns the file's inode, nullopt when it was
// stopped.
std::optional<ino_t> rebuild_views(const std::filesystem::path& folder,
                                   const es::CatchUpOptions& options);

}  // namespace views::sqlite
