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

MetricSummary MetricViews::summary(const MetricFilter& filter, es::TimePoint now) {
    MetricSummary summary(now);
    ListQuery query;
    query.filter = filter;
    query.now = now;
    query.limit = 1000;
    while (true) {
        const ListPage page = list(query);
        for (const auto& item : page.items) summary.add(item.document);
        if (!page.more || page.items.empty()) return summary;
        query.after = {page.items.back().id, page.items.back().id};
    }
}

bool MetricViews::visit_values(const MetricId& id, ValuesVisitor& visitor) {
    constexpr std::size_t page_values = 10'000;
    const auto metric = find(id);
    if (!metric) return false;
    visitor.begin(metric->document);
    ValuesQuery query;
    query.id = id;
    query.limit = page_values;
    while (true) {
        const auto page = values(query);
        if (!page) return false;
        for (const MetricValue& value : page->items) {
            if (value.version > metric->document.version) continue;
            visitor.next({value.date, value.value, value.version});
        }
        if (!page->more || page->items.empty()) return true;
        query.after = {page->items.back().date, page->items.back().version};
    }
}

std::optional<ListPosition> end_of(const ListPage& page, const ListQuery& query) {
    if (!page.more || page.items.empty()) return std::nullopt;
    const MetricEntry& last = page.items.back();
    return ListPosition{sort_key(last, query.sort), last.id};
}

SortKey sort_key(const MetricEntry& entry, const MetricField* sort) {
    return sort_key(entry.document, entry.id, sort);
}

SortKey sort_key(const MetricDocument& document, const MetricId& id, const MetricField* sort) {
    return sort != nullptr ? copy_of(sort->stored(document)) : id;
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
