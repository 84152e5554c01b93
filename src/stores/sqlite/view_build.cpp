#include "stores/sqlite/view_build.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>

#include "es/errors.hpp"
#include "es/projection.hpp"
#include "stores/sqlite/event_file.hpp"
#include "stores/sqlite/sqlite_event_feed.hpp"
#include "stores/sqlite/sqlite_event_reader.hpp"
#include "stores/sqlite/view_file.hpp"
#include "stores/sqlite/view_folder.hpp"
#include "stores/sqlite/view_queries.hpp"
#include "stores/sqlite/view_writer.hpp"

namespace stores::sqlite {
namespace {

constexpr const char* views_under_construction = "views.building";

// Nobody else sees the file, and a crash throws it away: no log, no syncs.
Connection open_for_building(const std::filesystem::path& file) {
    Connection connection(file, Access::write);
    connection.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    make_view_tables(connection, ViewIndexes::later);
    return connection;
}

// The views under construction, as the projection sees them.
class ViewsUnderConstruction : public es::ViewStore<kpi::MetricView> {
public:
    ViewsUnderConstruction(const std::filesystem::path& file, EventFile& events)
        : writer_(open_for_building(file)), queries_(file), events_(events) {}

    std::map<es::StreamId, kpi::MetricDocument> load(
        const std::vector<es::StreamId>& ids) override {
        return queries_.load(ids);
    }

    std::vector<es::StreamId> save(const es::ViewSave<kpi::MetricView>& save) override {
        ViewSource source;
        const std::string& position = save.checkpoints.at("events");
        std::from_chars(position.data(), position.data() + position.size(), source.position);
        events_.use([&](EventQueries& queries) {
            source.identity = queries.identity();
            source.command = queries.command_at(source.position).value_or(std::string());
            return true;
        });
        return writer_.save(save, source);
    }

    es::Checkpoints checkpoints() override { return queries_.checkpoints(); }
    std::vector<es::Parked> parked() override { return queries_.parked(); }

    void add_indexes() { writer_.add_indexes(); }

private:
    ViewWriter writer_;
    ViewQueries queries_;
    EventFile& events_;
};

void sync_file(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    if (!synced) throw es::Unusable("The file " + path.string() + " can't be synced.");
}

}  // namespace

bool build_views(const std::filesystem::path& folder, es::EventFeed& feed,
                 const std::filesystem::path& file, const es::CatchUpOptions& options) {
    std::filesystem::remove(file);
    {
        EventFile events(event_file_in(folder));
        SqliteEventReader store(folder);
        ViewsUnderConstruction views(file, events);
        es::Projection<kpi::MetricView> projection(store, views, {});
        if (es::catch_up(feed, projection, {}, options).stopped) return false;
        views.add_indexes();
    }
    sync_file(file);
    return true;
}

std::optional<ino_t> rebuild_views(const std::filesystem::path& folder,
                                   const es::CatchUpOptions& options) {
    const auto file = folder / views_under_construction;
    SqliteEventFeed feed(folder);
    if (!build_views(folder, feed, file, options)) {
        std::filesystem::remove(file);
        return std::nullopt;
    }
    struct stat status{};
    if (::stat(file.c_str(), &status) != 0) throw es::Unavailable(file.string() + " is gone.");
    rename_durably(file, folder / rebuilt_views);
    return status.st_ino;
}

}  // namespace stores::sqlite
