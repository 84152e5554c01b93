#include "views/sqlite/view_build.hpp"

#include <sys/stat.h>

#include <unordered_map>
#include <utility>

#include "es/errors.hpp"
#include "es/projection.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/checkpoint.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_folder.hpp"
#include "views/sqlite/view_rows.hpp"

namespace views::sqlite {
namespace {

// Nobody else sees the file, and a crash throws it away: no log, no syncs.
Connection open_for_building(const std::filesystem::path& file) {
    Connection connection(file, Access::write);
    connection.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    make_view_tables(connection, ViewIndexes::later);
    return connection;
}

// The views under construction, as the projection sees them. Streams come one after another, so
// a stream that continues in a batch was in the one before.
class ViewsUnderConstruction : public es::ViewStore<kpi::MetricView> {
public:
    ViewsUnderConstruction(const std::filesystem::path& file, es::sqlite::EventFile& events)
        : events_(events),
          mark_(events.identify()),
          connection_(open_for_building(file)),
          put_(connection_.prepare(insertion_of("INSERT OR REPLACE", "number, id, fields"))),
          rows_(connection_),
          park_(connection_.prepare("INSERT OR REPLACE INTO parked VALUES (?, ?, ?)")) {}

    std::map<es::StreamId, kpi::MetricDocument> load(
        const std::vector<es::StreamId>& ids) override {
        std::map<es::StreamId, kpi::MetricDocument> documents;
        for (const auto& id : ids) {
            if (const auto found = last_.find(id); found != last_.end()) {
                documents.emplace(id, found->second.document);
            }
        }
        return documents;
    }

    std::vector<es::StreamId> save(const es::ViewSave<kpi::MetricView>& save) override {
        Transaction transaction(connection_, Transaction::Kind::write);
        std::unordered_map<es::StreamId, Put> put;
        for (const auto& change : save.changes) put.emplace(change.id, put_one(change));
        last_ = std::move(put);
        for (const auto& parked : save.parked) {
            park_.run(parked.stream, parked.version, parked.reason);
        }
        for (const auto& [partition, checkpoint] : save.checkpoints) {
            connection_.prepare("INSERT INTO checkpoints VALUES (?, ?)").run(partition, checkpoint);
        }
        if (!save.checkpoints.empty()) set_source(es::sqlite::position_in(save.checkpoints));
        transaction.commit();
        return {};
    }

    // Asked before the first save only.
    es::Checkpoints checkpoints() override { return {}; }
    std::vector<es::Parked> parked() override { return {}; }

    void add_indexes() { add_view_indexes(connection_); }

private:
    struct Put {
        std::int64_t number;
        kpi::MetricDocument document;
    };

    Put put_one(const es::ViewChange<kpi::MetricView>& change) {
        const std::int64_t number = change.loaded > 0 ? last_.at(change.id).number : ++number_;
        put_.bind(1, number);
        put_.bind(2, change.id);
        put_.bind(3, kpi::field_set_of(change.document));
        bind_fields(put_, 4, change.document, Columns::all);
        put_.run_bound();
        rows_.put(number, change.rows);
        rows_.remove(number, change.removed_rows);
        return {number, change.document};
    }

    void set_source(std::int64_t position) {
        if (events_.identify() != mark_) {
            throw es::Unavailable("events.db was replaced by another one while it was read.");
        }
        events_.use([&](es::sqlite::EventQueries& queries) {
            connection_.prepare("UPDATE source SET identity = ?, position = ?, command = ?")
                .run(queries.identity(), position,
                     queries.command_at(position).value_or(std::string()));
            return true;
        });
    }

    es::sqlite::EventFile& events_;
    const std::optional<es::sqlite::EventFile::Mark> mark_;  // before anything was read
    Connection connection_;
    Statement put_;
    RowWriter rows_;
    Statement park_;
    std::int64_t number_ = 0;
    std::unordered_map<es::StreamId, Put> last_;  // of the last save
};

}  // namespace

bool build_views(const std::filesystem::path& folder, const std::filesystem::path& file,
                 const es::CatchUpOptions& options, es::sqlite::Wanted wanted) {
    std::filesystem::remove(file);
    {
        es::sqlite::EventFile events(es::sqlite::event_file_in(folder));
        ViewsUnderConstruction views(file, events);
        es::sqlite::EventScan scan(events.path(), std::move(wanted));
        es::SqliteEventReader store(folder);
        es::Projection<kpi::MetricView> projection(store, views, {});
        if (es::catch_up(scan, projection, {}, options).stopped) return false;
        views.add_indexes();
    }
    if (!es::sqlite::sync_file(file)) {
        throw es::Unusable("The file " + file.string() + " can't be synced.");
    }
    return true;
}

std::optional<ino_t> rebuild_views(const std::filesystem::path& folder,
                                   const es::CatchUpOptions& options) {
    const TemporaryFile building(folder / views_under_construction);
    if (!build_views(folder, building.path(), options)) return std::nullopt;
    struct stat status{};
    if (::stat(building.path().c_str(), &status) != 0) {
        throw es::Unavailable(building.path().string() + " is gone.");
    }
    rename_durably(building.path(), folder / rebuilt_views);
    return status.st_ino;
}

}  // namespace views::sqlite
