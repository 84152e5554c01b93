// Checks of the values: those in a whole document, and the paged history.
#include <gtest/gtest.h>

#include <memory>

#include "kpi/testing/view_store_checks.hpp"

namespace kpi::testing {
namespace {

ValuesQuery all_of(const MetricId& id) {
    ValuesQuery query;
    query.id = id;
    return query;
}

std::vector<es::Version> versions_of(const std::vector<MetricValue>& values) {
    std::vector<es::Version> versions;
    for (const auto& value : values) versions.push_back(value.version);
    return versions;
}
using Versions = std::vector<es::Version>;

void document_carries_latest_values_as_recorded(MetricViews& views) {
    // Every third is back-dated: recording order is not the order of dates.
    std::vector<Reported> reported;
    for (int i = 0; i < 250; ++i) {
        reported.push_back({static_cast<double>(i), i % 3 == 0 ? at(-i) : at(i)});
    }
    create_with_values(views, "a", reported);
    const auto found = views.find("a");
    EXPECT_TRUE(found && found->values.size() == document_values_max);
    if (!found || found->values.size() != document_values_max) return;
    for (std::size_t i = 0; i < document_values_max; ++i) {
        const std::size_t place = 150 + i;
        EXPECT_EQ(found->values[i], (MetricValue{reported[place].value, reported[place].date,
                                                 static_cast<es::Version>(place) + 2}));
    }
    EXPECT_EQ(found->document.values_total, 250);
    EXPECT_EQ(views.values({"a", {}, {}, false, {}, 1000})->items.size(), 250U);
}

void rows_of_later_saves_are_added(MetricViews& views) {
    create_with_values(views, "a", {{1, at(10)}, {2, at(20)}});
    MetricDocument next = views.load({"a"}).at("a");
    next.version = 5;
    next.values_total = 4;
    set_current(next, {4, at(30), 5});
    EXPECT_TRUE(
        views.save(saving({change("a", 3, next, {{3, at(-5), 4}, {4, at(30), 5}})})).empty());
    EXPECT_EQ(versions_of(views.find("a")->values), (Versions{2, 3, 4, 5}));
    EXPECT_EQ(versions_of(views.values(all_of("a"))->items), (Versions{4, 2, 3, 5}));
}

void values_belong_to_their_metric(MetricViews& views) {
    create_with_values(views, "a", {{1, at(1)}});
    create_with_values(views, "b", {{2, at(1)}, {3, at(2)}});
    create(views, "none", metric());
    EXPECT_EQ(views.values(all_of("a"))->items, (std::vector<MetricValue>{{1, at(1), 2}}));
    EXPECT_EQ(versions_of(views.values(all_of("b"))->items), (Versions{2, 3}));
    const auto none = views.values(all_of("none"));
    EXPECT_TRUE(none && none->items.empty() && !none->more);
    EXPECT_FALSE(views.values(all_of("unknown")).has_value());
}

void values_are_ordered_by_date_then_version(MetricViews& views) {
    create_with_values(views, "a", {{1, at(5)}, {2, at(-5)}, {3, at(5)}, {4, at(0)}, {5, at(5)}});
    ValuesQuery query = all_of("a");
    EXPECT_EQ(versions_of(views.values(query)->items), (Versions{3, 5, 2, 4, 6}));
    query.descending = true;
    EXPECT_EQ(versions_of(views.values(query)->items), (Versions{6, 4, 2, 5, 3}));
}

void from_and_to_are_inclusive(MetricViews& views) {
    create_with_values(views, "a", {{1, at(1)}, {2, at(2)}, {3, at(3)}, {4, at(4)}});
    ValuesQuery query = all_of("a");
    query.from = at(2);
    EXPECT_EQ(versions_of(views.values(query)->items), (Versions{3, 4, 5}));
    query.to = at(3);
    EXPECT_EQ(versions_of(views.values(query)->items), (Versions{3, 4}));
    query.descending = true;
    EXPECT_EQ(versions_of(views.values(query)->items), (Versions{4, 3}));
    query.from.reset();
    EXPECT_EQ(versions_of(views.values(query)->items), (Versions{4, 3, 2}));
    query.from = at(4);
    EXPECT_TRUE(views.values(query)->items.empty());
    query.from = at(3) + std::chrono::milliseconds(1);
    query.to = at(4) - std::chrono::milliseconds(1);
    EXPECT_TRUE(views.values(query)->items.empty());
}

// Reads all pages of `limit`; expects each but the last to be full and to say that more follows.
Versions read_pages(MetricViews& views, ValuesQuery query, std::size_t limit) {
    Versions read;
    query.limit = limit;
    while (true) {
        const auto page = views.values(query);
        EXPECT_TRUE(page.has_value());
        if (!page) return read;
        EXPECT_TRUE(read.empty() || !page->items.empty()) << "`more` with nothing behind it";
        for (const auto& item : page->items) read.push_back(item.version);
        if (!page->more || page->items.empty()) return read;
        EXPECT_EQ(page->items.size(), limit);
        query.after = {page->items.back().date, page->items.back().version};
        if (read.size() > 1000) return read;  // a store that never ends
    }
}

void values_page_through_equal_dates(MetricViews& views) {
    std::vector<Reported> reported;
    for (int i = 0; i < 20; ++i) reported.push_back({static_cast<double>(i), at(i % 3)});
    create_with_values(views, "a", reported);
    for (const bool descending : {false, true}) {
        ValuesQuery query = all_of("a");
        query.descending = descending;
        const Versions all = versions_of(views.values(query)->items);
        EXPECT_EQ(all.size(), 20U);
        for (const std::size_t limit : {1U, 3U, 7U, 19U, 20U, 21U}) {
            EXPECT_EQ(read_pages(views, query, limit), all) << limit;
        }
        query.from = at(1);
        query.to = at(1);
        EXPECT_EQ(read_pages(views, query, 2).size(), 7U);
    }
}

void values_page_stands_while_values_come(MetricViews& views) {
    create_with_values(views, "a", {{1, at(1)}, {2, at(2)}, {3, at(3)}});
    ValuesQuery query = all_of("a");
    query.limit = 2;
    const auto first = views.values(query);
    EXPECT_TRUE(first && first->more);
    MetricDocument next = views.load({"a"}).at("a");
    next.version = 5;
    next.values_total = 4;
    EXPECT_TRUE(views.save(saving({change("a", 4, next, {{9, at(0), 5}})})).empty());
    query.after = {at(2), 3};
    const auto second = views.values(query);
    EXPECT_TRUE(second && versions_of(second->items) == Versions{4} && !second->more);
}

void visit_is_by_date_and_leaves_out_what_was_taken_back(MetricViews& views) {
    create_with_values(views, "a", {{1, at(3)}, {2, at(2)}, {3, at(2)}});
    Visited all;
    EXPECT_TRUE(views.visit_values("a", all));
    EXPECT_EQ(all.readings, (std::vector<Reading>{{at(2), 2, 3}, {at(2), 3, 4}, {at(3), 1, 2}}));

    MetricDocument next = views.load({"a"}).at("a");
    next.version = 5;
    next.values_total = 2;
    ValueNotes notes;
    notes.retracted = true;
    const MetricValue retracted{2, at(2), 3, std::make_shared<const ValueNotes>(notes)};
    EXPECT_TRUE(views.save(saving({change("a", 4, next, {retracted})})).empty());
    Visited rest;
    EXPECT_TRUE(views.visit_values("a", rest));
    EXPECT_EQ(rest.document, next);
    EXPECT_EQ(rest.readings, (std::vector<Reading>{{at(2), 3, 4}, {at(3), 1, 2}}));

    create(views, "none", metric());
    Visited none;
    EXPECT_TRUE(views.visit_values("none", none));
    EXPECT_TRUE(none.readings.empty());
    EXPECT_FALSE(views.visit_values("unknown", none));
}

}  // namespace

std::vector<ViewStoreCheck> values_checks() {
    return {
        {"DocumentCarriesLatestValuesAsRecorded", document_carries_latest_values_as_recorded},
        {"RowsOfLaterSavesAreAdded", rows_of_later_saves_are_added},
        {"ValuesBelongToTheirMetric", values_belong_to_their_metric},
        {"ValuesAreOrderedByDateThenVersion", values_are_ordered_by_date_then_version},
        {"FromAndToAreInclusive", from_and_to_are_inclusive},
        {"ValuesPageThroughEqualDates", values_page_through_equal_dates},
        {"ValuesPageStandsWhileValuesCome", values_page_stands_while_values_come},
        {"VisitIsByDateAndLeavesOutWhatWasTakenBack",
         visit_is_by_date_and_leaves_out_what_was_taken_back},
    };
}

}  // namespace kpi::testing
