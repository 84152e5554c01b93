// Checks of the changes of a metric, the second kind of rows.
#include <gtest/gtest.h>

#include "kpi/testing/view_store_checks.hpp"

namespace kpi::testing {
namespace {

using Changes = std::vector<MetricChange>;

MetricChange made(es::Version version) {
    return {version, R"({"version":)" + std::to_string(version) + "}"};
}

Changes changes_of(MetricViews& views, const MetricId& id,
                   std::optional<es::Version> before = std::nullopt) {
    const auto page = views.changes({id, before, 1000});
    return page ? page->items : Changes();
}

std::vector<MetricValue> values_of(MetricViews& views, const MetricId& id) {
    ValuesQuery all;
    all.id = id;
    const auto page = views.values(all);
    return page ? page->items : std::vector<MetricValue>();
}

// The next events of the stored document leave these rows.
void save_rows(MetricViews& views, const MetricId& id, std::vector<MetricRow> rows) {
    const auto loaded = views.load({id});
    Change change = testing::change(id, 0, metric());
    if (loaded.contains(id)) {
        change.document = loaded.at(id);
        change.loaded = change.document.version;
    }
    change.document.version = rows.back().version;
    for (const MetricRow& row : rows) {
        if (row.change() != nullptr) ++change.document.changes_total;
        if (row.value() == nullptr || row.version <= change.loaded) continue;
        ++change.document.values_total;
        set_current(change.document, *row.value());
    }
    change.rows = std::move(rows);
    EXPECT_TRUE(views.save(saving({std::move(change)})).empty());
}

void changes_come_back_exactly(MetricViews& views) {
    const MetricChange odd{1, "{\"reason\":\"typed \\\"61\\\", said 'ü' 📏\\n\\\\ $in\"}"};
    const MetricChange large{2, "{\"to\":\"" + std::string(60'000, 'x') + "\"}"};
    save_rows(views, "a", {odd, large});
    EXPECT_EQ(changes_of(views, "a"), (Changes{large, odd}));
}

void changes_come_in_pages_newest_first(MetricViews& views) {
    save_rows(views, "a", {made(1), made(2), made(3)});
    save_rows(views, "a", {made(4), made(5)});
    const auto first = views.changes({"a", {}, 2});
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->items, (Changes{made(5), made(4)}));
    EXPECT_TRUE(first->more);
    EXPECT_EQ(changes_of(views, "a", 4), (Changes{made(3), made(2), made(1)}));
    EXPECT_FALSE(views.changes({"a", 4, 3})->more);
    EXPECT_TRUE(changes_of(views, "a", 1).empty());
}

void changes_are_of_one_metric(MetricViews& views) {
    save_rows(views, "a", {made(1)});
    save_rows(views, "b", {made(1), made(2)});
    EXPECT_EQ(changes_of(views, "a"), (Changes{made(1)}));
    EXPECT_FALSE(views.changes({"c", {}, 10}).has_value());
    create(views, "d", metric());
    EXPECT_TRUE(views.changes({"d", {}, 10}).has_value());
    EXPECT_TRUE(changes_of(views, "d").empty());
}

void changes_are_no_values(MetricViews& views) {
    save_rows(views, "a", {made(1), MetricValue{5, at(2), 2}, made(3)});
    EXPECT_EQ(changes_of(views, "a"), (Changes{made(3), made(1)}));
    const auto found = views.find("a");
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->values, (std::vector<MetricValue>{{5, at(2), 2}}));
    EXPECT_EQ(values_of(views, "a"), found->values);
    Visited visited;
    EXPECT_TRUE(views.visit_values("a", visited));
    EXPECT_EQ(visited.readings, (std::vector<Reading>{{at(2), 5, 2}}));
}

// A correction leaves a change, and alters an earlier value.
void a_change_may_come_with_an_earlier_value(MetricViews& views) {
    save_rows(views, "a", {made(1), MetricValue{5, at(2), 2}, MetricValue{6, at(3), 3}});
    save_rows(views, "a", {MetricValue{7, at(2), 2}, made(4)});
    EXPECT_EQ(changes_of(views, "a"), (Changes{made(4), made(1)}));
    EXPECT_EQ(values_of(views, "a"), (std::vector<MetricValue>{{7, at(2), 2}, {6, at(3), 3}}));
}

void a_replacement_brings_its_changes(MetricViews& views) {
    save_rows(views, "a", {made(1), made(2), MetricValue{5, at(2), 3}, made(4)});
    Change again = change("a", 0, views.load({"a"}).at("a"));
    const MetricChange other{2, R"({"other":true})"};
    again.rows = {MetricValue{1, at(1), 1}, other, made(3), made(5)};
    again.replaces = true;
    again.document.version = 5;
    EXPECT_TRUE(views.save(saving({again})).empty());
    EXPECT_EQ(changes_of(views, "a"), (Changes{made(5), made(3), other}));
    EXPECT_EQ(values_of(views, "a"), (std::vector<MetricValue>{{1, at(1), 1}}));
}

void changes_of_a_stale_save_are_left_out(MetricViews& views) {
    save_rows(views, "a", {made(1), made(2)});
    Change late = change("a", 7, views.load({"a"}).at("a"));
    late.document.version = 8;
    late.rows = {made(8)};
    EXPECT_EQ(views.save(saving({late})), (std::vector<MetricId>{"a"}));
    EXPECT_EQ(changes_of(views, "a"), (Changes{made(2), made(1)}));
}

std::vector<MetricValue> recent_of(MetricViews& views, std::size_t count) {
    ListQuery query;
    query.recent = count;
    const auto page = views.list(query);
    return page.items.empty() ? std::vector<MetricValue>() : page.items.front().recent;
}

void a_list_shows_the_latest_values_by_date(MetricViews& views) {
    create_with_values(views, "a", {{1, at(9)}, {2, at(3)}, {3, at(5)}});
    EXPECT_TRUE(recent_of(views, 0).empty());
    EXPECT_EQ(recent_of(views, 2), (std::vector<MetricValue>{{3, at(5), 4}, {1, at(9), 2}}));
    EXPECT_EQ(recent_of(views, 24).size(), 3U);
}

// Beyond those that a document carries.
void the_latest_by_date_may_be_reported_long_ago(MetricViews& views) {
    std::vector<Reported> reported{{1, at(5000)}};
    for (int i = 0; i < 120; ++i) reported.push_back({2, at(i)});
    create_with_values(views, "a", reported);
    EXPECT_EQ(recent_of(views, 1), (std::vector<MetricValue>{{1, at(5000), 2}}));
}

}  // namespace

std::vector<ViewStoreCheck> change_checks() {
    return {
        {"ChangesComeBackExactly", changes_come_back_exactly},
        {"ChangesComeInPagesNewestFirst", changes_come_in_pages_newest_first},
        {"ChangesAreOfOneMetric", changes_are_of_one_metric},
        {"ChangesAreNoValues", changes_are_no_values},
        {"AChangeMayComeWithAnEarlierValue", a_change_may_come_with_an_earlier_value},
        {"AReplacementBringsItsChanges", a_replacement_brings_its_changes},
        {"ChangesOfAStaleSaveAreLeftOut", changes_of_a_stale_save_are_left_out},
        {"AListShowsTheLatestValuesByDate", a_list_shows_the_latest_values_by_date},
        {"TheLatestByDateMayBeReportedLongAgo", the_latest_by_date_may_be_reported_long_ago},
    };
}

}  // namespace kpi::testing
