// Metric views in MongoDB, in the original system's collections. Any number of processes may read
// them while one is the active projector, or while Lambda functions write them.
//
//     auto read = views::mongo_metric_views({.mongo = options, .source = table});
//     auto projector = views::mongo_metric_views(
//         {.mongo = options, .source = table, .writer = true});
//     auto function = views::mongo_metric_views(
//         {.mongo = options, .source = table, .writer = true, .leased = false});
//
// They are complete once a rebuild has declared it. Until then queries throw es::Unavailable: a
// database that was emptied never answers "there is no such metric".
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "kpi/metric_views.hpp"
#include "views/mongodb/mongo_options.hpp"

namespace views {

struct MongoMetricViewsOptions {
    MongoOptions mongo;
    // Names the event store of the views; views of another one are not served. Empty: of any.
    std::string source = {};
    bool writer = false;  // may save
    // The rest is a writer's.
    // Holds the projector's lease, and with it the checkpoints. A Lambda function keeps no
    // checkpoints and needs no lease: any number of them may save at the same time, since each
    // document is guarded by its version.
    bool leased = true;
    // A holder of the lease that gives no sign for this long has lost it.
    std::chrono::milliseconds lease_time{10'000};
    // For an operator, e.g. that this process stands by. Any thread; may be empty.
    std::function<void(const std::string&)> log = {};
};

// Callable from any thread. They connect at the first call. Throws es::Unusable when the options
// make no sense.
std::unique_ptr<kpi::MetricViews> mongo_metric_views(MongoMetricViewsOptions options);

}  // namespace views
