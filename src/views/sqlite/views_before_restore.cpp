#include "views/sqlite/views_before_restore.hpp"

#include <string>

#include "es/errors.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/draft_file.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/sqlite/log_mode.hpp"
#include "views/sqlite/connection.hpp"
#include "views/sqlite/view_build.hpp"
#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_folder.hpp"

namespace views::sqlite {
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
        es::sqlite::EventQueries queries(events);
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
        if (!es::sqlite::is_there(name) &&
            !es::sqlite::is_there(es::sqlite::beside(name, es::sqlite::log_suffix)))
            return name;
    }
}

// Moves the log into the file. False when somebody reads it: the log is then kept next to the file.
bool close_log(const path& file) {
    try {
        Connection views(file, Access::write);
        es::sqlite::leave_log_mode(views);
        return true;
    } catch (const Error&) {
        return false;
    }
}

path keep(const path& folder, const path& file) {
    const bool whole = close_log(file);
    const path name = unused_name(folder);
    // The log first: without its database it would be taken for rubbish.
    if (!whole && es::sqlite::is_there(es::sqlite::beside(file, es::sqlite::log_suffix))) {
        std::filesystem::rename(es::sqlite::beside(file, es::sqlite::log_suffix),
                                es::sqlite::beside(name, es::sqlite::log_suffix));
    }
    std::filesystem::rename(file, name);
    return name;
}

}  // namespace

std::optional<path> put_views_out_of_force(const path& folder, const path& events) {
    std::optional<path> kept;
    for (const char* pointer : {current_pointer, next_pointer}) {
        const auto file = named_views(folder, pointer);
        if (!file || !es::sqlite::is_there(*file)) continue;
        const ViewSource source = source_in(*file);
        if (source.position > 0 && !hold(events, source)) kept = keep(folder, *file);
    }
    for (const char* name : {current_pointer, next_pointer, rebuilt_views, rebuild_request}) {
        std::filesystem::remove(folder / name);
    }
    es::sqlite::sync_folder(folder);
    return kept;
}

void remove_all_views(const path& folder) {
    std::error_code ignored;
    for (const auto& file : files_of_views(folder)) std::filesystem::remove(file, ignored);
    for (const char* name : {views_under_construction, views_for_comparison}) {
        std::filesystem::remove(folder / name, ignored);
    }
}

}  // namespace views::sqlite
