#include "stores/sqlite/views_before_restore.hpp"

#include <string>

#include "es/errors.hpp"
#include "stores/sqlite/connection.hpp"
#include "stores/sqlite/data_folder.hpp"
#include "stores/sqlite/draft_file.hpp"
#include "stores/sqlite/event_file.hpp"
#include "stores/sqlite/log_mode.hpp"
#include "stores/sqlite/view_build.hpp"
#include "stores/sqlite/view_file.hpp"
#include "stores/sqlite/view_folder.hpp"

namespace stores::sqlite {
namespace {

using std::filesystem::path;

constexpr const char* kept_name = "views.before-restore";

// Of views that can't be read, nothing is known.
ViewSource source_in(const path& file) {
    try {
        Connection views(file, Access::write);  // takes back what was interrupted
        const bool ready = state_of_views(views, file) == ViewFileState::ready;
        return ready ? source_of_views(views) : ViewSource();
    } catch (const Error&) {
        return {};
    } catch (const es::Unusable&) {
        return {};
    }
}

// Whether the events hold the one that the views were last made from.
bool hold(const path& events, const ViewSource& source) {
    try {
        EventQueries queries(events);
        return queries.identity() == source.identity &&
               queries.command_at(source.position) == source.command;
    } catch (const std::exception&) {
        return false;
    }
}

path unused_name(const path& folder) {
    for (int number = 1;; ++number) {
        const path name =
            folder / (kept_name + (number > 1 ? "-" + std::to_string(number) : std::string()));
        if (!is_there(name) && !is_there(beside(name, log_suffix))) return name;
    }
}

// Moves the log into the file. False when somebody reads it: the log is then kept beside the file.
bool close_log(const path& file) {
    try {
        Connection views(file, Access::write);
        leave_log_mode(views);
        return true;
    } catch (const Error&) {
        return false;
    }
}

path keep(const path& folder, const path& file) {
    const bool whole = close_log(file);
    const path name = unused_name(folder);
    // The log first: without its database it would be taken for rubbish.
    if (!whole && is_there(beside(file, log_suffix))) {
        std::filesystem::rename(beside(file, log_suffix), beside(name, log_suffix));
    }
    std::filesystem::rename(file, name);
    return name;
}

}  // namespace

std::optional<path> put_views_out_of_force(const path& folder, const path& events) {
    std::optional<path> kept;
    for (const char* pointer : {current_pointer, next_pointer}) {
        const auto file = named_views(folder, pointer);
        if (!file || !is_there(*file)) continue;
        const ViewSource source = source_in(*file);
        if (source.position > 0 && !hold(events, source)) kept = keep(folder, *file);
    }
    for (const char* name : {current_pointer, next_pointer, rebuilt_views, rebuild_request}) {
        std::filesystem::remove(folder / name);
    }
    sync_folder(folder);
    return kept;
}

void remove_all_views(const path& folder) {
    std::error_code ignored;
    for (const auto& file : files_of_views(folder)) std::filesystem::remove(file, ignored);
    for (const char* name : {views_under_construction, views_for_comparison}) {
        std::filesystem::remove(folder / name, ignored);
    }
}

}  // namespace stores::sqlite
