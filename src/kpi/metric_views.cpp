#include "kpi/metric_views.hpp"

#include "base/text.hpp"

namespace kpi {
SortKey sort_key(const MetricEntry& entry, SortField field) {
    const MetricDocument& document = entry.document;
    switch (field) {
        case SortField::name:
            return document.metric.name;
        case SortField::deadline:
            return document.metric.deadline;
        case SortField::value:
            return document.current().value;
        case SortField::progress:
            return progress(document);
        case SortField::created_at:
            return document.metric.created_at;
        case SortField::updated_at:
            return document.metric.last_occurred;
        case SortField::id:
            break;
    }
    return entry.id;
}

bool matches(const MetricFilter& filter, const MetricDocument& document, es::TimePoint now) {
    return (!filter.expired || *filter.expired == is_expired(document, now)) &&
           (!filter.successful || *filter.successful == is_successful(document)) &&
           (!filter.kind || *filter.kind == document.metric.kind) &&
           (!filter.unit || *filter.unit == document.metric.unit) &&
           base::contains_ignoring_case(document.metric.name, filter.name_contains);
}

}  // namespace kpi
