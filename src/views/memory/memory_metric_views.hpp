// Metric views in memory: simple and obviously right. For tests, and the model of what a store of
// views does; it keeps nothing over a restart.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kpi/metric_views.hpp"

namespace views {

// Callable from any thread. Never throws es::Unavailable.
class MemoryMetricViews : public kpi::MetricViews {
public:
    std::map<es::StreamId, kpi::MetricDocument> load(const std::vector<es::StreamId>& ids) override;
    std::vector<es::StreamId> save(const es::ViewSave<kpi::MetricView>& save) override;
    es::Checkpoints checkpoints() override;
    std::vector<es::Parked> parked() override;

    std::optional<kpi::ViewStamp> stamp(const kpi::MetricId& id) override;
    std::optional<kpi::WholeMetric> find(const kpi::MetricId& id) override;
    std::vector<kpi::WholeMetric> find_all(const std::vector<kpi::MetricId>& ids) override;
    kpi::ListPage list(const kpi::ListQuery& query) override;
    std::pair<std::vector<kpi::MetricId>, bool> list_ids(const kpi::ListQuery& query) override;
    std::optional<kpi::ValuesPage> values(const kpi::ValuesQuery& query) override;
    std::optional<kpi::ChangesPage> changes(const kpi::ChangesQuery& query) override;

private:
    struct Stored {
        std::int64_t edition = 0;
        kpi::MetricDocument document;
        std::map<es::Version, kpi::MetricRow> rows;
    };
    using Change = es::ViewChange<kpi::MetricView>;

    // These expect the lock to be held.
    bool save_one(const Change& change);
    [[nodiscard]] std::optional<kpi::WholeMetric> whole(const kpi::MetricId& id) const;

    std::mutex mutex_;
    std::map<kpi::MetricId, Stored> metrics_;
    std::int64_t editions_ = 0;
    std::map<es::StreamId, es::Parked> parked_;
    es::Checkpoints checkpoints_;
};

}  // namespace views
