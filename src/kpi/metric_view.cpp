#include "kpi/metric_view.hpp"

#include <algorithm>

#include "es/errors.hpp"

namespace kpi {
namespace {

MetricDocument create_document(const MetricEvent& event, const es::RecordedEvent& recorded) {
    const auto* created = std::get_if<MetricCreated>(&event);
    if (created == nullptr) throw es::Corrupt("a metric's first event does not create it");
    MetricDocument document;
    document.name = created->name;
    document.description = created->description;
    document.target = created->target;
    document.unit = created->unit;
    document.deadline = created->deadline;
    document.kind = created->kind;
    document.created_at = recorded.occurred_on;
    return document;
}

// Applies all but the creation.
struct Apply {
    MetricDocument& document;
    const es::RecordedEvent& recorded;
    std::vector<MetricValue>& rows;

    void operator()(const MetricCreated&) const {
        throw es::Corrupt("a metric is created a second time");
    }
    void operator()(const MetricDetailsUpdated& event) const {
        document.name = event.name;
        document.description = event.description;
        document.unit = event.unit;
    }
    void operator()(const MetricTargetUpdated& event) const { document.target = event.target; }
    void operator()(const MetricDeadlineUpdated& event) const {
        document.deadline = event.deadline;
    }
    void operator()(const MetricValueUpdated& event) const {
        const es::TimePoint on = recorded.occurred_on;
        const MetricValue value{event.value, date_of(event, on), recorded.version};
        rows.push_back(value);
        ++document.values_total;
        std::optional<es::TimePoint> current_date;
        if (document.current.version > 0) current_date = document.current.date;
        if (becomes_current(current_date, document.created_at, event, on)) document.current = value;
    }
};

}  // namespace

bool is_expired(const MetricDocument& metric, es::TimePoint now) {
    return metric.deadline <= now;
}

bool is_successful(const MetricDocument& metric) {
    return metric.current.version > 0 && metric.current.value >= metric.target;
}

double progress(const MetricDocument& metric) {
    if (is_successful(metric)) return 1;
    if (metric.target <= 0) return 0;
    return std::max(0.0, metric.current.value / metric.target);
}

void MetricView::fold(std::optional<MetricDocument>& document, const es::RecordedEvent& event,
                      std::vector<MetricValue>& rows) {
    const MetricEvent decoded = metric_codec().decode(event);
    if (document) {
        std::visit(Apply{*document, event, rows}, decoded);
    } else {
        document = create_document(decoded, event);
    }
    document->version = event.version;
    document->updated_at = event.occurred_on;
}

}  // namespace kpi
