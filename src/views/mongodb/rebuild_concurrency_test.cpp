// Rebuilds while projectors, functions and other rebuilds run.
#include <atomic>
#include <thread>

#include "views/mongodb/parked_streams.hpp"
#include "views/mongodb/rebuild_fixture.hpp"

namespace views::mongodb {
namespace {

using ::testing::IsEmpty;

class MongoRebuildsWhileOthersRun : public RebuildFixture {};

TEST_F(MongoRebuildsWhileOthersRun, TheActiveProjectorReloadsWhenItsViewsBecomeComplete) {
    const auto projector = running_projector();
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_TRUE(reloads(*projector));
}

TEST_F(MongoRebuildsWhileOthersRun, ViewsRemovedMeanwhileAreNotDeclaredComplete) {
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

TEST_F(MongoRebuildsWhileOthersRun, OneThatEndsMeanwhileIsEnough) {
    create_metrics(20);
    events.when_read("m9", [this] { EXPECT_TRUE(rebuild().build({})); });
    EXPECT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoRebuildsWhileOthersRun, WhatAProjectorSavesMeanwhileIsNotTakenForDamage) {
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

TEST_F(MongoRebuildsWhileOthersRun, ADamagedViewIsRepairedThoughAProjectorContinuesIt) {
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

TEST_F(MongoRebuildsWhileOthersRun, ADamagedDocumentIsRebuiltByTheProjectorThatMeetsIt) {
    create("a");
    append({value("a", 2, 1)});
    ASSERT_TRUE(rebuild().build({}));
    set_members(database, Bson().number("name", 5));
    append({value("a", 3, 2)});
    es::Projection<kpi::MetricView>(events, *running_projector(), {}).apply({value("a", 3, 2)}, {});
    EXPECT_EQ(views().version("a"), 3);
    expect_all_are_folds();
}

TEST_F(MongoRebuildsWhileOthersRun, WhatAProjectorSkipsWhileItsMetricIsRepairedIsCaughtUp) {
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
TEST_F(MongoRebuildsWhileOthersRun, WhatAFunctionSkipsMeanwhileIsFoldedToo) {
    create("a");
    events.break_stream("a", "damaged");
    ASSERT_TRUE(rebuild().build({}));
    events.restore_stream("a");
    const auto pushed =
        mongo_metric_views({.mongo = options, .source = "events", .writer = true, .leased = false});
    es::Projection<kpi::MetricView> projection(events, *pushed, {});
    events.when_was_read("a", [&] {
        append({value("a", 2, 1)});
        projection.apply({value("a", 2, 1)}, {});
    });
    EXPECT_TRUE(rebuild().build_one("a"));
    EXPECT_EQ(views().version("a"), 2);
    EXPECT_THAT(pushed->parked(), IsEmpty());
    append({value("a", 3, 2)});
    projection.forget();
    projection.apply({value("a", 3, 2)}, {});
    expect_all_are_folds();
}

TEST_F(MongoRebuildsWhileOthersRun, TheActiveProjectorCatchesAMetricUpAlsoWhenTheRebuildFailsThen) {
    create("a");
    events.break_stream("a", "damaged");
    ASSERT_TRUE(rebuild().build({}));
    const auto projector = running_projector();
    events.restore_stream("a");
    events.when_was_read("a", [&] { events.unavailable = true; });
    EXPECT_THROW(rebuild().build_one("a"), es::Unavailable);
    EXPECT_TRUE(reloads(*projector));
}

TEST_F(MongoRebuildsWhileOthersRun, AMetricThatIsParkedMeanwhileIsLookedAtAgain) {
    create("a");
    create("b");
    events.when_was_read("a", [&] { database.write(parked_collection, {park({"b", 1, "old"})}); });
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(views().parked(), IsEmpty());
    expect_all_are_folds();
}

TEST_F(MongoRebuildsWhileOthersRun, ViewsEqualTheirFoldsAfterRebuildsWhileAProjectorRuns) {
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

}  // namespace
}  // namespace views::mongodb
