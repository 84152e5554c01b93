// Metric views in a SQLite file of the data folder: views-<n>.db, where views.current names the
// one in force. They can be deleted; the projector then builds them again from the events.
//
//     views::SqliteMetricViews views(folder);                       // the read API
//     views::SqliteMetricViews views(folder, {.writer = true, ...}) // the projector
//
// They belong to the events.db of the same folder. A writer that finds them missing, damaged or not
// of these events begins new ones; readers then have none (es::Unavailable) until those have caught
// up. While a rebuild's views catch up, readers keep the old ones. What the writer loads and saves,
// with checkpoints() and parked(), is then of the new ones, everything else of those in force.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kpi/metric_views.hpp"

namespace views {

namespace sqlite {
class ViewReaders;
class ViewsOwner;
}  // namespace sqlite

// Of the columns in memory by which lists are filtered.
struct ListIndexLimits {
    // With more metrics SQL filters them, and lists with rare matches are slow. Each takes about
    // 300 bytes.
    std::size_t metrics_max = 4'000'000;
    // A list or a summary that is asked for loads so many of those that are still to be loaded, in
    // some 250 ms; until all are, SQL answers.
    std::size_t loaded_at_once = 100'000;
};

struct SqliteMetricViewsOptions {
    ListIndexLimits list_index{};
    // Owns the views: may save. There is one in a folder.
    bool writer = false;
    // The rest is a writer's. What this process is, for those who find the views in use ("serve").
    std::string role = {};
    // How long views that are no longer in force stay on disk, for readers that are just opening
    // them.
    std::chrono::milliseconds retired_kept{10'000};
    // Called when the disk failed to keep what it was given. It should not return; by default it
    // prints the reason to stderr and ends the process.
    std::function<void(std::string)> on_fatal = nullptr;
    // Called for what a person should know, e.g. that the views begin afresh and why. Any thread.
    std::function<void(std::string)> log = nullptr;
};

// Callable from any thread. A reader answers es::Unavailable while there are no views yet.
class SqliteMetricViews : public kpi::MetricViews {
public:
    // Throws es::InUse: another process (or object) writes these views; es::Unusable: they are of a
    // newer format, or the folder can't be used. When a writer finds the views missing, damaged or
    // not of these events, it begins new ones: checkpoints() is then empty.
    explicit SqliteMetricViews(const std::filesystem::path& folder,
                               SqliteMetricViewsOptions options = {});
    ~SqliteMetricViews() override;

    std::map<es::StreamId, kpi::MetricDocument> load(const std::vector<es::StreamId>& ids) override;
    // A writer's. In one transaction. It survives the process's end at once, a power loss a little
    // later: the checkpoints then go back with the documents.
    std::vector<es::StreamId> save(const es::ViewSave<kpi::MetricView>& save) override;
    es::Checkpoints checkpoints() override;
    std::vector<es::Parked> parked() override;
    // Of the views in force, as the questions are.
    std::optional<es::Parked> parked_entry(const es::StreamId& id) override;
    // A writer's; one thread for these and save().
    es::Upkeep upkeep(const std::function<bool()>& stop) override;
    void rebuilt(const es::StreamId& id) override;

    std::optional<kpi::ViewStamp> stamp(const kpi::MetricId& id) override;
    std::optional<kpi::WholeMetric> find(const kpi::MetricId& id) override;
    std::vector<kpi::WholeMetric> find_all(const std::vector<kpi::MetricId>& ids) override;
    kpi::ListPage list(const kpi::ListQuery& query) override;
    std::pair<std::vector<kpi::MetricId>, bool> list_ids(const kpi::ListQuery& query) override;
    kpi::MetricSummary summary(const kpi::MetricFilter& filter, es::TimePoint now) override;
    std::optional<kpi::ValuesPage> values(const kpi::ValuesQuery& query) override;
    std::optional<kpi::ChangesPage> changes(const kpi::ChangesQuery& query) override;
    bool visit_values(const kpi::MetricId& id, kpi::ValuesVisitor& visitor) override;

private:
    // The result of `work(queries)` on the file in force; on what is written here.
    template <class Work>
    auto ask(Work work);
    template <class Work>
    auto ask_own(Work work);

    std::unique_ptr<sqlite::ViewReaders> readers_;
    std::unique_ptr<sqlite::ViewsOwner> owner_;  // a writer's
};

}  // namespace views
