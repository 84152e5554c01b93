#include "kpi/metric_summary.hpp"

#include <algorithm>
#include <numeric>

#include "base/time.hpp"
#include "kpi/goal_view.hpp"
#include "kpi/json_lists.hpp"

namespace kpi {

MetricSummary::MetricSummary(es::TimePoint now) : now_text_(base::format_time(now)), next_(now) {}

MetricSummary::MetricSummary(es::TimePoint now, const Counted& counted) : MetricSummary(now) {
    by_status_ = counted.by_status;
    total_ = std::accumulate(by_status_.begin(), by_status_.end(), std::int64_t{0});
    due_ = counted.due;
    stale_ = counted.stale;
    next_ = counted.next;
    for (const auto& [list, times] : counted.tag_lists) count_tags(list, times);
    for (const auto& [owner, times] : counted.owners) count(owners_, owner, times);
}

void MetricSummary::add(const MetricDocument& document) {
    const std::string tags = to_json(document.metric.tags);
    const Json runs = status_runs(document);
    add({document.metric.owner ? std::optional<std::string_view>(*document.metric.owner)
                               : std::nullopt,
         tags, runs.text, document.metric.deadline, due_since(document), stale_since(document)});
}

void MetricSummary::add(const Row& row) {
    ++total_;
    const StatusRun run = run_in(row.status_runs, now_text_);
    if (const auto status = statuses.read(run.status)) {
        ++by_status_.at(static_cast<std::size_t>(*status));
    }
    if (const auto until = base::parse_time(run.until, base::DateAlone::start_of_day)) {
        next_.ends(*until);
    }
    next_.ends(row.deadline);  // then it is expired
    if (holds(row.due_from, row.deadline)) ++due_;
    if (holds(row.stale_from, row.deadline)) ++stale_;
    if (row.owner) count(owners_, *row.owner);
    count_tags(row.tags);
}

void MetricSummary::count_tags(std::string_view list, std::int64_t times) {
    if (list == "[]") return;
    std::vector<std::string> tags;
    from_json(list, tags);
    for (const auto& tag : tags) count(tags_, tag, times);
}

bool MetricSummary::holds(std::optional<es::TimePoint> since, es::TimePoint deadline) {
    return since && next_.holds(*since, deadline);
}

void MetricSummary::count(Counts& counts, std::string_view name, std::int64_t times) {
    const auto found = counts.find(name);
    if (found != counts.end()) {
        found->second += times;
    } else {
        counts.emplace(name, times);
    }
}

std::vector<MetricSummary::Count> MetricSummary::most_of(const Counts& counts) {
    std::vector<Count> all(counts.begin(), counts.end());
    std::ranges::sort(all, [](const Count& one, const Count& other) {
        return std::pair(-one.second, one.first) < std::pair(-other.second, other.first);
    });
    if (all.size() > summary_names_max) all.resize(summary_names_max);
    return all;
}

}  // namespace kpi
