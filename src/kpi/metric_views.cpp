#include "kpi/metric_views.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace kpi {
namespace {

bool contains_ignoring_case(const std::string& text, const std::string& part) {
    const auto found = std::ranges::search(
        text, part, [](char a, char b) { return base::lower(a) == base::lower(b); });
    return found.begin() != text.end();
}

}  // namespace

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
           contains_ignoring_case(document.name, filter.name_contains);
}

}  // namespace kpi
