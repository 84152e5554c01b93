// How a metric's goal stands, as its document shows it. All of it follows from stored members and
// the time of asking: docs/status.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "es/event.hpp"
#include "kpi/goal.hpp"
#include "kpi/json_lists.hpp"
#include "kpi/metric_view.hpp"

namespace kpi {

Status status(const MetricDocument& document, es::TimePoint now);
// No value came for two periods, and the deadline hasn't passed.
bool is_stale(const MetricDocument& document, es::TimePoint now);
// A value is due, and the deadline hasn't passed.
bool is_due(const MetricDocument& document, es::TimePoint now);
// [{"at","status"} or {"at","stale":true}]: what changes by the clock if nothing is reported.
Json ahead(const MetricDocument& document, es::TimePoint now);
// From when on somebody should look at it.
es::TimePoint attention_since(const MetricDocument& document);
// {"start","baseline","progress"} of what is to be reached or used up; nullopt: there is no way to
// go, or no value.
std::optional<Json> pace(const MetricDocument& document);
std::optional<es::TimePoint> due_since(const MetricDocument& document);
std::optional<es::TimePoint> stale_since(const MetricDocument& document);

// All statuses, [{"status","from","until"}], in the order of time, each until the next one's from.
Json status_runs(const MetricDocument& document);
// The status at a time in the text of status_runs(); empty: it says nothing. Times are compared as
// texts, which sort as they do.
std::string_view status_in(std::string_view runs, std::string_view now);
// The status, and until when it holds; both empty: the text says nothing.
struct StatusRun {
    std::string_view status;
    std::string_view until;
};
StatusRun run_in(std::string_view runs, std::string_view now);

// The times at which a document changes by the clock, ascending.
std::vector<es::TimePoint> changes_by_clock(const MetricDocument& document);

}  // namespace kpi
