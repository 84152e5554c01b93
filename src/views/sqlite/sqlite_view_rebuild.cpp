#include "views/sqlite/sqlite_view_rebuild.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "es/errors.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/lost_events.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/view_build.hpp"
#include "views/sqlite/view_check.hpp"
#include "views/sqlite/view_folder.hpp"

namespace views {
namespace {

std::filesystem::path with_events(const std::filesystem::path& folder) {
    es::sqlite::refuse_lost_events(folder, event_witnesses());
    if (std::filesystem::exists(es::sqlite::event_file_in(folder))) return folder;
    throw es::Unusable("There is no event store in " + folder.string() + ".");
}

// 0: there is no such file.
ino_t inode_of(const std::filesystem::path& file) {
    struct stat status{};
    return ::stat(file.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

SqliteViewRebuild::SqliteViewRebuild(const std::filesystem::path& folder, const std::string& role)
    : folder_(with_events(folder)),
      lock_(std::make_unique<es::sqlite::FileLock>(folder_, sqlite::rebuild_lock, role,
                                                   "rebuilds its views")),
      events_(std::make_unique<es::sqlite::EventFile>(es::sqlite::event_file_in(folder_))) {}

SqliteViewRebuild::~SqliteViewRebuild() = default;

std::uint64_t SqliteViewRebuild::events() {
    return static_cast<std::uint64_t>(
        events_->use([](es::sqlite::EventQueries& queries) { return queries.last_position(); }));
}

bool SqliteViewRebuild::build(const es::CatchUpOptions& options) {
    return es::sqlite::or_unavailable([&] {
        const auto file = sqlite::rebuild_views(folder_, options);
        built_ = file.value_or(0);
        return file.has_value();
    });
}

Handover SqliteViewRebuild::handover() {
    // Between two of these looks it may have moved on; it never moves back.
    for (int looks = 0; looks < 3; ++looks) {
        if (inode_of(folder_ / sqlite::rebuilt_views) == built_) {
            return Handover::waiting;
        }
        const auto current = sqlite::named_views(folder_, sqlite::current_pointer);
        if (current && inode_of(*current) == built_) return Handover::in_force;
        const auto files = sqlite::files_of_views(folder_);
        if (std::ranges::find(files, built_, inode_of) != files.end()) return Handover::catching_up;
    }
    return Handover::refused;
}

bool SqliteViewRebuild::withdraw() {
    const auto rebuilt = folder_ / sqlite::rebuilt_views;
    std::error_code failed;
    return inode_of(rebuilt) == built_ && std::filesystem::remove(rebuilt, failed);
}

kpi::ViewCheck SqliteViewRebuild::check(const es::CatchUpOptions& options) {
    return es::sqlite::or_unavailable([&] { return sqlite::check_views(folder_, options); });
}

void SqliteViewRebuild::request(const kpi::MetricId& id) {
    sqlite::replace_text(folder_ / sqlite::rebuild_request, id);
}

bool SqliteViewRebuild::requested() {
    return std::filesystem::exists(folder_ / sqlite::rebuild_request);
}

void SqliteViewRebuild::withdraw_request() {
    std::error_code ignored;
    std::filesystem::remove(folder_ / sqlite::rebuild_request, ignored);
}

bool SqliteViewRebuild::has_writer() {
    return es::sqlite::lock_holder(folder_, sqlite::views_lock).has_value();
}

}  // namespace views
