// What is read from the views: one reading connection with its statements. Private to this room;
// one thread at a time. Everything throws Error.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kpi/metric_views.hpp"
#include "views/sqlite/connection.hpp"
#include "views/sqlite/live_index.hpp"
#include "views/sqlite/view_file.hpp"

namespace views::sqlite {

class ViewQueries {
public:
    // `generation` is what its stamps carry. Without an index, lists are filtered by SQL. Also
    // throws es::Unusable (newer format) and es::Unavailable (not ready).
    explicit ViewQueries(const std::filesystem::path& file, std::uint64_t generation = 0,
                         std::shared_ptr<LiveIndex> index = nullptr);

    // The file is of an earlier release, and its writer is about to add what it lacks: statements
    // that were prepared before would not see it.
    [[nodiscard]] bool outdated() const { return lacks_columns() || !has_saves_; }
    [[nodiscard]] bool lacks_columns() const { return documents_ != documents_table; }

    std::map<es::StreamId, kpi::MetricDocument> load(const std::vector<es::StreamId>& ids);
    std::optional<kpi::ViewStamp> stamp(const kpi::MetricId& id);
    std::optional<kpi::WholeMetric> find(const kpi::MetricId& id);
    std::vector<kpi::WholeMetric> find_all(const std::vector<kpi::MetricId>& ids);
    kpi::ListPage list(const kpi::ListQuery& query);
    std::pair<std::vector<kpi::MetricId>, bool> list_ids(const kpi::ListQuery& query);
    kpi::MetricSummary summary(const kpi::MetricFilter& filter, es::TimePoint now);
    std::optional<kpi::ValuesPage> values(const kpi::ValuesQuery& query);
    std::optional<kpi::ChangesPage> changes(const kpi::ChangesQuery& query);
    bool visit_values(const kpi::MetricId& id, kpi::ValuesVisitor& visitor);
    es::Checkpoints checkpoints();
    std::vector<es::Parked> parked();
    std::optional<es::Parked> parked_entry(const es::StreamId& id);

private:
    std::vector<kpi::MetricValue> recent_values(std::int64_t number, std::size_t count);
    // The metrics of a page, one more if there is more, as the index finds them; nullopt: SQL must.
    std::optional<std::vector<MetricNumber>> indexed_page(const kpi::ListQuery& query);
    std::vector<MetricNumber> page_by_key(const MetricIndex::Page& page,
                                          const kpi::ListQuery& query);
    std::vector<MetricNumber> page_by_text(const Selection& selection, const kpi::ListQuery& query);
    std::vector<MetricNumber> sorted(const std::vector<MetricNumber>& among,
                                     const kpi::ListQuery& query);
    // nullopt: to read them all takes less time.
    std::optional<std::vector<MetricNumber>> in_order(const Selection& among, kpi::ListQuery query);
    Statement& prepared(const std::string& sql);  // keeps it for the next time
    Statement& list_statement(const kpi::ListQuery& query, std::string_view columns);

    const std::uint64_t generation_;
    Connection connection_;
    const std::string documents_;  // what they are read from
    const bool has_saves_;
    std::optional<IndexReader> index_;
    Statement document_;
    Statement stamp_;
    Statement latest_values_;
    Statement number_;
    Statement values_up_;
    Statement values_down_;
    Statement checkpoints_;
    Statement parked_;
    Statement parked_entry_;
    Statement all_values_;
    Statement changes_;
    Statement recent_;
    Statement id_;
    Statement document_numbered_;
    std::map<std::string, Statement> lists_;  // by their text
};

}  // namespace views::sqlite
