// Makes the views in MongoDB anew from the events, or compares them with these, beside a running
// projector or without one.
//
//     views::MongoViewRebuild rebuild(options, table, events, directory);
//     rebuild.build({});
//
// Metric by metric, several at once: first what is stored is read, then the stream to its head;
// what was stored and contradicts its fold is replaced, if it still is what was read. So what a
// projector saves meanwhile, which is newer, is never taken for damage.
#pragma once

#include <memory>
#include <string>

#include "es/catch_up.hpp"
#include "es/event_store.hpp"
#include "es/stream_directory.hpp"
#include "kpi/view_check.hpp"
#include "views/mongodb/mongo_options.hpp"

namespace views {

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
    // One metric's, also when it is parked; a running projector goes on with it. False: it has no
    // events. A stream that can't be read is parked again.
    bool build_one(const kpi::MetricId& id);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace views
