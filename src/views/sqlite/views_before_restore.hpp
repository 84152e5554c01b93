// What a restore does with the views of the events that it replaces. Private to this room.
//
// At each moment at which the process may be killed, no start finds views that are ahead of the
// events that are in force then.
#pragma once

#include <filesystem>
#include <optional>

namespace views::sqlite {

// To be called with all locks of the folder held, before other events take the place of `events`.
// Afterwards no views are in force, and none wait to be. Views that know of events which `events`
// doesn't hold are all that is left of these: they are kept under the name that is returned.
// Throws es::Unusable, std::filesystem::filesystem_error.
std::optional<std::filesystem::path> put_views_out_of_force(const std::filesystem::path& folder,
                                                            const std::filesystem::path& events);

// Deletes all views of the folder, also those that a rebuild was making.
void remove_all_views(const std::filesystem::path& folder);

}  // namespace views::sqlite
