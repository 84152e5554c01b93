// Which file of views is in force: views.current names it. Private to this room.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "stores/sqlite/pool.hpp"
#include "stores/sqlite/view_queries.hpp"

namespace stores::sqlite {

// The file named by views.current, nullopt when there is none or its text names none.
std::optional<std::filesystem::path> current_views(const std::filesystem::path& folder);

// Replaces views.current, atomically and durably. Throws es::Unusable.
void set_current_views(const std::filesystem::path& folder, const std::filesystem::path& file);

// A name that no file of views has yet.
std::filesystem::path next_views(const std::filesystem::path& folder);

// Deletes all files of views but this one.
void remove_other_views(const std::filesystem::path& folder, const std::filesystem::path& file);

// Notes that a file is damaged, so that the next writer begins afresh.
void mark_damaged(const std::filesystem::path& file);
[[nodiscard]] bool marked_damaged(const std::filesystem::path& file);

// The readers of the file in force. Any thread.
class ViewReaders {
public:
    explicit ViewReaders(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // Looks at views.current, which costs one stat(). Throws es::Unavailable.
    std::shared_ptr<Pool<ViewQueries>> now();

private:
    // What tells one views.current from the next; a rename always changes it.
    struct Seen {
        ino_t inode = 0;
        std::int64_t seconds = 0;
        std::int64_t nanoseconds = 0;
        bool operator==(const Seen&) const = default;
    };

    const std::filesystem::path folder_;
    std::mutex mutex_;
    Seen seen_;
    std::shared_ptr<Pool<ViewQueries>> readers_;
};

}  // namespace stores::sqlite
