// The JSON of the read API's answers.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "es/event.hpp"
#include "es/event_order.hpp"
#include "kpi/metric_views.hpp"

namespace read_api {

// A document with its values. `now` decides what is expired.
std::string render_document(const kpi::WholeMetric& metric, es::TimePoint now);

// The value of a document's entity tag, "5-..." without the quotes: it changes whenever the
// rendered document does.
std::string document_etag(const kpi::MetricDocument& document, es::TimePoint now);

// `next`: a cursor; empty at the end.
std::string render_list(const kpi::ListQuery& query, const std::vector<kpi::MetricEntry>& items,
                        const std::string& next);
std::string render_values(const std::vector<kpi::MetricValue>& items, const std::string& next);
std::string render_summary(const kpi::MetricSummary& summary);
// `more`: `next` is then the last change's version.
std::string render_changes(const std::vector<kpi::MetricChange>& items, bool more);
// `more`: `next` is then the last event's version. Throws es::Corrupt when a payload is not JSON.
std::string render_events(const std::vector<es::RecordedEvent>& items, bool more);

// Each with its metric's id and its position; `next` is the position of the last one. A payload
// that is not JSON is null: the others can be read nevertheless.
std::string render_placed_events(const es::PlacedEvents& page);

}  // namespace read_api
