#include "views/sqlite/event_witnesses.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "es/errors.hpp"
#include "es/sqlite/data_folder.hpp"
#include "views/sqlite/connection.hpp"
#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_folder.hpp"

namespace views {
namespace {

using sqlite::Connection;
using std::filesystem::path;

// nullopt: these views can't say it.
std::optional<sqlite::ViewSource> source_in(const path& views) {
    if (!es::sqlite::has_bytes(views) || sqlite::marked_damaged(views)) return std::nullopt;
    try {
        Connection connection(views, sqlite::Access::read);
        if (connection.ask_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'source'") == 0)
            return std::nullopt;
        return sqlite::source_of_views(connection);
    } catch (const sqlite::Error& error) {
        // Damaged views prove nothing; those that others took the place of may just be deleted.
        if (error.damaged() || !es::sqlite::is_there(views)) return std::nullopt;
        throw;
    }
}

std::vector<es::EventWitness> look(const path& folder) {
    std::vector<es::EventWitness> witnesses;
    for (const char* pointer : {sqlite::current_pointer, sqlite::next_pointer}) {
        if (!es::sqlite::is_there(folder / pointer)) continue;
        // A store that has no events at all lacks some, whatever these views say.
        witnesses.push_back({"views of its events", {}, 0, {}});
        const auto views = sqlite::named_views(folder, pointer);
        auto source = views ? source_in(*views) : std::nullopt;
        if (source && source->position > 0) {
            witnesses.push_back({views->filename().string(), std::move(source->identity),
                                 source->position, std::move(source->command)});
        }
    }
    return witnesses;
}

}  // namespace

es::EventWitnesses event_witnesses() {
    return es::EventWitnesses(
        [](const path& folder) {
            try {
                return look(folder);
            } catch (const sqlite::Error& error) {
                throw es::Unavailable("The events in " + folder.string() +
                                      " can't be compared with their views: " + error.what());
            }
        },
        {.when_lost = "Restore a backup with 'yardstick restore', or continue without the missing "
                      "events with 'yardstick accept-lost-events'.",
         .when_damaged = "See 'yardstick verify', and restore a backup with 'yardstick restore'."});
}

}  // namespace views
