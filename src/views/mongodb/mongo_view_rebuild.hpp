// Rebuilds the views in MongoDB from the events, or compares them with the events. A projector or a
// Lambda function may run at the same time.
//
//     views::MongoViewRebuild rebuild(options, table, events, directory);
//     rebuild.build({});
//
// Metric by metric, several at once: first what is stored is read, then the stream to its head;
// what was stored and contradicts its fold is replaced, if it still is what was read. A newer view
// that a projector saves meanwhile is never taken for damage.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "es/catch_up.hpp"
#include "es/event_store.hpp"
#include "es/stream_directory.hpp"
#include "kpi/view_check.hpp"
#include "views/mongodb/mongo_options.hpp"

namespace views {

namespace mongodb {
class Database;
class ViewRepair;
struct StoredView;
}  // namespace mongodb

class MongoViewRebuild {
public:
    // `source` names the event store, as MongoMetricViewsOptions's. What is given must outlive
    // this. Throws es::Unusable.
    MongoViewRebuild(MongoOptions mongo, std::string source, es::EventStore& events,
                     es::StreamDirectory& directory);
    ~MongoViewRebuild();

    // These throw es::Unavailable, also when the database was emptied meanwhile. Progress counts
    // metrics.

    // Rebuilds every view and removes whatever has no events; then declares the views complete.
    // False: it was stopped. The next one looks at every metric again, and writes what is left.
    bool build(const es::CatchUpOptions& options);
    // Changes nothing.
    kpi::ViewCheck check(const es::CatchUpOptions& options);
    // One metric's view, also when it is parked. False: it has no events. A stream that can't be
    // read is parked again.
    bool build_one(const kpi::MetricId& id);

private:
    bool unpark_all(const std::function<bool()>& stop);
    bool repair_one(const kpi::MetricId& id, mongodb::StoredView view, const es::Parked* parked);

    const std::string source_;
    const std::unique_ptr<mongodb::Database> database_;
    const std::unique_ptr<mongodb::ViewRepair> repair_;
    es::StreamDirectory& directory_;
};

}  // namespace views
