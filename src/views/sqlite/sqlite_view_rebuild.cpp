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

class SqliteViewRebuild::Impl {
public:
    Impl(const std::filesystem::path& data, const std::string& role)
        : folder(with_events(data)),
          lock(folder, sqlite::rebuild_lock, role, "rebuilds its views"),
          events(es::sqlite::event_file_in(folder)) {}

    [[nodiscard]] ino_t named_by(const char* pointer) const {
        const auto file = sqlite::named_views(folder, pointer);
        return file ? inode_of(*file) : 0;
    }
    [[nodiscard]] bool is_among_views() const {
        const auto files = sqlite::files_of_views(folder);
        return std::ranges::any_of(files,
                                   [this](const auto& file) { return inode_of(file) == built; });
    }

    const std::filesystem::path folder;
    es::sqlite::FileLock lock;
    es::sqlite::EventFile events;
    ino_t built = 0;  // of the file that build() made, which keeps it under every name
};

SqliteViewRebuild::SqliteViewRebuild(const std::filesystem::path& folder, const std::string& role)
    : impl_(std::make_unique<Impl>(folder, role)) {}

SqliteViewRebuild::~SqliteViewRebuild() = default;

std::uint64_t SqliteViewRebuild::events() {
    return static_cast<std::uint64_t>(impl_->events.use(
        [](es::sqlite::EventQueries& queries) { return queries.last_position(); }));
}

bool SqliteViewRebuild::build(const es::CatchUpOptions& options) {
    return es::sqlite::or_unavailable([&] {
        const auto file = sqlite::rebuild_views(impl_->folder, options);
        impl_->built = file.value_or(0);
        return file.has_value();
    });
}

Handover SqliteViewRebuild::handover() {
    // Between two of these looks it may have moved on; it never moves back.
    for (int looks = 0; looks < 3; ++looks) {
        if (inode_of(impl_->folder / sqlite::rebuilt_views) == impl_->built) {
            return Handover::waiting;
        }
        if (impl_->named_by(sqlite::current_pointer) == impl_->built) return Handover::in_force;
        if (impl_->is_among_views()) return Handover::catching_up;
    }
    return Handover::refused;
}

bool SqliteViewRebuild::withdraw() {
    const auto rebuilt = impl_->folder / sqlite::rebuilt_views;
    std::error_code failed;
    return inode_of(rebuilt) == impl_->built && std::filesystem::remove(rebuilt, failed);
}

kpi::ViewCheck SqliteViewRebuild::check(const es::CatchUpOptions& options) {
    return es::sqlite::or_unavailable([&] { return sqlite::check_views(impl_->folder, options); });
}

void SqliteViewRebuild::request(const kpi::MetricId& id) {
    sqlite::replace_text(impl_->folder / sqlite::rebuild_request, id);
}

bool SqliteViewRebuild::requested() {
    return std::filesystem::exists(impl_->folder / sqlite::rebuild_request);
}

void SqliteViewRebuild::withdraw_request() {
    std::error_code ignored;
    std::filesystem::remove(impl_->folder / sqlite::rebuild_request, ignored);
}

bool SqliteViewRebuild::has_writer() {
    return es::sqlite::lock_holder(impl_->folder, sqlite::views_lock).has_value();
}

}  // namespace views
