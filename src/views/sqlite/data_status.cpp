#include "views/sqlite/data_status.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <system_error>

#include "es/errors.hpp"
#include "es/sqlite/checkpoint.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/lost_events.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/view_build.hpp"
#include "views/sqlite/view_folder.hpp"

namespace views {
namespace {

using std::filesystem::path;

std::optional<ViewsStatus> look_at_views(const path& folder) {
    const auto file = sqlite::named_views(folder, sqlite::current_pointer);
    if (!file) return std::nullopt;
    ViewsStatus views;
    views.file = file->filename().string();
    sqlite::ViewQueries queries(*file);
    views.applied = static_cast<std::uint64_t>(es::sqlite::position_in(queries.checkpoints()));
    views.parked = queries.parked();
    return views;
}

EventsStatus look_at_events(es::sqlite::EventQueries& queries, ViewsStatus* views,
                            es::TimePoint now) {
    EventsStatus events;
    const auto last = queries.last_position();
    events.count = static_cast<std::uint64_t>(last);  // positions have no gaps
    events.streams = static_cast<std::uint64_t>(queries.count_streams());
    events.last = queries.time_of_first_behind(last - 1);
    if (views == nullptr) return events;
    views->lag.events = events.count - std::min(events.count, views->applied);
    const auto first = queries.time_of_first_behind(static_cast<std::int64_t>(views->applied));
    if (first) views->lag.age = std::max(now - *first, std::chrono::milliseconds(0));
    return events;
}

std::vector<FileStatus> look_at_files(const path& folder) {
    std::vector<FileStatus> files;
    const std::string events = es::sqlite::event_file_in(folder).filename().string();
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
        const std::string name = entry.path().filename().string();
        const bool ours = name.starts_with(events) || name.starts_with("views-");
        if (!ours || name.ends_with("-shm")) continue;
        const auto bytes = entry.file_size(ignored);
        if (!ignored) files.push_back({name, bytes});
    }
    std::ranges::sort(files, {}, &FileStatus::name);
    return files;
}

// The work's failure becomes a sentence.
template <class Work>
void try_to(std::vector<std::string>& trouble, const path& what, Work work) {
    try {
        work();
    } catch (const std::exception& error) {
        trouble.push_back(what.string() + " can't be read: " + error.what());
    }
}

}  // namespace

DataStatus look_at_data(const path& folder, es::TimePoint now) {
    const path events = es::sqlite::event_file_in(folder);
    std::error_code error;
    if (!std::filesystem::exists(events, error)) {
        throw es::Unusable("There is no event store in " + folder.string() + ".");
    }
    DataStatus status;
    status.events_holder = es::sqlite::lock_holder(folder, es::sqlite::events_lock);
    status.views_holder = es::sqlite::lock_holder(folder, sqlite::views_lock);
    status.rebuild_holder = es::sqlite::lock_holder(folder, sqlite::rebuild_lock);
    // The views first: events that come meanwhile are not applied yet.
    try_to(status.trouble, folder / "views", [&] { status.views = look_at_views(folder); });
    try_to(status.trouble, events, [&] {
        es::sqlite::EventQueries queries(events);
        status.events = look_at_events(queries, status.views ? &*status.views : nullptr, now);
    });
    try_to(status.trouble, events, [&] {
        if (!status.events) return;
        const std::string missing = es::sqlite::missing_at_rest(folder, event_witnesses());
        if (!missing.empty()) status.trouble.push_back(events.string() + " " + missing + ".");
    });
    status.new_views = sqlite::named_views(folder, sqlite::next_pointer).has_value();
    status.files = look_at_files(folder);
    const auto space = std::filesystem::space(folder, error);
    if (!error) status.free_bytes = space.available;
    return status;
}

}  // namespace views
