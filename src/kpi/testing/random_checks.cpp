// A randomised check: many saves and questions, each answer compared with that of a naive model.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <utility>

#include "kpi/testing/view_store_checks.hpp"

namespace kpi::testing {
namespace {

struct Modelled {
    MetricDocument document;
    std::map<es::Version, MetricValue> rows;
    std::map<es::Version, MetricChange> changes;
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

constexpr std::array some_tags{"a", "b", "b.c", "team-x"};

std::optional<UpdatePeriod> random_period(Chance& chance) {
    if (chance.once_in(2)) return std::nullopt;
    return static_cast<UpdatePeriod>(chance.below(5));
}

void set_random_settings(Metric& metric, Chance& chance) {
    metric.update_every = random_period(chance);
    metric.late_days = chance.below(3);
    metric.decimals =
        chance.once_in(2) ? std::optional<std::int64_t>(chance.below(3)) : std::nullopt;
    metric.owner.reset();
    if (chance.once_in(2)) metric.owner = chance.once_in(2) ? "sales" : "ü \"x\"";
    metric.tags.clear();
    for (const char* tag : some_tags) {
        if (chance.once_in(2)) metric.tags.emplace_back(tag);
    }
    metric.links.clear();
    if (chance.once_in(3)) metric.links.push_back({"ü \"x\"", "https://example.org/?q='"});
}

// Hours, so that the statuses change between those of other metrics.
void set_random_goal(Metric& metric, Chance& chance) {
    using std::chrono::hours;
    metric.kind = static_cast<MetricKind>(chance.below(2));
    metric.direction = static_cast<Direction>(chance.below(2));
    const bool may_be_kept = metric.kind == MetricKind::gauge;
    metric.mode = may_be_kept && chance.once_in(2) ? GoalMode::keep : GoalMode::reach;
    metric.start.reset();
    if (chance.once_in(2)) metric.start = at(0) + hours(chance.below(20) - 10);
    metric.deadline = at(0) + hours(20 + chance.below(200));
    metric.baseline.reset();
    if (chance.once_in(2)) metric.baseline = chance.below(5) * 0.4;
    metric.tolerance.reset();
    if (chance.once_in(2)) metric.tolerance = chance.below(4) * 0.1;
    metric.opening_value.reset();
    metric.opening_date.reset();
    if (chance.once_in(2)) {
        metric.opening_value = chance.below(4) * 0.7;
        metric.opening_date = at(chance.below(9) - 5);
    }
    metric.checkpoints.clear();
    const double first = metric.baseline.value_or(0);
    for (int steps = chance.below(3), i = 1; i <= steps; ++i) {
        const double share = i / 3.0;
        metric.checkpoints.push_back(
            {at(0) + hours(10 + i), first + (metric.target - first) * share});
    }
}

// A later event corrects the row, takes it back, or brings it back.
void amend(MetricValue& row, MetricDocument& document, Chance& chance) {
    ValueNotes notes = row.notes != nullptr ? *row.notes : ValueNotes{};
    if (!notes.amended) notes.amended = ValueNotes::Amendment{0, row.value, row.date, ""};
    notes.amended->version = document.version;
    notes.amended->reason = "typed \"" + std::to_string(chance.below(9)) + "\"";
    const bool before = std::exchange(notes.retracted, chance.once_in(2));
    document.values_total += static_cast<int>(before) - static_cast<int>(notes.retracted);
    if (!notes.retracted) {
        row.value = chance.below(9) * 0.5;
        row.date = at(chance.below(40));
    }
    row.notes = std::make_shared<ValueNotes>(std::move(notes));
}

MetricValue random_row(es::Version version, Chance& chance) {
    MetricValue row{chance.below(9) * 0.3, at(chance.below(40)), version};
    if (!chance.once_in(3)) return row;
    ValueNotes notes{.comment = "ü " + std::to_string(chance.below(9))};
    if (chance.once_in(2)) notes.recorded_at = at(chance.below(40));
    row.notes = std::make_shared<ValueNotes>(std::move(notes));
    return row;
}

// Changes a row that was reported earlier, as an event does. Without such a row, nothing happens.
void change_earlier_row(Modelled& next, Chance& chance, std::set<es::Version>& changed) {
    const int back = static_cast<int>(std::min<es::Version>(next.document.version, 150));
    const auto row = next.rows.lower_bound(next.document.version - chance.below(back + 1));
    if (row == next.rows.end()) return;
    changed.insert(row->first);
    if (!chance.once_in(6)) return amend(row->second, next.document, chance);
    if (!row->second.retracted()) --next.document.values_total;
    next.rows.erase(row);
}

// A change of some random events on a metric of the model; not saved yet.
Modelled next_state(const Model& model, const MetricId& id, Chance& chance,
                    std::set<es::Version>& changed) {
    const auto found = model.find(id);
    Modelled next;
    if (found != model.end()) next = found->second;
    MetricDocument& document = next.document;
    if (document.version == 0) document = metric();
    // Few at once bring more than a document carries, as some servers take long for many rows.
    for (int events = 1 + chance.below(chance.once_in(60) ? 130 : 3); events > 0; --events) {
        const es::Version version = ++document.version;
        document.metric.last_occurred = at(version);
        if (chance.once_in(4)) document.metric.name = "Name " + std::to_string(chance.below(5));
        if (chance.once_in(4)) document.metric.target = chance.below(6) - 1;
        if (chance.once_in(4)) document.metric.unit = chance.once_in(2) ? "people" : "Euro";
        if (chance.once_in(4)) set_random_goal(document.metric, chance);
        if (chance.once_in(4)) set_random_settings(document.metric, chance);
        if (chance.once_in(5)) document.metric.archived = chance.once_in(2);
        if (const bool amends = chance.once_in(3); amends || chance.once_in(4)) {
            if (amends) change_earlier_row(next, chance, changed);
            ++document.changes_total;
            next.changes[version] = {version, R"({"to":{"name":"ü \"\\ )" + document.metric.name};
            continue;
        }
        const MetricValue row = random_row(version, chance);
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
    for (const auto& [version, change] : next.changes) {
        if (version > loaded) result.rows.emplace_back(change);
    }
    for (const es::Version version : changed) {
        const auto row = next.rows.find(version);
        if (row != next.rows.end()) {
            result.rows.emplace_back(row->second);
        } else {
            result.removed_rows.push_back(version);
        }
    }
    std::ranges::sort(result.rows, {}, &MetricRow::version);
    return result;
}

std::vector<MetricValue> values_of(const Modelled& metric, bool retracted) {
    std::vector<MetricValue> values;
    for (const auto& [version, row] : metric.rows) {
        if (retracted || !row.retracted()) values.push_back(row);
    }
    return values;
}

// By date, then version.
std::vector<MetricValue> latest_of(const Modelled& metric, std::size_t count) {
    auto values = values_of(metric, false);
    std::ranges::sort(values, {},
                      [](const MetricValue& row) { return std::pair(row.date, row.version); });
    const auto surplus = values.size() - std::min(count, values.size());
    values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(surplus));
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
    const auto rows = values_of(expected->second, false);
    const auto first = rows.size() - std::min(rows.size(), document_values_max);
    EXPECT_EQ(found->document, expected->second.document);
    EXPECT_EQ(found->values, std::vector<MetricValue>(
                                 rows.begin() + static_cast<std::ptrdiff_t>(first), rows.end()));
}

FieldValue random_word(const MetricField& field, Chance& chance) {
    const int count = static_cast<int>(field.words.size());
    return std::string(field.words[static_cast<std::size_t>(chance.below(count))]);
}

std::vector<FieldValue> random_values(const MetricField& asked, Chance& chance) {
    if (asked.type == FieldType::flag) return {chance.once_in(2)};
    if (&asked == &field("unit")) return {chance.once_in(2) ? "people" : "Euro"};
    if (&asked == &field("owner")) return {chance.once_in(2) ? "sales" : "ü \"x\""};
    std::vector<FieldValue> values;
    do {
        values.push_back(asked.words.empty()
                             ? FieldValue(some_tags.at(static_cast<std::size_t>(chance.below(4))))
                             : random_word(asked, chance));
    } while (asked.many && chance.once_in(2));
    return values;
}

// Often the moment at which a metric changes, or the one before it.
TimePoint random_clock(const Model& model, Chance& chance) {
    const auto found = model.find("m" + std::to_string(chance.below(12)));
    if (found == model.end() || chance.once_in(4)) {
        return at(0) + std::chrono::hours(chance.below(250));
    }
    const auto times = changes_by_clock(found->second.document);
    const TimePoint time =
        times[static_cast<std::size_t>(chance.below(static_cast<int>(times.size())))];
    if (time == TimePoint::min()) return at(0);
    return time - std::chrono::milliseconds(chance.below(2));
}

ListQuery random_query(const Model& model, Chance& chance, bool by_status) {
    ListQuery query;
    MetricFilter& filter = query.filter;
    for (const MetricField* asked : filter_fields) {
        const bool is_status = asked == &field("status");
        if (is_status ? by_status && chance.once_in(2) : chance.once_in(12)) {
            filter.conditions.push_back({asked, random_values(*asked, chance)});
        }
    }
    if (chance.once_in(6)) filter.search = std::to_string(chance.below(5));
    const auto sort =
        static_cast<std::size_t>(chance.below(1 + static_cast<int>(sortable_fields.size())));
    query.sort = sort < sortable_fields.size() ? sortable_fields.at(sort) : nullptr;
    query.descending = chance.once_in(2);
    query.now = random_clock(model, chance);
    query.limit = 1 + static_cast<std::size_t>(chance.below(6));
    query.recent = static_cast<std::size_t>(chance.below(4));
    return query;
}

// In words of the document's members alone.
bool is_asked_for(const MetricFilter::Condition& condition, const MetricDocument& document,
                  TimePoint now) {
    const auto& [asked, values] = condition;
    const Metric& metric = document.metric;
    if (asked == &field("tags")) {
        return std::ranges::all_of(values, [&](const FieldValue& tag) {
            return std::ranges::count(metric.tags, std::get<std::string>(tag)) > 0;
        });
    }
    const auto since = [&](std::optional<TimePoint> time) {
        return time && *time <= now && now < metric.deadline;
    };
    FieldValue is;
    if (asked == &field("isExpired")) is = metric.deadline <= now;
    if (asked == &field("isSuccessful")) is = is_successful(document);
    if (asked == &field("stale")) is = since(stale_since(document));
    if (asked == &field("isDue")) is = since(due_since(document));
    if (asked == &field("isArchived")) is = metric.archived;
    if (asked == &field("status")) is = statuses.write(status(document, now));
    if (asked == &field("kind")) is = metric_kinds.write(metric.kind);
    if (asked == &field("direction")) is = directions.write(metric.direction);
    if (asked == &field("mode")) is = goal_modes.write(metric.mode);
    if (asked == &field("unit")) is = metric.unit;
    if (asked == &field("owner")) is = metric.owner.value_or("");
    return std::ranges::count(values, is) > 0;
}

bool is_found(const ListQuery& query, const MetricDocument& document) {
    const auto holds = [&](const MetricFilter::Condition& condition) {
        return is_asked_for(condition, document, query.now);
    };
    return std::ranges::all_of(query.filter.conditions, holds) &&
           document.metric.name.find(query.filter.search) != std::string::npos;
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
        if (!is_found(query, metric.document)) continue;
        expected.push_back({id, metric.document, latest_of(metric, query.recent)});
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

void compare_summary(MetricViews& views, const Model& model, const ListQuery& query) {
    MetricSummary expected(query.now);
    for (const auto& [id, metric] : model) {
        if (is_found(query, metric.document)) expected.add(metric.document);
    }
    EXPECT_EQ(views.summary(query.filter, query.now), expected);
}

void compare_values(MetricViews& views, const Model& model, Chance& chance) {
    ValuesQuery query;
    query.id = "m" + std::to_string(chance.below(12));
    query.descending = chance.once_in(2);
    if (chance.once_in(2)) query.from = at(chance.below(40));
    if (chance.once_in(2)) query.to = at(chance.below(40));
    query.limit = 1 + static_cast<std::size_t>(chance.below(10));
    query.retracted = chance.once_in(2);
    const auto metric = model.find(query.id);
    std::vector<MetricValue> expected;
    if (metric != model.end()) expected = values_of(metric->second, query.retracted);
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

void compare_changes(MetricViews& views, const Model& model, Chance& chance) {
    ChangesQuery query{"m" + std::to_string(chance.below(12)), {}, 1};
    query.limit += static_cast<std::size_t>(chance.below(10));
    const auto metric = model.find(query.id);
    std::vector<MetricChange> expected;
    if (metric != model.end()) {
        for (const auto& [version, change] : metric->second.changes) expected.push_back(change);
    }
    std::ranges::reverse(expected);
    std::vector<MetricChange> read;
    while (read.size() <= expected.size()) {
        const auto page = views.changes(query);
        EXPECT_EQ(page.has_value(), metric != model.end());
        if (!page) return;
        read.insert(read.end(), page->items.begin(), page->items.end());
        if (!page->more || page->items.empty()) break;
        query.before = read.back().version;
    }
    EXPECT_EQ(read, expected);
}

void compare_visit(MetricViews& views, const Model& model, const MetricId& id) {
    const auto metric = model.find(id);
    Visited visited;
    EXPECT_EQ(views.visit_values(id, visited), metric != model.end());
    if (metric == model.end()) return;
    std::vector<Reading> expected;
    for (const auto& row : values_of(metric->second, false)) {
        expected.push_back({row.date, row.value, row.version});
    }
    std::ranges::sort(expected, {},
                      [](const Reading& each) { return std::pair(each.date, each.version); });
    EXPECT_EQ(visited.document, metric->second.document);
    EXPECT_EQ(visited.readings, expected);
}

void compare_with_the_model(MetricViews& views, bool by_status) {
    Chance chance;
    Model model;
    for (int round = 0; round < 300; ++round) {
        save_at_random(views, model, chance);
        compare_one(views, model, "m" + std::to_string(chance.below(12)));
        compare_list(views, model, random_query(model, chance, by_status));
        compare_summary(views, model, random_query(model, chance, by_status));
        compare_values(views, model, chance);
        compare_changes(views, model, chance);
        compare_visit(views, model, "m" + std::to_string(chance.below(12)));
        if (::testing::Test::HasFailure()) return;  // the first is enough
    }
}

void does_what_a_naive_model_does(MetricViews& views) {
    compare_with_the_model(views, false);
}
void filters_by_status_as_a_naive_model_does(MetricViews& views) {
    compare_with_the_model(views, true);
}

}  // namespace

std::vector<ViewStoreCheck> random_checks() {
    return {{"DoesWhatANaiveModelDoes", does_what_a_naive_model_does},
            {"FiltersByStatusAsANaiveModelDoes", filters_by_status_as_a_naive_model_does}};
}

}  // namespace kpi::testing
