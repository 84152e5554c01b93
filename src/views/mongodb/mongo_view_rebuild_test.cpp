#include "views/mongodb/mongo_view_rebuild.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "views/mongodb/parked_streams.hpp"
#include "views/mongodb/rebuild_fixture.hpp"

namespace views::mongodb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MongoViewRebuilds : public RebuildFixture {};

TEST_F(MongoViewRebuilds, ViewsOfNoEventsAreCompleteAtOnce) {
    EXPECT_THROW(views().find("a"), es::Unavailable);
    EXPECT_TRUE(rebuild().build({}));
    EXPECT_FALSE(views().find("a").has_value());
}

TEST_F(MongoViewRebuilds, EveryViewIsMadeFromItsEvents) {
    create_metrics(50);
    append({value("m7", 2, 1), value("m7", 3, 2)});
    std::uint64_t reached = 0;
    ASSERT_TRUE(rebuild().build({.on_progress = [&](std::uint64_t count) { reached = count; }}));
    EXPECT_EQ(reached, 50U);
    EXPECT_EQ(views().list({}).items.size(), 50U);
    expect_all_are_folds();
}

TEST_F(MongoViewRebuilds, CompleteViewsThatAreSoundStayAsTheyAre) {
    create_metrics(3);
    ASSERT_TRUE(rebuild().build({}));
    const auto before = views().stamp("m1");
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_EQ(views().stamp("m1"), before) << "it was replaced without need";
}

TEST_F(MongoViewRebuilds, ViewsThatLackEventsAreCaughtUp) {
    create("a");
    ASSERT_TRUE(rebuild().build({}));
    append({value("a", 2, 1)});
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_EQ(views().version("a"), 2);
    expect_all_are_folds();
}

// Each way in which a view can be wrong, and what a check says of it.
struct Damage {
    const char* name;
    std::string said;
    std::function<void(Database& database)> done;
};

void set_members(Database& database, const Bson& members) {
    ASSERT_TRUE(database.update_one(metrics_collection, Bson().text("_id", "a"),
                                    Bson().document("$set", members)));
}

void unset(Database& database, const char* member) {
    ASSERT_TRUE(database.update_one(metrics_collection, Bson().text("_id", "a"),
                                    Bson().document("$unset", Bson().integer(member, 1))));
}

void set_row(Database& database, const char* row, const Bson& members) {
    ASSERT_TRUE(database.update_one(values_collection, Bson().text("_id", row),
                                    Bson().document("$set", members)));
}

// `a` has version 3: made, and values 3 and 4.
std::vector<Damage> damages() {
    return {
        {"ANameThatNoEventGave", "a: name is x, its events say n",
         [](Database& db) { set_members(db, Bson().text("name", "x")); }},
        {"AVersionBeyondTheHead", "a: version is 9, its events say 3",
         [](Database& db) { set_members(db, Bson().integer("version", 9)); }},
        {"AnotherType", "a: a stored view's 'target' is missing or of another type",
         [](Database& db) { set_members(db, Bson().text("target", "10")); }},
        {"AVersionThatIsNoNumber", "a: a stored view's 'version' is missing or of another type",
         [](Database& db) { set_members(db, Bson().text("version", "3")); }},
        {"AMissingMember", "a: a stored view's 'unit' is missing or of another type",
         [](Database& db) { unset(db, "unit"); }},
        {"AMissingMemberAndNoEdition", "a: a stored view's 'values' is missing or of another type",
         [](Database& db) {
             unset(db, "values");
             unset(db, "edition");
         }},
        {"AWrongStoredSuccess", "a: isSuccessful is true, its events say false",
         [](Database& db) { set_members(db, Bson().boolean("isSuccessful", true)); }},
        {"AWrongStoredProgress", "a: progress is 0.5, its events say 0.4",
         [](Database& db) { set_members(db, Bson().number("progress", 0.5)); }},
        {"ValuesThatAreNotTheLatest", "a: the document's values are not the latest ones",
         [](Database& db) { set_members(db, Bson().array("values", {})); }},
        {"ADocumentOfTheOriginal", "a: the document is not of today's schema",
         [](Database& db) { unset(db, "schema"); }},
        {"ADocumentThatIsGone", "a: it has events, but no view",
         [](Database& db) { db.remove(metrics_collection, Bson().text("_id", "a")); }},
        {"AValueThatIsGone", "a: a value is missing, version 2",
         [](Database& db) { db.remove(values_collection, Bson().text("_id", "a/2")); }},
        {"AnotherValue", "a: a value is not what its event says, version 2",
         [](Database& db) { set_row(db, "a/2", Bson().number("value", 7)); }},
        {"AValueTooMany", "a: a value is stored that no event reports, version 1",
         [](Database& db) { db.insert_one(values_collection, row_document("a", {1, {}, 1}, 1)); }},
        {"AValueThatIsTakenForRemoved", "a: a value is missing, version 2",
         [](Database& db) { set_row(db, "a/2", Bson().boolean("removed", true)); }},
        {"AMetricWithoutEvents", "nobody: it has a view, but no events",
         [](Database& db) {
             auto document = *db.find_one(metrics_collection, Bson().text("_id", "a"));
             Bson other = Bson().text("_id", "nobody");
             db.insert_one(metrics_collection, other.append(without_id(document)));
         }},
        {"ADocumentOfNoMetric", ": a document whose _id is no text",
         [](Database& db) { db.insert_one(metrics_collection, Bson().integer("_id", 5)); }},
        {"ValuesWithoutEvents", "nobody: it has values, but no events",
         [](Database& db) {
             db.insert_one(values_collection, row_document("nobody", {1, {}, 2}, 2));
         }},
    };
}

class MongoViewDamages : public RebuildFixture, public ::testing::WithParamInterface<Damage> {};

TEST_P(MongoViewDamages, AreReportedAndRepaired) {
    create("a");
    create("b");
    append({value("a", 2, 3), value("a", 3, 4)});
    ASSERT_TRUE(rebuild().build({}));
    ASSERT_THAT(differences(), IsEmpty());
    GetParam().done(database);
    EXPECT_THAT(differences(), ElementsAre(HasSubstr(GetParam().said)));
    EXPECT_THAT(differences(), ElementsAre(HasSubstr(GetParam().said))) << "a check repaired it";
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(views().list({}).items.size(), 2U);
    expect_all_are_folds();
}

INSTANTIATE_TEST_SUITE_P(All, MongoViewDamages, ::testing::ValuesIn(damages()),
                         [](const auto& damage) { return damage.param.name; });

TEST_F(MongoViewRebuilds, SoundViewsHaveNoDifferences) {
    create_metrics(20);
    append({value("m3", 2, 1), value("m3", 3, 5)});
    ASSERT_TRUE(rebuild().build({}));
    const kpi::ViewCheck check = rebuild().check({});
    EXPECT_FALSE(check.stopped);
    EXPECT_EQ(check.metrics, 20U);
    EXPECT_EQ(check.values, 2U);
    EXPECT_EQ(check.differences_total, 0U);
}

TEST_F(MongoViewRebuilds, ValuesSavedBeforeTheirDocumentAreNoDifference) {
    create("a");
    ASSERT_TRUE(rebuild().build({}));
    append({value("a", 2, 1)});
    database.insert_one(values_collection, row_document("a", {1, {}, 2}, 2));
    EXPECT_THAT(differences(), ElementsAre(HasSubstr("it is behind")));
}

TEST_F(MongoViewRebuilds, ValuesChangedBeforeTheirDocumentAreNoDifference) {
    create("a");
    append({value("a", 2, 1), value("a", 3, 2)});
    ASSERT_TRUE(rebuild().build({}));
    set_row(database, "a/2", Bson().number("value", 7).integer("asOf", 4));
    set_row(database, "a/3", Bson().boolean("removed", true).integer("asOf", 4));
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewRebuilds, WhatIsLeftOfARemovedValueIsDeleted) {
    create("a");
    append({value("a", 2, 1)});
    ASSERT_TRUE(rebuild().build({}));
    database.insert_one(values_collection, removed_row("a", 1, 2));
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(views().values({"a", {}, {}, false, {}, 10})->items.size(), 1U);
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_FALSE(database.find_one(values_collection, Bson().text("_id", "a/1")));
    expect_all_are_folds();
}

TEST_F(MongoViewRebuilds, AMetricThatAProjectorIsJustMakingIsNoDifference) {
    ASSERT_TRUE(rebuild().build({}));
    create("late");
    events.when_read("late", [this] { project("late"); });
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewRebuilds, OneMetricIsRebuilt) {
    create("a");
    create("b");
    ASSERT_TRUE(rebuild().build({}));
    for (const char* id : {"a", "b"}) {
        database.update_one(metrics_collection, Bson().text("_id", id),
                            Bson().document("$set", Bson().text("name", "x")));
    }
    EXPECT_TRUE(rebuild().build_one("a"));
    EXPECT_EQ(views().find("a")->document.metric.name, "n");
    EXPECT_EQ(views().find("b")->document.metric.name, "x");
    EXPECT_FALSE(rebuild().build_one("nobody"));
}

TEST_F(MongoViewRebuilds, AStreamThatCantBeReadIsParkedAndHoldsUpNoOther) {
    create_metrics(3);
    events.break_stream("m1", "version 1 is damaged");
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(views().parked(), ElementsAre(es::Parked{"m1", 1, "version 1 is damaged"}));
    EXPECT_EQ(views().list({}).items.size(), 2U);
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(rebuild().check({}).parked, 1U);
}

TEST_F(MongoViewRebuilds, AnEventThatCantBeAppliedParksItsMetricThere) {
    create("a");
    auto unknown = value("a", 2, 1);
    unknown.type = "MetricArchived";
    append({unknown});
    ASSERT_TRUE(rebuild().build({}));
    ASSERT_EQ(views().parked().size(), 1U);
    EXPECT_EQ(views().parked()[0].version, 2);
    EXPECT_EQ(views().version("a"), 1);
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewRebuilds, ARebuiltMetricIsUnparkedAndTheActiveProjectorReloads) {
    create("a");
    events.break_stream("a", "damaged");
    ASSERT_TRUE(rebuild().build({}));
    const auto projector = running_projector();
    events.restore_stream("a");
    EXPECT_TRUE(rebuild().build_one("a"));
    EXPECT_THAT(views().parked(), IsEmpty());
    EXPECT_EQ(views().version("a"), 1);
    EXPECT_TRUE(reloads(*projector));
}

TEST_F(MongoViewRebuilds, RebuiltMetricsAreUnparkedAndTheActiveProjectorReloads) {
    create("a");
    events.break_stream("a", "damaged");
    ASSERT_TRUE(rebuild().build({}));
    const auto projector = running_projector();
    events.restore_stream("a");
    EXPECT_TRUE(rebuild().build({}));
    EXPECT_THAT(views().parked(), IsEmpty());
    EXPECT_TRUE(reloads(*projector));
}

TEST_F(MongoViewRebuilds, TheActiveProjectorReloadsWhenItsViewsBecomeComplete) {
    const auto projector = running_projector();
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_TRUE(reloads(*projector));
}

TEST_F(MongoViewRebuilds, AnEventStoreThatIsAwayEndsItAndNothingIsComplete) {
    create("a");
    events.unavailable = true;
    EXPECT_THROW(rebuild().build({}), es::Unavailable);
    EXPECT_THROW(rebuild().check({}), es::Unavailable);
    EXPECT_THROW(views().list({}), es::Unavailable);
    events.unavailable = false;
    EXPECT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
}

// --- Stopped or killed ---

TEST_F(MongoViewRebuilds, AfterOneThatWasStoppedTheNextLooksAtAllAndWritesTheRest) {
    create_metrics(200);
    stop_half_way();
    EXPECT_THROW(views().list({}), es::Unavailable);
    const auto made = database.find_one(metrics_collection, {});
    ASSERT_TRUE(made);
    events.folded.clear();
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_EQ(events.folded.size(), 200U);
    const Bson same = Bson().same("_id", made->get()).same("edition", made->get());
    EXPECT_TRUE(database.find_one(metrics_collection, same)) << "it was right already";
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_FALSE(database.find_one(state_collection, Bson().text("_id", "rebuild")));
}

TEST_F(MongoViewRebuilds, OneOfAnotherEventStoreThatWasKilledIsNotContinued) {
    create_metrics(20);
    const Bson others = Bson().text("_id", "rebuild").text("run", "theirs").text("source", "other");
    database.insert_one(state_collection, others);
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_FALSE(database.find_one(state_collection, Bson().text("_id", "rebuild")));
}

TEST_F(MongoViewRebuilds, AfterOneThatWasStoppedTheNextRemovesWhatHasNoEvents) {
    create_metrics(200);
    database.insert_one(metrics_collection, Bson().text("_id", "nobody"));
    database.insert_one(values_collection, row_document("no metric", {1, {}, 2}, 2));
    stop_half_way();
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_TRUE(views().find("m199").has_value());
}

TEST_F(MongoViewRebuilds, AStoppedCheckSaysSo) {
    create_metrics(5);
    EXPECT_TRUE(rebuild().check({.stop = [] { return true; }}).stopped);
}

// --- While others run ---

TEST_F(MongoViewRebuilds, ViewsRemovedMeanwhileAreNotDeclaredComplete) {
    create_metrics(20);
    events.when_read("m9", [this] {
        database.remove(metrics_collection, {});
        database.remove(state_collection, {});
    });
    EXPECT_THROW(rebuild().build({}), es::Unavailable);
    EXPECT_THROW(views().list({}), es::Unavailable);
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewRebuilds, OneThatEndsMeanwhileIsEnough) {
    create_metrics(20);
    events.when_read("m9", [this] { EXPECT_TRUE(rebuild().build({})); });
    EXPECT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewRebuilds, WhatAProjectorSavesMeanwhileIsNotTakenForDamage) {
    create("a");
    ASSERT_TRUE(rebuild().build({}));
    // Between what the rebuild has read of the view and what it reads of the stream, and once more
    // between that and what it does about it.
    events.when_read("a", [this] {
        append({value("a", 2, 1)});
        project("a");
        events.when_was_read("a", [this] {
            append({value("a", 3, 2)});
            project("a");
        });
    });
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_EQ(views().version("a"), 3);
    EXPECT_EQ(all_values("a").size(), 2U);
    expect_all_are_folds();
}

TEST_F(MongoViewRebuilds, ADamagedViewIsRepairedThoughAProjectorContinuesIt) {
    create("a");
    ASSERT_TRUE(rebuild().build({}));
    database.update_one(metrics_collection, Bson().text("_id", "a"),
                        Bson().document("$set", Bson().text("name", "x")));
    events.when_was_read("a", [this] {
        append({value("a", 2, 1)});
        project("a");  // on the damaged one
    });
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_EQ(views().version("a"), 2);
    expect_all_are_folds();
}

TEST_F(MongoViewRebuilds, ADamagedDocumentIsRebuiltByTheProjectorThatMeetsIt) {
    create("a");
    append({value("a", 2, 1)});
    ASSERT_TRUE(rebuild().build({}));
    set_members(database, Bson().number("name", 5));
    append({value("a", 3, 2)});
    es::Projection<kpi::MetricView>(events, *running_projector(), {}).apply({value("a", 3, 2)}, {});
    EXPECT_EQ(views().version("a"), 3);
    expect_all_are_folds();
}

TEST_F(MongoViewRebuilds, WhatAProjectorSkipsWhileItsMetricIsRepairedIsCaughtUp) {
    create("a");
    create("b");
    events.break_stream("a", "damaged");
    ASSERT_TRUE(rebuild().build({}));
    const auto projector = running_projector();
    es::Projection<kpi::MetricView> projection(events, *projector, {});
    projection.heal();
    events.restore_stream("a");
    events.when_was_read("a", [&] {
        append({value("a", 2, 1)});
        projection.apply({value("a", 2, 1)}, {});
    });
    EXPECT_TRUE(rebuild().build_one("a"));
    EXPECT_THAT(views().parked(), IsEmpty());
    ASSERT_TRUE(reloads(*projector));
    projection.forget();
    projection.heal();
    EXPECT_EQ(views().version("a"), 2);
    EXPECT_THAT(projector->parked(), IsEmpty());
    expect_all_are_folds();
}

// No request reaches a function, and what it skips doesn't come again.
TEST_F(MongoViewRebuilds, WhatAFunctionSkipsMeanwhileIsFoldedToo) {
    create("a");
    events.break_stream("a", "damaged");
    ASSERT_TRUE(rebuild().build({}));
    events.restore_stream("a");
    MongoMetricViews pushed(
        {.mongo = options, .source = "events", .writer = true, .leased = false});
    es::Projection<kpi::MetricView> projection(events, pushed, {});
    events.when_was_read("a", [&] {
        append({value("a", 2, 1)});
        projection.apply({value("a", 2, 1)}, {});
    });
    EXPECT_TRUE(rebuild().build_one("a"));
    EXPECT_EQ(views().version("a"), 2);
    EXPECT_THAT(pushed.parked(), IsEmpty());
    append({value("a", 3, 2)});
    projection.forget();
    projection.apply({value("a", 3, 2)}, {});
    expect_all_are_folds();
}

TEST_F(MongoViewRebuilds, AViewThatLacksItsLastEventsIsNamedByACheckAndMade) {
    create("a");
    create("b");
    ASSERT_TRUE(rebuild().build({}));
    append({value("a", 2, 1), value("a", 3, 2)});
    EXPECT_THAT(differences(), ElementsAre("a: it is behind: its events continue to version 3"));
    EXPECT_EQ(views().version("a"), 1) << "a check changes nothing";
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewRebuilds, AViewThatCatchesUpDuringACheckIsNotNamed) {
    create("a");
    ASSERT_TRUE(rebuild().build({}));
    append({value("a", 2, 1)});
    const auto projector = running_projector();
    std::atomic<bool> looked_at = false;
    events.when_was_read("a", [&] {
        looked_at = true;
        looked_at.notify_all();
    });
    std::jthread projecting([&] {
        looked_at.wait(false);
        es::Projection<kpi::MetricView>(events, *projector, {}).heal("a");
    });
    EXPECT_THAT(differences(), IsEmpty());
}

// However many: in a busy system some views always lack their latest events.
TEST_F(MongoViewRebuilds, ManyViewsThatCatchUpDuringACheckAreNotNamed) {
    constexpr int count = 1'200;
    create_metrics(count);
    ASSERT_TRUE(rebuild().build({}));
    std::vector<es::RecordedEvent> late;
    for (int i = 0; i < count; ++i) late.push_back(value("m" + std::to_string(i), 2, 1));
    for (const auto& event : late) append({event});
    const auto projector = running_projector();
    // Once each was looked at.
    std::atomic<int> looked_at = 0;
    for (int i = 0; i < count; ++i) {
        events.when_was_read("m" + std::to_string(i), [&] {
            if (++looked_at != count) return;
            es::Projection<kpi::MetricView>(events, *projector, {}).apply(late, {});
        });
    }
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewRebuilds, TheActiveProjectorCatchesAMetricUpAlsoWhenTheRebuildFailsThen) {
    create("a");
    events.break_stream("a", "damaged");
    ASSERT_TRUE(rebuild().build({}));
    const auto projector = running_projector();
    events.restore_stream("a");
    events.when_was_read("a", [&] { events.unavailable = true; });
    EXPECT_THROW(rebuild().build_one("a"), es::Unavailable);
    EXPECT_TRUE(reloads(*projector));
}

TEST_F(MongoViewRebuilds, AMetricThatIsParkedMeanwhileIsLookedAtAgain) {
    create("a");
    create("b");
    events.when_was_read("a", [&] { database.write(parked_collection, {park({"b", 1, "old"})}); });
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(views().parked(), IsEmpty());
    expect_all_are_folds();
}

TEST_F(MongoViewRebuilds, ViewsEqualTheirFoldsAfterRebuildsWhileAProjectorRuns) {
    create_metrics(10);
    const auto projector = running_projector();
    std::atomic<bool> done = false;
    std::jthread projecting([&] {
        es::Projection<kpi::MetricView> projection(events, *projector, {});
        for (es::Version version = 2; version <= 60; ++version) {
            std::vector<es::RecordedEvent> batch;
            for (int i = 0; i < 10; ++i) {
                batch.push_back(value("m" + std::to_string(i), version, double(version)));
            }
            for (const auto& event : batch) append({event});
            projection.apply(batch, {{"stream", std::to_string(version)}});
        }
        done = true;
    });
    int rebuilds = 0;
    do {
        EXPECT_TRUE(rebuild().build({}));
        ++rebuilds;
    } while (!done);
    projecting.join();
    EXPECT_GE(rebuilds, 1);
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_EQ(views().version("m0"), 60);
    expect_all_are_folds();
}

TEST_F(MongoViewRebuilds, ALongStreamIsFoldedPageByPage) {
    constexpr es::Version last = 20'001;
    create("long");
    std::vector<es::RecordedEvent> all;
    for (es::Version version = 2; version <= last; ++version) {
        all.push_back(value("long", version, double(version)));
    }
    append(std::move(all));
    ASSERT_TRUE(rebuild().build({}));
    const auto found = views().find("long");
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->document.version, last);
    EXPECT_EQ(found->document.values_total, last - 1);
    EXPECT_EQ(found->values.size(), kpi::document_values_max);
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_LE(events.page_max, 1'000U);
}

}  // namespace
}  // namespace views::mongodb
