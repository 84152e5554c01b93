#include "kpi/metric_views.hpp"

#include "base/text.hpp"

namespace kpi {
SortKey sort_key(const MetricEntry& entry, SortField field) {
    const MetricDocument& document = entry.document;
    switch (field) {
        case SortField::name:
            return document.name;
        case SortField::deadline:
            return document.deadline;
        case SortField::value:
            return document.current.value;
        case SortField::progress:
            return progress(document);
        case SortField::created_at:
            return document.created_at;
        case SortField::updated_at:
            return document.updated_at;
        case SortField::id:
            break;
    }
    return entry.id;
}

bool matches(const MetricFilter& filter, const MetricDocument& document, es::TimePoint now) {
    return (!filter.expired || *filter.expired == is_expired(document, now)) &&
           (!filter.successful || *filter.successful == is_successful(document)) &&
           (!filter.kind || *filter.kind == document.kind) &&
           (!filter.unit || *filter.unit == document.unit) &&
           base::contains_ignoring_case(document.name, filter.name_contains);
}

}  // namespace kpi
