#include "kpi/metric_view.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace kpi {
namespace {

// What an event reports, and whether it becomes the current value.
void report(MetricDocument& document, const MetricValueUpdated& event,
            const es::RecordedEvent& recorded, es::Rows<MetricValue>& rows) {
    const Metric& metric = document.metric;
    const es::TimePoint on = recorded.occurred_on;
    rows.put({event.value, date_of(event, on), recorded.version});
    ++document.values_total;
    if (becomes_current(metric.value_date, metric.created_at, event, on)) {
        document.value_version = recorded.version;
    }
}

}  // namespace

bool is_expired(const MetricDocument& document, es::TimePoint now) {
    return document.metric.deadline <= now;
}

bool is_successful(const MetricDocument& document) {
    return document.value_version > 0 && document.metric.value >= document.metric.target;
}

double progress(const MetricDocument& document) {
    if (is_successful(document)) return 1;
    if (document.metric.target <= 0) return 0;
    return std::max(0.0, document.metric.value / document.metric.target);
}

void MetricView::fold(std::optional<MetricDocument>& document, const es::RecordedEvent& event,
                      es::Rows<MetricValue>& rows) {
    const MetricEvent happened = metric_codec().decode(event);
    if (document) {
        const auto* reported = std::get_if<MetricValueUpdated>(&happened);
        if (reported != nullptr) report(*document, *reported, event, rows);
        es::apply(document->metric, happened, {event.version, event.occurred_on});
    } else {
        auto created = es::create<Metric>(happened, event.occurred_on);
        document.emplace().metric = std::move(created);
    }
    document->version = event.version;
}

}  // namespace kpi
