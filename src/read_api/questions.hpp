// Turns query parameters into questions to the views. What is wrong with them is collected by the
// reader: ask it for errors() before using a result.
#pragma once

#include <chrono>
#include <optional>

#include "api/query.hpp"
#include "kpi/metric_views.hpp"
#include "read_api/chart.hpp"
#include "read_api/cursor.hpp"

namespace read_api {

// minVersion and wait: the version that an answer must have seen, and how long it may be awaited.
struct Visibility {
    es::Version min_version = 0;
    std::chrono::milliseconds wait{2000};
};
Visibility read_visibility(api::QueryReader& reader);

// asOf: when the answer was right; its clock too. The day that it is now means now.
std::optional<es::TimePoint> read_as_of(api::QueryReader& reader, es::TimePoint now);

// Filters, sort and asOf, of all that match. As of now is no past.
ListQuestion read_whole_list_question(api::QueryReader& reader, es::TimePoint now);

// GET /metrics: the same, a page.
ListQuestion read_list_question(api::QueryReader& reader, es::TimePoint now);

// GET /summary
ListQuestion read_summary_question(api::QueryReader& reader, es::TimePoint now);

// The legacy arrays: isExpired for by_expiration, isSuccessful for by_success, or a cursor.
kpi::ListQuery read_array_question(api::QueryReader& reader, ListKind kind, es::TimePoint now);

// from, to and retracted, of all that match.
kpi::ValuesQuery read_all_values_question(api::QueryReader& reader, const kpi::MetricId& id);

// GET /metrics/{id}/values: the same, a page; minVersion and wait stand beside a cursor.
struct ValuesQuestion {
    kpi::ValuesQuery query;
    Visibility visibility;
};
ValuesQuestion read_values_question(api::QueryReader& reader, const kpi::MetricId& id);

// GET /metrics/{id}/changes
struct ChangesQuestion {
    kpi::ChangesQuery query;
    Visibility visibility;
};
ChangesQuestion read_changes_question(api::QueryReader& reader, const kpi::MetricId& id);

// GET /metrics/{id}/chart
struct ChartQuestion {
    ChartSpan span;
    Visibility visibility;
};
ChartQuestion read_chart_question(api::QueryReader& reader);

}  // namespace read_api
