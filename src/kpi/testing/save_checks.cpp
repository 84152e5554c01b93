// Checks of saving: documents, the guard by version, rows, parked streams and checkpoints.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "kpi/testing/view_store_checks.hpp"

namespace kpi::testing {
namespace {

void is_empty_at_first(MetricViews& views) {
    EXPECT_TRUE(views.load({"a"}).empty());
    EXPECT_TRUE(views.load({}).empty());
    EXPECT_TRUE(views.checkpoints().empty());
    EXPECT_TRUE(views.parked().empty());
    EXPECT_EQ(views.version("a"), 0);
    EXPECT_FALSE(views.find("a").has_value());
    EXPECT_TRUE(views.find_all({"a"}).empty());
    EXPECT_TRUE(views.list({}).items.empty());
    EXPECT_FALSE(views.values({"a", {}, {}, false, {}, 100}).has_value());
}

void empty_save_changes_nothing(MetricViews& views) {
    create(views, "a", metric());
    EXPECT_TRUE(views.save({}).empty());
    EXPECT_EQ(views.list({}).items.size(), 1U);
    EXPECT_TRUE(views.checkpoints().empty());
}

void expect_round_trip(MetricViews& views, const MetricId& id, const MetricDocument& document,
                       const std::vector<MetricValue>& rows = {}) {
    EXPECT_TRUE(views.save(saving({change(id, 0, document, rows)})).empty());
    const auto loaded = views.load({id});
    EXPECT_TRUE(loaded.contains(id) && loaded.at(id) == document) << id;
    const auto found = views.find(id);
    EXPECT_TRUE(found && found->id == id && found->document == document) << id;
    EXPECT_TRUE(found && found->values == rows) << id;
}

void documents_come_back_exactly(MetricViews& views) {
    MetricDocument document = metric("Größe 📏 'quoted' \"twice\" \\ %_ 名前");
    document.metric.description =
        "line\n\ttabbed, e\u0301 and \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x94\xAC";
    document.metric.unit = "µg/m³";
    document.metric.kind = MetricKind::gauge;
    document.metric.target = 0.1;
    document.version = 7;
    set_current(document, {-12345.678901234567, moment("2026-06-01T12:00:00.123Z"), 6});
    document.values_total = 1;
    document.metric.last_occurred = moment("2026-06-02T00:00:00.001Z");
    expect_round_trip(views, "ünïcode-📈", document, {document.current()});
}

void numbers_come_back_exactly(MetricViews& views) {
    int n = 0;
    for (const double number : {0.0, 1e-100, -1e-100, 1e100, -1e100, 0.1, 1.0 / 3.0, -2.0,
                                9007199254740993.0, 123456789.12345679}) {
        MetricDocument document = metric();
        document.metric.kind = MetricKind::gauge;
        document.version = 2;
        document.metric.target = -number;
        set_current(document, {number, at(5), 2});
        document.values_total = 1;
        expect_round_trip(views, "n" + std::to_string(n++), document, {document.current()});
    }
}

void times_come_back_exactly(MetricViews& views) {
    int n = 0;
    for (const char* time : {"0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z",
                             "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.001Z"}) {
        MetricDocument document = metric();
        document.version = 2;
        document.metric.deadline = moment(time);
        document.metric.created_at = moment(time);
        document.metric.last_occurred = moment(time);
        set_current(document, {1, moment(time), 2});
        document.values_total = 1;
        expect_round_trip(views, "t" + std::to_string(n++), document, {document.current()});
    }
}

void long_descriptions_come_back(MetricViews& views) {
    MetricDocument document = metric();
    while (document.metric.description.size() < 100'000) document.metric.description += "äbc 'd' ";
    expect_round_trip(views, "long", document);
}

void later_version_replaces_document(MetricViews& views) {
    create(views, "a", metric("Before"));
    MetricDocument after = metric("After");
    after.version = 4;
    EXPECT_TRUE(views.save(saving({change("a", 1, after)})).empty());
    EXPECT_EQ(views.load({"a", "b"}), (std::map<MetricId, MetricDocument>{{"a", after}}));
    EXPECT_EQ(views.version("a"), 4);
    EXPECT_EQ(views.list({}).items, (std::vector<MetricEntry>{{"a", after}}));
}

void repeated_save_changes_nothing(MetricViews& views) {
    create(views, "a", metric());
    MetricDocument after = metric("After");
    after.version = 3;
    set_current(after, {5, at(20), 3});
    after.values_total = 2;
    Save save = saving({change("a", 1, after, {{4, at(10), 2}, {5, at(20), 3}})});
    save.checkpoints = {{"p", "30"}};
    EXPECT_TRUE(views.save(save).empty());
    const auto first = views.find("a");
    EXPECT_TRUE(views.save(save).empty()) << "a repeat is not stale";
    EXPECT_EQ(views.find("a"), first);
    EXPECT_EQ(views.values({"a", {}, {}, false, {}, 100})->items.size(), 2U);
    EXPECT_EQ(views.checkpoints(), save.checkpoints);
}

// Expects that this change is refused and leaves nothing behind; its neighbour is saved.
void expect_stale(MetricViews& views, const Change& stale, const MetricId& neighbour) {
    const auto before = views.find(stale.id);
    const auto checkpoints_before = views.checkpoints();
    Save save = saving({stale, change(neighbour, 0, metric())});
    save.checkpoints = {{"p", "moved"}};
    EXPECT_EQ(views.save(save), (std::vector<MetricId>{stale.id}));
    EXPECT_EQ(views.find(stale.id), before);
    EXPECT_EQ(views.checkpoints(), checkpoints_before) << "saved in spite of a stale change";
    EXPECT_TRUE(views.find(neighbour).has_value()) << "the other change was not stale";
}

void stale_change_is_reported_and_not_saved(MetricViews& views) {
    MetricDocument stored = metric("Stored");
    stored.version = 5;
    Save first = saving({change("a", 0, stored)});
    first.checkpoints = {{"p", "1"}};
    EXPECT_TRUE(views.save(first).empty());

    MetricDocument next = metric("Next");
    next.version = 9;
    next.values_total = 1;
    set_current(next, {1, at(1), 9});
    const std::vector<MetricValue> rows{next.current()};
    expect_stale(views, change("a", 4, next, rows), "older");
    expect_stale(views, change("a", 7, next, rows), "newer");
    views.load({"a"});  // what it finds changes nothing for a change that was folded on nothing
    expect_stale(views, change("a", 0, next, rows), "recreated");
    expect_stale(views, change("absent", 3, next, rows), "another");
    EXPECT_TRUE(views.values({"a", {}, {}, false, {}, 100})->items.empty());
}

Change replacement(MetricDocument document, std::vector<MetricValue> rows) {
    Change replacing = change("a", 0, std::move(document), std::move(rows));
    replacing.replaces = true;
    return replacing;
}

void replacement_takes_the_place_of_all(MetricViews& views) {
    create_with_values(views, "a", {{1, at(1)}, {2, at(2)}, {3, at(3)}});
    create_with_values(views, "b", {{7, at(7)}});
    MetricDocument document = metric("Recreated");
    document.version = 3;  // also where the stored one is ahead
    set_current(document, {9, at(9), 3});
    document.values_total = 1;
    EXPECT_TRUE(views.save(saving({replacement(document, {document.current()})})).empty());
    const auto found = views.find("a");
    EXPECT_TRUE(found && found->document == document);
    EXPECT_TRUE(found && found->values == std::vector{document.current()}) << "old rows are left";
    EXPECT_EQ(views.values({"a", {}, {}, false, {}, 100})->items.size(), 1U);
    EXPECT_EQ(views.find("b")->values.size(), 1U) << "another metric's rows are gone";

    EXPECT_TRUE(views.save(saving({replacement({}, {})})).empty());
    EXPECT_FALSE(views.find("a").has_value()) << "without events there is no view";
    EXPECT_FALSE(views.values({"a", {}, {}, false, {}, 100}).has_value());
    EXPECT_EQ(views.list({}).items.size(), 1U);
    create_with_values(views, "a", {{4, at(4)}});
    EXPECT_EQ(views.find("a")->values.size(), 1U);
}

void stamp_changes_with_the_view(MetricViews& views) {
    EXPECT_FALSE(views.stamp("a").has_value());
    create_with_values(views, "a", {{1, at(1)}});
    const auto first = views.stamp("a");
    EXPECT_TRUE(first && first->version == 2);
    create(views, "b", metric());
    EXPECT_TRUE(views.save({}).empty());
    EXPECT_EQ(views.stamp("a"), first) << "nothing of it has changed";
    MetricDocument later = metric("Later");
    later.version = 3;
    EXPECT_TRUE(views.save(saving({change("a", 2, later)})).empty());
    const auto second = views.stamp("a");
    EXPECT_TRUE(second && second->version == 3);
    later.metric.name = "Mended";
    EXPECT_TRUE(views.save(saving({replacement(later, {})})).empty());
    const auto third = views.stamp("a");
    EXPECT_TRUE(third && third->version == 3 && third != second) << "the same version, recreated";
    EXPECT_TRUE(views.save(saving({replacement({}, {})})).empty());
    EXPECT_FALSE(views.stamp("a").has_value());
    EXPECT_TRUE(views.save(saving({replacement(later, {})})).empty());
    EXPECT_TRUE(views.stamp("a") && views.stamp("a") != third) << "gone and recreated";
}

void unknown_and_known_ids_load_together(MetricViews& views) {
    std::vector<Change> changes;
    std::vector<MetricId> ids;
    for (int i = 0; i < 1500; ++i) {
        ids.push_back("m" + std::to_string(i));
        if (i % 3 == 0) changes.push_back(change(ids.back(), 0, metric(ids.back())));
    }
    EXPECT_TRUE(views.save(saving(changes)).empty());
    const auto loaded = views.load(ids);
    EXPECT_EQ(loaded.size(), 500U);
    EXPECT_TRUE(loaded.contains("m1497") && loaded.at("m1497").metric.name == "m1497");
    EXPECT_FALSE(loaded.contains("m1"));
}

void ids_differ_by_case_and_spaces(MetricViews& views) {
    for (const char* id : {"a", "A", "a ", "a%", "a_", "ä", "'"}) create(views, id, metric(id));
    for (const char* id : {"a", "A", "a ", "a%", "a_", "ä", "'"}) {
        const auto found = views.find(id);
        EXPECT_TRUE(found && found->document.metric.name == id) << id;
        EXPECT_EQ(views.version(id), 1) << id;
    }
    EXPECT_FALSE(views.find("").has_value());
    EXPECT_FALSE(views.find("Ä").has_value());
}

void checkpoints_are_kept_and_replaced(MetricViews& views) {
    Save save;
    save.checkpoints = {{"p1", "10"}, {"p2", "shard:'ü'/0007"}};
    EXPECT_TRUE(views.save(save).empty());
    EXPECT_EQ(views.checkpoints(), save.checkpoints);
    Save moved;
    moved.checkpoints = {{"p1", "11"}};
    EXPECT_TRUE(views.save(moved).empty());
    EXPECT_EQ(views.checkpoints(), (es::Checkpoints{{"p1", "11"}, {"p2", "shard:'ü'/0007"}}));
}

void parked_are_kept_replaced_and_unparked(MetricViews& views) {
    Save save;
    save.parked = {{"b", 3, "unknown event type 'X'"}, {"a", 2, "broken 'payload' ü"}};
    EXPECT_TRUE(views.save(save).empty());
    EXPECT_EQ(views.parked(), (std::vector<es::Parked>{{"a", 2, "broken 'payload' ü"},
                                                       {"b", 3, "unknown event type 'X'"}}));
    EXPECT_EQ(views.parked_entry("b"), (es::Parked{"b", 3, "unknown event type 'X'"}));
    EXPECT_FALSE(views.parked_entry("c").has_value());
    Save replaced;
    replaced.parked = {{"b", 4, "another"}};
    replaced.unparked = {{"a", 2, ""}, {"never parked", 1, ""}};
    EXPECT_TRUE(views.save(replaced).empty());
    EXPECT_EQ(views.parked(), (std::vector<es::Parked>{{"b", 4, "another"}}));
    EXPECT_FALSE(views.parked_entry("a").has_value());
    Save late;
    late.unparked = {{"b", 3, ""}};  // of before it was parked again
    EXPECT_TRUE(views.save(late).empty());
    EXPECT_EQ(views.parked(), (std::vector<es::Parked>{{"b", 4, "another"}}));
    EXPECT_FALSE(views.find("b").has_value()) << "parking makes no document";
}

// A document of version v says v everywhere, and has the values of 2..v; each version changes the
// first of them.
Change consistent_change(es::Version version) {
    MetricDocument document = metric("v" + std::to_string(version));
    document.version = version;
    set_current(document, {static_cast<double>(version), at(version), version});
    document.values_total = version - 1;
    std::vector<MetricValue> rows{{static_cast<double>(version), at(2), 2}};
    if (version > 2) rows.push_back(document.current());
    return change("a", version - 1, document, rows);
}

void expect_consistent(const WholeMetric& metric) {
    const MetricDocument& document = metric.document;
    EXPECT_EQ(document.metric.name, "v" + std::to_string(document.version));
    const auto expected = static_cast<std::size_t>(std::min(document.values_total, INT64_C(100)));
    EXPECT_EQ(metric.values.size(), expected);
    if (metric.values.empty()) return;
    EXPECT_EQ(metric.values.back(), document.current())
        << "document and values are of different moments";
    const MetricValue& first = metric.values.front();
    EXPECT_TRUE(first.version > 2 || first.value == static_cast<double>(document.version))
        << "document and a changed value are of different moments";
}

// None that came later, and none of its own is missing.
void expect_values_of_the_document(MetricViews& views) {
    Visited visited;
    EXPECT_TRUE(views.visit_values("a", visited));
    EXPECT_EQ(static_cast<std::int64_t>(visited.readings.size()), visited.document.values_total);
    if (visited.readings.empty()) return;
    EXPECT_EQ(visited.readings.back().version, visited.document.version);
}

// Reads until the writer is done, and at least once before it begins and once after its end.
void read_while_saving(MetricViews& views, const std::atomic<bool>& done, std::atomic<int>& began) {
    es::Version last = 0;
    bool last_round = false;
    while (!last_round) {
        last_round = done;
        const auto found = views.find("a");
        const auto all = views.find_all({"a"});
        if (last == 0) ++began;
        EXPECT_TRUE(found && all.size() == 1);
        if (!found || all.size() != 1) return;
        expect_consistent(*found);
        expect_consistent(all.front());
        expect_values_of_the_document(views);
        EXPECT_LE(last, found->document.version) << "went back in time";
        EXPECT_LE(found->document.version, all.front().document.version);
        last = all.front().document.version;
    }
}

void readers_see_whole_documents_while_saving(MetricViews& views) {
    create(views, "a", metric("v1"));
    std::atomic<bool> done = false;
    std::atomic<int> began = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] { read_while_saving(views, done, began); });
    }
    while (began < 3) std::this_thread::yield();
    for (es::Version version = 2; version <= 150; ++version) {
        EXPECT_TRUE(views.save(saving({consistent_change(version)})).empty());
    }
    done = true;
    for (auto& reader : readers) reader.join();
    EXPECT_EQ(views.version("a"), 150);
}

}  // namespace

std::vector<ViewStoreCheck> save_checks() {
    return {
        {"IsEmptyAtFirst", is_empty_at_first},
        {"EmptySaveChangesNothing", empty_save_changes_nothing},
        {"DocumentsComeBackExactly", documents_come_back_exactly},
        {"NumbersComeBackExactly", numbers_come_back_exactly},
        {"TimesComeBackExactly", times_come_back_exactly},
        {"LongDescriptionsComeBack", long_descriptions_come_back},
        {"LaterVersionReplacesDocument", later_version_replaces_document},
        {"RepeatedSaveChangesNothing", repeated_save_changes_nothing},
        {"StaleChangeIsReportedAndNotSaved", stale_change_is_reported_and_not_saved},
        {"ReplacementTakesThePlaceOfAll", replacement_takes_the_place_of_all},
        {"StampChangesWithTheView", stamp_changes_with_the_view},
        {"UnknownAndKnownIdsLoadTogether", unknown_and_known_ids_load_together},
        {"IdsDifferByCaseAndSpaces", ids_differ_by_case_and_spaces},
        {"CheckpointsAreKeptAndReplaced", checkpoints_are_kept_and_replaced},
        {"ParkedAreKeptReplacedAndUnparked", parked_are_kept_replaced_and_unparked},
        {"ReadersSeeWholeDocumentsWhileSaving", readers_see_whole_documents_while_saving},
    };
}

}  // namespace kpi::testing
