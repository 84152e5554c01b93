// Visits every metric that has events, a document or rows, on several threads. Private to this
// room.
//
//     MetricScan scan(database, repair, directory, options, on_metric);
//     const bool done = scan.streams() && scan.documents(on_nameless) && scan.rows();
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <unordered_set>
#include <vector>

#include "es/catch_up.hpp"
#include "es/stream_directory.hpp"
#include "views/mongodb/database.hpp"
#include "views/mongodb/view_repair.hpp"

namespace views::mongodb {

// Metrics whose views are read together.
inline constexpr std::size_t metrics_at_once = 100;

class MetricScan {
public:
    // With what is stored of the metric. Called from several threads, for each metric from one.
    using OnMetric = std::function<void(const kpi::MetricId&, StoredView&)>;

    // What is given must outlive this. `options`: progress counts metrics.
    MetricScan(Database& database, ViewRepair& repair, es::StreamDirectory& directory,
               const es::CatchUpOptions& options, OnMetric on_metric);

    // Each returns false when it was stopped. Each throws es::Unavailable, and what `on_metric`
    // throws.

    // Metrics of the directory.
    bool streams();
    // Metrics that have a document and were not visited. `on_nameless`: a document whose id is no
    // metric's.
    bool documents(const std::function<void(const BsonView&)>& on_nameless);
    // Metrics that have rows and were not visited.
    bool rows();
    // These metrics, visited or not.
    bool these(std::span<const kpi::MetricId> ids);

private:
    class Crew;
    bool visit(std::span<const kpi::MetricId> ids, const Crew& crew);
    void add_visited(const std::vector<kpi::MetricId>& ids);
    bool was_visited(const kpi::MetricId& id) const { return visited_.contains(id); }

    Database& database_;
    ViewRepair& repair_;
    es::StreamDirectory& directory_;
    const es::CatchUpOptions& options_;
    const OnMetric on_metric_;

    std::mutex mutex_;  // for the rest, while the threads run
    std::unordered_set<kpi::MetricId> visited_;
    std::uint64_t count_ = 0;
};

}  // namespace views::mongodb
