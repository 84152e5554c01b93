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
#include <vector>

#include "es/sqlite/pool.hpp"
#include "views/sqlite/view_queries.hpp"

namespace views::sqlite {

// Pointers: small files that name a file of views.
inline constexpr const char* current_pointer = "views.current";  // in force: readers read these
inline constexpr const char* next_pointer = "views.next";  // written, and in force when caught up

// The lock file of whoever writes the views.
inline constexpr const char* views_lock = "views.lock";

// Whether events or views live here, or did: nobody else's files should come here.
bool is_data_folder(const std::filesystem::path& folder);

// What a rebuild leaves for whoever writes the views: a complete file of views, and the id of a
// metric whose view is to be rebuilt.
inline constexpr const char* rebuilt_views = "views.rebuilt";
inline constexpr const char* rebuild_request = "views.request";

// The file that a pointer names, nullopt when there is none or its text names none.
std::optional<std::filesystem::path> named_views(const std::filesystem::path& folder,
                                                 const char* pointer);

// What a small file holds (its first 16 kB), nullopt when there is none.
std::optional<std::string> text_of(const std::filesystem::path& path);
// Replaces a file of the folder, atomically and durably. Throws es::Unusable.
void replace_text(const std::filesystem::path& path, const std::string& text);
// Renames durably. Throws es::Unusable.
void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

// A name that no file of views has yet.
std::filesystem::path unused_views(const std::filesystem::path& folder);

// The files of views, and what belongs to them, in any order.
std::vector<std::filesystem::path> files_of_views(const std::filesystem::path& folder);

// Deletes the files of views with lower numbers than this one's.
void remove_views_before(const std::filesystem::path& folder, const std::filesystem::path& file);

// Notes that a file is damaged, so that the next writer begins afresh.
void mark_damaged(const std::filesystem::path& file);
[[nodiscard]] bool marked_damaged(const std::filesystem::path& file);

// The readers of the file in force. Any thread.
class ViewReaders {
public:
    ViewReaders(std::filesystem::path folder, ListIndexLimits list_index)
        : folder_(std::move(folder)),
          pointer_(folder_ / current_pointer),
          list_index_(list_index) {}

    // Looks at views.current, which costs one stat(). Throws es::Unavailable.
    std::shared_ptr<es::sqlite::Pool<ViewQueries>> now();

private:
    // What tells one views.current from the next; a rename always changes it.
    struct Seen {
        ino_t inode = 0;
        std::int64_t seconds = 0;
        std::int64_t nanoseconds = 0;
        bool operator==(const Seen&) const = default;
    };

    const std::filesystem::path folder_;
    const std::filesystem::path pointer_;
    const ListIndexLimits list_index_;
    std::mutex mutex_;
    Seen seen_;
    std::uint64_t generation_ = 0;
    std::shared_ptr<es::sqlite::Pool<ViewQueries>> readers_;
};

}  // namespace views::sqlite
