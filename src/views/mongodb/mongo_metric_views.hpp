// Metric views in MongoDB, in the original system's collections. Any number of processes may read
// them while one is the active projector, or while Lambda functions write them.
//
//     views::MongoMetricViews read({.mongo = options, .source = table});
//     views::MongoMetricViews projector({.mongo = options, .source = table, .writer = true});
//     views::MongoMetricViews function(
//         {.mongo = options, .source = table, .writer = true, .leased = false});
//
// They are complete once a rebuild has declared it. Until then queries throw es::Unavailable: a
// database that was emptied never answers "there is no such metric".
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kpi/metric_views.hpp"
#include "views/mongodb/mongo_options.hpp"

namespace views {

namespace mongodb {
class Database;
}

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

// Callable from any thread. Connects at the first call.
class MongoMetricViews : public kpi::MetricViews {
public:
    // Throws es::Unusable when the options make no sense.
    explicit MongoMetricViews(MongoMetricViewsOptions options);
    ~MongoMetricViews() override;

    std::map<es::StreamId, kpi::MetricDocument> load(const std::vector<es::StreamId>& ids) override;
    // Rows, documents, parked streams, checkpoints, in this order. Checkpoints are moved only while
    // the lease is held. A writer without a lease does not change views of another event store.
    std::vector<es::StreamId> save(const es::ViewSave<kpi::MetricView>& save) override;
    // None while the views are not complete.
    es::Checkpoints checkpoints() override;
    std::vector<es::Parked> parked() override;
    std::optional<es::Parked> parked_entry(const es::StreamId& id) override;
    // Stands by while another process holds the lease.
    es::Upkeep upkeep(const std::function<bool()>& stop) override;

    std::optional<kpi::ViewStamp> stamp(const kpi::MetricId& id) override;
    std::map<kpi::MetricId, es::Version> versions(const std::vector<kpi::MetricId>& ids) override;
    std::optional<kpi::WholeMetric> find(const kpi::MetricId& id) override;
    std::vector<kpi::WholeMetric> find_all(const std::vector<kpi::MetricId>& ids) override;
    kpi::ListPage list(const kpi::ListQuery& query) override;
    std::pair<std::vector<kpi::MetricId>, bool> list_ids(const kpi::ListQuery& query) override;
    std::optional<kpi::ValuesPage> values(const kpi::ValuesQuery& query) override;

    // Every view is there: queries are answered from now on. Throws es::Unavailable.
    void declare_complete();
    // For messages, without secrets.
    [[nodiscard]] std::string description() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace views
