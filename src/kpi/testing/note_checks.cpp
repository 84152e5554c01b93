// Checks of the notes of values: comments, corrections, and values that were taken back.
#include <gtest/gtest.h>

#include "kpi/testing/view_store_checks.hpp"

namespace kpi::testing {
namespace {

using Versions = std::vector<es::Version>;

Versions versions_of(const std::vector<MetricValue>& values) {
    Versions versions;
    for (const auto& value : values) versions.push_back(value.version);
    return versions;
}

MetricValue noted(MetricValue value, ValueNotes notes) {
    value.notes = std::make_shared<ValueNotes>(std::move(notes));
    return value;
}

// As an event of the version `by` leaves it.
MetricValue taken_back(MetricValue value, es::Version by) {
    ValueNotes notes;
    notes.amended = ValueNotes::Amendment{by, value.value, value.date, "not mine"};
    notes.retracted = true;
    return noted(value, std::move(notes));
}
MetricValue brought_back(MetricValue value, es::Version by) {
    ValueNotes notes = *value.notes;
    notes.amended->version = by;
    notes.retracted = false;
    return noted(std::move(value), std::move(notes));
}

std::vector<MetricValue> all_of(MetricViews& views, const MetricId& id, bool retracted) {
    ValuesQuery query;
    query.id = id;
    query.retracted = retracted;
    query.limit = 1000;
    const auto page = views.values(query);
    return page ? page->items : std::vector<MetricValue>();
}

// The next event of the stored document changes these rows. `more`: of values that count.
void save_rows(MetricViews& views, const MetricId& id, const std::vector<MetricValue>& rows,
               int more) {
    const auto loaded = views.load({id});
    Change change;
    change.id = id;
    change.document = loaded.at(id);
    change.loaded = change.document.version++;
    change.document.values_total += more;
    change.rows = rows_of(rows);
    EXPECT_TRUE(views.save(saving({std::move(change)})).empty());
}

// Values of versions 2, 3, ...; a value and its date say the version.
MetricValue numbered(es::Version version) {
    return {static_cast<double>(version), at(version), version};
}
void create_numbered(MetricViews& views, const MetricId& id, int count) {
    std::vector<Reported> reported;
    for (int i = 2; i < count + 2; ++i) reported.push_back({static_cast<double>(i), at(i)});
    create_with_values(views, id, reported);
}

void notes_come_back_exactly(MetricViews& views) {
    const ValueNotes::Amendment amended{9, -0.1, moment("0001-01-01T00:00:00.001Z"),
                                        "typed \"61\", said 'ü' 📏\n\\"};
    const std::vector<MetricValue> rows{
        noted({1, at(1), 2}, {.comment = "two by ferry, \"quoted\" 'ü' \xF0\x9F\x93\x88\n\t\\"}),
        noted({2, at(2), 3}, {.comment = "", .recorded_at = moment("2026-06-01T12:00:00.123Z")}),
        noted({3, at(3), 4}, {.comment = "", .amended = amended}),
        noted({4, at(4), 5},
              {.comment = "c", .recorded_at = at(5), .amended = amended, .retracted = false}),
        {5, at(5), 6}};
    MetricDocument document = metric();
    document.version = 9;
    document.values_total = 5;
    set_current(document, rows.back());
    EXPECT_TRUE(views.save(saving({change("a", 0, document, rows)})).empty());
    EXPECT_EQ(all_of(views, "a", false), rows);
    const auto found = views.find("a");
    EXPECT_TRUE(found && found->values == rows);
    const auto all = views.find_all({"a"});
    EXPECT_TRUE(all.size() == 1 && all.front().values == rows);
}

void retracted_values_are_shown_to_who_asks(MetricViews& views) {
    create_numbered(views, "a", 4);
    const MetricValue gone = taken_back(numbered(3), 6);
    save_rows(views, "a", {gone}, -1);
    EXPECT_EQ(all_of(views, "a", false),
              (std::vector<MetricValue>{numbered(2), numbered(4), numbered(5)}));
    EXPECT_EQ(all_of(views, "a", true),
              (std::vector<MetricValue>{numbered(2), gone, numbered(4), numbered(5)}));
    EXPECT_EQ(versions_of(views.find("a")->values), (Versions{2, 4, 5}));

    const MetricValue again = brought_back(gone, 7);
    save_rows(views, "a", {again}, 1);
    for (const bool retracted : {false, true}) {
        EXPECT_EQ(all_of(views, "a", retracted),
                  (std::vector<MetricValue>{numbered(2), again, numbered(4), numbered(5)}));
    }
    EXPECT_EQ(views.find("a")->values[1], again);
}

void retracted_values_take_no_place_of_a_page(MetricViews& views) {
    create_numbered(views, "a", 8);
    save_rows(views, "a", {taken_back(numbered(3), 10), taken_back(numbered(4), 10)}, -2);
    for (const bool descending : {false, true}) {
        ValuesQuery query;
        query.id = "a";
        query.limit = 2;
        query.descending = descending;
        const auto first = views.values(query);
        EXPECT_TRUE(first && first->more);
        EXPECT_EQ(versions_of(first->items), descending ? (Versions{9, 8}) : (Versions{2, 5}));
        // After a value that was taken back meanwhile.
        query.after = {at(4), 4};
        const auto second = views.values(query);
        EXPECT_EQ(versions_of(second->items), descending ? (Versions{2}) : (Versions{5, 6}));
        EXPECT_EQ(second->more, !descending);
        query.retracted = true;
        const auto with = views.values(query);
        EXPECT_EQ(versions_of(with->items), descending ? (Versions{3, 2}) : (Versions{5, 6}));
    }
    save_rows(views, "a", {taken_back(numbered(2), 11)}, -1);
    ValuesQuery last;
    last.id = "a";
    last.limit = 5;
    EXPECT_FALSE(views.values(last)->more) << "only values that count follow";
}

void a_document_carries_the_latest_that_count(MetricViews& views) {
    create_numbered(views, "a", 110);  // 2 to 111; the document has 12 to 111
    const MetricValue latest = taken_back(numbered(111), 112);
    const MetricValue middle = taken_back(numbered(50), 112);
    save_rows(views, "a", {middle, latest}, -2);
    const auto values = views.find("a")->values;
    EXPECT_EQ(values.size(), document_values_max) << "older ones come back";
    if (values.empty()) return;
    EXPECT_EQ(values.front(), numbered(10));
    EXPECT_EQ(values.back(), numbered(110));

    save_rows(views, "a", {brought_back(middle, 113)}, 1);
    EXPECT_EQ(views.find("a")->values.front(), numbered(11));
    save_rows(views, "a", {brought_back(latest, 114)}, 1);
    EXPECT_EQ(views.find("a")->values.front(), numbered(12));
    EXPECT_EQ(views.find("a")->values.back(), brought_back(latest, 114));
}

void an_old_value_that_is_brought_back_is_not_among_the_latest(MetricViews& views) {
    create_numbered(views, "a", 103);  // 2 to 104
    const MetricValue old = taken_back(numbered(3), 105);
    save_rows(views, "a", {old}, -1);
    const auto before = views.find("a")->values;
    save_rows(views, "a", {brought_back(old, 106)}, 1);
    EXPECT_EQ(views.find("a")->values, before);
    EXPECT_EQ(before.size(), document_values_max);
    EXPECT_EQ(all_of(views, "a", false).size(), 103U);
}

void all_of_a_metrics_values_may_be_retracted(MetricViews& views) {
    create_numbered(views, "a", 2);
    save_rows(views, "a", {taken_back(numbered(2), 4), taken_back(numbered(3), 4)}, -2);
    EXPECT_TRUE(views.find("a")->values.empty());
    EXPECT_TRUE(all_of(views, "a", false).empty());
    EXPECT_EQ(versions_of(all_of(views, "a", true)), (Versions{2, 3}));
    save_rows(views, "a", {numbered(5)}, 1);
    EXPECT_EQ(versions_of(views.find("a")->values), (Versions{5}));
}

void a_replacement_brings_its_notes(MetricViews& views) {
    create_numbered(views, "a", 3);
    Change again = change("a", 0, views.load({"a"}).at("a"),
                          {numbered(2), taken_back(numbered(3), 5), numbered(4)});
    again.replaces = true;
    again.document.version = 5;
    again.document.values_total = 2;
    EXPECT_TRUE(views.save(saving({again})).empty());
    EXPECT_EQ(versions_of(views.find("a")->values), (Versions{2, 4}));
    EXPECT_EQ(all_of(views, "a", true), values_among(again.rows));
}

}  // namespace

std::vector<ViewStoreCheck> note_checks() {
    return {
        {"NotesComeBackExactly", notes_come_back_exactly},
        {"RetractedValuesAreShownToWhoAsks", retracted_values_are_shown_to_who_asks},
        {"RetractedValuesTakeNoPlaceOfAPage", retracted_values_take_no_place_of_a_page},
        {"ADocumentCarriesTheLatestThatCount", a_document_carries_the_latest_that_count},
        {"AnOldValueThatIsBroughtBackIsNotAmongTheLatest",
         an_old_value_that_is_brought_back_is_not_among_the_latest},
        {"AllOfAMetricsValuesMayBeRetracted", all_of_a_metrics_values_may_be_retracted},
        {"AReplacementBringsItsNotes", a_replacement_brings_its_notes},
    };
}

}  // namespace kpi::testing
