// Checks of rows that change: values that are replaced, and values that are removed.
#include <gtest/gtest.h>

#include <algorithm>

#include "kpi/testing/view_store_checks.hpp"

namespace kpi::testing {
namespace {

std::vector<MetricValue> all_values(MetricViews& views, const MetricId& id) {
    const auto page = views.values({id, {}, {}, false, {}, 1000});
    return page ? page->items : std::vector<MetricValue>();
}

// A metric with so many values, of versions 2, 3, ...; the value is the version.
void create_with_count(MetricViews& views, const MetricId& id, int count) {
    std::vector<Reported> reported;
    for (int i = 0; i < count; ++i) reported.push_back({i + 2.0, at(i + 2)});
    create_with_values(views, id, reported);
}

// The stored document with later events that change rows alone.
Change row_change(MetricViews& views, const MetricId& id, es::Version version,
                  const std::vector<MetricValue>& rows, std::vector<es::Version> removed = {}) {
    const auto loaded = views.load({id});
    Change change;
    change.id = id;
    change.document = loaded.at(id);
    change.loaded = change.document.version;
    change.document.version = version;
    change.document.values_total -= static_cast<std::int64_t>(removed.size());
    change.rows = rows_of(rows);
    change.removed_rows = std::move(removed);
    return change;
}

void changed_rows_take_the_place_of_the_stored(MetricViews& views) {
    create_with_values(views, "a", {{1, at(1)}, {2, at(2)}, {3, at(3)}});
    create_with_values(views, "b", {{1, at(1)}, {2, at(2)}, {3, at(3)}});
    const auto neighbour = views.find("b");
    const MetricValue corrected{7.5, at(30), 3};
    const MetricValue added{4, at(4), 6};
    const Save save = saving({row_change(views, "a", 6, {corrected, added})});
    for (const char* time : {"first", "repeated"}) {
        EXPECT_TRUE(views.save(save).empty()) << time;
        const auto found = views.find("a");
        EXPECT_TRUE(found && found->values == (std::vector<MetricValue>{
                                                  {1, at(1), 2}, corrected, {3, at(3), 4}, added}))
            << time;
        EXPECT_EQ(all_values(views, "a"),
                  (std::vector<MetricValue>{{1, at(1), 2}, {3, at(3), 4}, added, corrected}))
            << "by date, " << time;
    }
    EXPECT_EQ(views.find("b"), neighbour);
}

void removed_rows_are_gone(MetricViews& views) {
    create_with_count(views, "a", 105);
    const Save save = saving({row_change(views, "a", 107, {}, {2, 90, 106, 999})});
    for (const char* time : {"first", "repeated"}) {
        EXPECT_TRUE(views.save(save).empty()) << time;
        const auto found = views.find("a");
        EXPECT_TRUE(found.has_value());
        if (!found) return;
        EXPECT_EQ(found->values.size(), document_values_max) << time;
        EXPECT_EQ(found->values.front().version, 5) << "earlier ones move up, " << time;
        EXPECT_EQ(found->values.back().version, 105) << time;
        std::vector<es::Version> versions;
        for (const auto& row : all_values(views, "a")) versions.push_back(row.version);
        EXPECT_EQ(versions.size(), 102U) << time;
        for (const es::Version removed : {2, 90, 106}) {
            EXPECT_EQ(std::ranges::count(versions, removed), 0) << removed << ", " << time;
        }
    }
    EXPECT_TRUE(views.save(saving({row_change(views, "a", 108, {{1.5, at(1), 2}})})).empty());
    EXPECT_EQ(all_values(views, "a").front(), (MetricValue{1.5, at(1), 2})) << "brought back";
}

void changes_of_a_stale_save_are_not_made(MetricViews& views) {
    create_with_values(views, "a", {{1, at(1)}, {2, at(2)}, {3, at(3)}});
    const auto before = views.find("a");
    const auto values = all_values(views, "a");
    Change stale = row_change(views, "a", 9, {{7, at(7), 3}}, {2});
    stale.loaded = 7;
    EXPECT_EQ(views.save(saving({stale})), std::vector<MetricId>{"a"});
    EXPECT_EQ(views.find("a"), before);
    EXPECT_EQ(all_values(views, "a"), values);
}

// Two projectors have folded on the same version, one of them further.
void late_save_undoes_no_later_change(MetricViews& views) {
    create_with_values(views, "a", {{1, at(1)}, {2, at(2)}, {3, at(3)}});
    const Change late = row_change(views, "a", 6, {{9, at(9), 2}, {8, at(8), 3}, {4, at(4), 5}});
    const Change ahead =
        row_change(views, "a", 8, {{9, at(9), 2}, {7, at(7), 3}, {4.5, at(4), 5}}, {4});
    EXPECT_TRUE(views.save(saving({ahead})).empty());
    const auto found = views.find("a");
    const auto values = all_values(views, "a");
    EXPECT_EQ(values.size(), 3U);
    EXPECT_TRUE(views.save(saving({late})).empty()) << "a repeat is not stale";
    EXPECT_EQ(views.find("a"), found);
    EXPECT_EQ(all_values(views, "a"), values);
    Change late_and_new = row_change(views, "a", 7, {{4, at(4), 5}, {6, at(6), 7}});
    late_and_new.loaded = 4;
    late_and_new.rows_are_new = true;
    EXPECT_TRUE(views.save(saving({late_and_new})).empty()) << "a repeat is not stale";
    EXPECT_EQ(views.find("a"), found);
    EXPECT_EQ(all_values(views, "a").front(), values.front()) << "changed since";
}

// As projections save that correct nothing.
void new_rows_are_added_once(MetricViews& views) {
    create_with_values(views, "a", {{1, at(1)}, {2, at(2)}});
    Change added = row_change(views, "a", 5, {{3, at(3), 4}, {4, at(4), 5}});
    added.rows_are_new = true;
    for (const char* time : {"first", "repeated"}) {
        EXPECT_TRUE(views.save(saving({added})).empty()) << time;
        EXPECT_EQ(
            all_values(views, "a"),
            (std::vector<MetricValue>{{1, at(1), 2}, {2, at(2), 3}, {3, at(3), 4}, {4, at(4), 5}}))
            << time;
    }
}

}  // namespace

std::vector<ViewStoreCheck> row_checks() {
    return {
        {"ChangedRowsTakeThePlaceOfTheStored", changed_rows_take_the_place_of_the_stored},
        {"RemovedRowsAreGone", removed_rows_are_gone},
        {"ChangesOfAStaleSaveAreNotMade", changes_of_a_stale_save_are_not_made},
        {"LateSaveUndoesNoLaterChange", late_save_undoes_no_later_change},
        {"NewRowsAreAddedOnce", new_rows_are_added_once},
    };
}

}  // namespace kpi::testing
