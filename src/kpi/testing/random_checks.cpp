// A randomised check: many saves and questions, each answer compared with that of a naive model.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "kpi/testing/view_store_checks.hpp"

namespace kpi::testing {
namespace {

struct Modelled {
    MetricDocument document;
    std::map<es::Version, MetricValue> rows;
};
using Model = std::map<MetricId, Modelled>;

class Chance {
public:
    // 0 .. bound-1
    int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
    bool once_in(int n) { return below(n) == 0; }

private:
    std::mt19937 random_{20260601};  // always the same, so that a failure can be looked into
};

// A change of some random events on a metric of the model; not saved yet.
Modelled next_state(const Model& model, const MetricId& id, Chance& chance,
                    std::set<es::Version>& changed) {
    const auto found = model.find(id);
    Modelled next;
    if (found != model.end()) next = found->second;
    MetricDocument& document = next.document;
    if (document.version == 0) document = metric();
    for (int events = 1 + chance.below(3); events > 0; --events) {
        const es::Version version = ++document.version;
        document.metric.last_occurred = at(version);
        if (chance.once_in(4)) document.metric.name = "Name " + std::to_string(chance.below(5));
        if (chance.once_in(4)) document.metric.target = chance.below(6) - 1;
        if (chance.once_in(4)) document.metric.deadline = at(chance.below(10));
        if (chance.once_in(4)) document.metric.unit = chance.once_in(2) ? "people" : "Euro";
        const auto earlier = next.rows.lower_bound(chance.below(10));
        if (chance.once_in(3) && earlier != next.rows.end()) {
            changed.insert(earlier->first);
            if (chance.once_in(2)) {
                earlier->second.value = chance.below(9) * 0.5;
                earlier->second.date = at(chance.below(40));
            } else {
                next.rows.erase(earlier);
                --document.values_total;
            }
            continue;
        }
        if (chance.once_in(3)) continue;
        const MetricValue row{chance.below(9) * 0.3, at(chance.below(40)), version};
        if (becomes_current(document.metric, row.date, {})) {
            set_current(document, row);
        }
        ++document.values_total;
        next.rows[version] = row;
        changed.insert(version);
    }
    return next;
}

Change change_to(const Modelled& next, const MetricId& id, es::Version loaded,
                 const std::set<es::Version>& changed) {
    Change result = change(id, loaded, next.document);
    for (const es::Version version : changed) {
        const auto row = next.rows.find(version);
        if (row != next.rows.end()) {
            result.rows.push_back(row->second);
        } else {
            result.removed_rows.push_back(version);
        }
    }
    return result;
}

std::vector<MetricValue> values_of(const Modelled& metric) {
    std::vector<MetricValue> values;
    for (const auto& [version, row] : metric.rows) values.push_back(row);
    return values;
}

void save_at_random(MetricViews& views, Model& model, Chance& chance) {
    Save save;
    std::vector<MetricId> expected_stale;
    Model after = model;
    std::map<MetricId, bool> taken;
    for (int n = chance.below(4); n > 0; --n) {
        const MetricId id = "m" + std::to_string(chance.below(12));
        if (std::exchange(taken[id], true)) continue;
        std::set<es::Version> changed;
        const auto found = model.find(id);
        es::Version loaded = found != model.end() ? found->second.document.version : 0;
        Modelled next = next_state(model, id, chance, changed);
        if (chance.once_in(6)) {
            loaded += 100;  // as if loaded from somewhere else
            next.document.version += 200;
            expected_stale.push_back(id);
        } else {
            after[id] = next;
        }
        save.changes.push_back(change_to(next, id, loaded, changed));
    }
    auto stale = views.save(save);
    std::sort(stale.begin(), stale.end());
    std::sort(expected_stale.begin(), expected_stale.end());
    EXPECT_EQ(stale, expected_stale);
    model = std::move(after);
}

void compare_one(MetricViews& views, const Model& model, const MetricId& id) {
    const auto expected = model.find(id);
    const auto found = views.find(id);
    EXPECT_EQ(found.has_value(), expected != model.end());
    EXPECT_EQ(views.version(id), expected != model.end() ? expected->second.document.version : 0);
    if (!found || expected == model.end()) return;
    const auto rows = values_of(expected->second);
    const auto first = rows.size() - std::min(rows.size(), document_values_max);
    EXPECT_EQ(found->document, expected->second.document);
    EXPECT_EQ(found->values, std::vector<MetricValue>(
                                 rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end()));
}

ListQuery random_query(Chance& chance) {
    ListQuery query;
    MetricFilter& filter = query.filter;
    if (chance.once_in(3)) filter.where(field("isExpired"), chance.once_in(2));
    if (chance.once_in(3)) filter.where(field("isSuccessful"), chance.once_in(2));
    if (chance.once_in(3)) filter.where(field("unit"), chance.once_in(2) ? "people" : "Euro");
    if (chance.once_in(3)) filter.search = std::to_string(chance.below(5));
    const auto sort =
        static_cast<std::size_t>(chance.below(1 + static_cast<int>(sortable_fields.size())));
    query.sort = sort < sortable_fields.size() ? sortable_fields.at(sort) : nullptr;
    query.descending = chance.once_in(2);
    query.now = at(chance.below(10));
    query.limit = 1 + static_cast<std::size_t>(chance.below(6));
    return query;
}

bool stands_before(const ListQuery& query, const MetricEntry& a, const MetricEntry& b) {
    const SortKey key_a = sort_key(a, query.sort);
    const SortKey key_b = sort_key(b, query.sort);
    if (key_a != key_b) return query.descending ? key_b < key_a : key_a < key_b;
    return a.id < b.id;
}

void compare_list(MetricViews& views, const Model& model, ListQuery query) {
    std::vector<MetricEntry> expected;
    for (const auto& [id, metric] : model) {
        if (matches(query.filter, metric.document, query.now)) {
            expected.push_back({id, metric.document});
        }
    }
    std::sort(expected.begin(), expected.end(),
              [&](const auto& a, const auto& b) { return stands_before(query, a, b); });
    std::vector<MetricEntry> read;
    while (read.size() <= model.size()) {
        const ListPage page = views.list(query);
        read.insert(read.end(), page.items.begin(), page.items.end());
        if (!page.more || page.items.empty()) break;
        query.after = ListPosition{sort_key(read.back(), query.sort), read.back().id};
    }
    EXPECT_EQ(read, expected);
}

void compare_values(MetricViews& views, const Model& model, Chance& chance) {
    ValuesQuery query;
    query.id = "m" + std::to_string(chance.below(12));
    query.descending = chance.once_in(2);
    if (chance.once_in(2)) query.from = at(chance.below(40));
    if (chance.once_in(2)) query.to = at(chance.below(40));
    query.limit = 1 + static_cast<std::size_t>(chance.below(10));
    const auto metric = model.find(query.id);
    std::vector<MetricValue> expected;
    if (metric != model.end()) expected = values_of(metric->second);
    std::erase_if(expected, [&](const MetricValue& row) {
        return (query.from && row.date < *query.from) || (query.to && row.date > *query.to);
    });
    std::sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
        return std::pair(a.date, a.version) < std::pair(b.date, b.version);
    });
    if (query.descending) std::reverse(expected.begin(), expected.end());
    std::vector<MetricValue> read;
    while (read.size() <= expected.size()) {
        const auto page = views.values(query);
        EXPECT_EQ(page.has_value(), metric != model.end());
        if (!page) return;
        read.insert(read.end(), page->items.begin(), page->items.end());
        if (!page->more || page->items.empty()) break;
        query.after = {read.back().date, read.back().version};
    }
    EXPECT_EQ(read, expected);
}

void compare_visit(MetricViews& views, const Model& model, const MetricId& id) {
    const auto metric = model.find(id);
    Visited visited;
    EXPECT_EQ(views.visit_values(id, visited), metric != model.end());
    if (metric == model.end()) return;
    std::vector<Reading> expected;
    for (const auto& row : values_of(metric->second)) {
        expected.push_back({row.date, row.value, row.version});
    }
    std::ranges::sort(expected, {},
                      [](const Reading& each) { return std::pair(each.date, each.version); });
    EXPECT_EQ(visited.document, metric->second.document);
    EXPECT_EQ(visited.readings, expected);
}

void does_what_a_naive_model_does(MetricViews& views) {
    Chance chance;
    Model model;
    for (int round = 0; round < 300; ++round) {
        save_at_random(views, model, chance);
        compare_one(views, model, "m" + std::to_string(chance.below(12)));
        compare_list(views, model, random_query(chance));
        compare_values(views, model, chance);
        compare_visit(views, model, "m" + std::to_string(chance.below(12)));
        if (::testing::Test::HasFailure()) return;  // the first is enough
    }
}

}  // namespace

std::vector<ViewStoreCheck> random_checks() {
    return {{"DoesWhatANaiveModelDoes", does_what_a_naive_model_does}};
}

}  // namespace kpi::testing
