#include "kpi/metric_views.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace kpi {

SortKey sort_key(const MetricEntry& entry, const MetricField* sort) {
    return sort != nullptr ? copy_of(sort->stored(entry.document)) : entry.id;
}

bool matches(const MetricFilter& filter, const MetricDocument& document, es::TimePoint now) {
    const auto holds = [&](const MetricFilter::Condition& condition) {
        return condition.field->get(document, now) == view_of(condition.value);
    };
    const auto is_found = [&](const MetricField* field) {
        const FieldView text = field->stored(document);
        return base::contains_ignoring_case(std::get<std::string_view>(text), filter.search);
    };
    return std::ranges::all_of(filter.conditions, holds) &&
           (filter.search.empty() || std::ranges::any_of(searched_fields, is_found));
}

}  // namespace kpi
