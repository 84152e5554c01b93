#include "kpi/metric_views.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace kpi {
namespace {

// It is this value, or a list that has it.
bool has(const FieldView& is, const FieldValue& value) {
    const auto* list = std::get_if<Json>(&is);
    if (list == nullptr) return is == view_of(value);
    return has_item(list->text, std::get<std::string>(value));
}

}  // namespace

SortKey sort_key(const MetricEntry& entry, const MetricField* sort) {
    return sort != nullptr ? copy_of(sort->stored(entry.document)) : entry.id;
}

bool matches(const MetricFilter& filter, const MetricDocument& document, es::TimePoint now) {
    const auto holds = [&](const MetricFilter::Condition& condition) {
        const FieldView is = condition.field->get(document, now);
        const auto fits = [&](const FieldValue& value) { return has(is, value); };
        return condition.field->type == FieldType::json
                   ? std::ranges::all_of(condition.values, fits)
                   : std::ranges::any_of(condition.values, fits);
    };
    const auto is_found = [&](const MetricField* field) {
        const FieldView text = field->stored(document);
        return base::contains_ignoring_case(std::get<std::string_view>(text), filter.search);
    };
    return std::ranges::all_of(filter.conditions, holds) &&
           (filter.search.empty() || std::ranges::any_of(searched_fields, is_found));
}

}  // namespace kpi
