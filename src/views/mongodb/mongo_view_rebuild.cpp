#include "views/mongodb/mongo_view_rebuild.hpp"

#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/uuid.hpp"
#include "es/errors.hpp"
#include "views/mongodb/database.hpp"
#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/metric_scan.hpp"
#include "views/mongodb/parked_streams.hpp"
#include "views/mongodb/view_check.hpp"
#include "views/mongodb/view_completion.hpp"
#include "views/mongodb/view_queries.hpp"
#include "views/mongodb/view_repair.hpp"

namespace views {

using namespace mongodb;

namespace {

Bson rebuild_document() {
    return Bson().text("_id", "rebuild");
}

// Returns what finds the run's document. It goes with the database when that is emptied, and with
// it what was rebuilt until then. Rebuilds at the same time share it, and so does the next one when
// one was killed.
Bson begin_run(Database& database, const std::string& source) {
    database.remove(state_collection,
                    rebuild_document().document("source", Bson().text("$ne", source)));
    for (;;) {
        if (const auto found = database.find_one(state_collection, rebuild_document())) {
            return rebuild_document().same("run", found->get());
        }
        database.insert_one(
            state_collection,
            rebuild_document().text("run", base::random_uuid()).text("source", source));
    }
}

void finish_run(Database& database, const std::string& source, const Bson& own_run) {
    if (database.find_one(state_collection, own_run)) {
        declare_views_complete(database, source);
        database.remove(state_collection, own_run);
        return;
    }
    // Another rebuild that shared the document has ended before this one, or:
    if (!views_generation(database, source)) {
        throw es::Unavailable("the views were removed while they were rebuilt");
    }
}

}  // namespace

MongoViewRebuild::MongoViewRebuild(MongoOptions mongo, std::string source, es::EventStore& events,
                                   es::StreamDirectory& directory)
    : source_(std::move(source)),
      database_(std::make_unique<Database>(std::move(mongo))),
      repair_(std::make_unique<ViewRepair>(*database_, events)),
      directory_(directory) {}
MongoViewRebuild::~MongoViewRebuild() = default;

bool MongoViewRebuild::build(const es::CatchUpOptions& options) {
    const Bson own_run = begin_run(*database_, source_);
    make_view_indexes(*database_);
    const auto remove = [this](const BsonView& document) {
        const Bson whole = document.copy();
        database_->remove(metrics_collection, Bson().same("_id", whole.get()));
    };
    MetricScan scan(*database_, *repair_, directory_, options,
                    [this](const kpi::MetricId& id, StoredView& view) {
                        repair_one(id, std::move(view), nullptr);
                    });
    if (!scan.streams() || !scan.documents(remove) || !scan.rows() || !unpark_all(options.stop)) {
        return false;
    }
    finish_run(*database_, source_, own_run);
    return true;
}

// The last step: a projector may have parked some while the others were repaired.
bool MongoViewRebuild::unpark_all(const std::function<bool()>& stop) {
    std::unordered_map<kpi::MetricId, es::Parked> parked;
    std::vector<kpi::MetricId> ids;
    for (auto& entry : parked_streams(*database_, still_parked())) {
        ids.push_back(entry.stream);
        parked.emplace(entry.stream, std::move(entry));
    }
    const es::CatchUpOptions options{.stop = stop};
    MetricScan scan(*database_, *repair_, directory_, options,
                    [&](const kpi::MetricId& id, StoredView& view) {
                        repair_one(id, std::move(view), &parked.at(id));
                    });
    return scan.these(ids);
}

kpi::ViewCheck MongoViewRebuild::check(const es::CatchUpOptions& options) {
    return check_views(*database_, *repair_, directory_, options);
}

bool MongoViewRebuild::build_one(const kpi::MetricId& id) {
    Bson filter = Bson().text("_id", id);
    const auto parked = parked_streams(*database_, filter.append(still_parked()));
    return repair_one(id, repair_->stored(id), parked.empty() ? nullptr : &parked.front());
}

// `parked`: its entry, if it is parked. False: the metric has no events.
bool MongoViewRebuild::repair_one(const kpi::MetricId& id, StoredView view,
                                  const es::Parked* parked) {
    const auto repair_or_park = [&](StoredView stored) {
        FoldedView fold = repair_->repair(id, std::move(stored));
        if (fold.parked) database_->write(parked_collection, {park(*fold.parked)});
        return fold;
    };
    const FoldedView fold = repair_or_park(std::move(view));
    if (!fold.parked && parked != nullptr) {
        database_->write(parked_collection, {request_catch_up(*parked)});
        // A Lambda function has passed over the events that were recorded until now, and does not
        // receive them again.
        repair_or_park(repair_->stored(id));
    }
    return fold.document || fold.parked;
}

}  // namespace views
