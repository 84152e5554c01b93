// Nothing is answered for views that aren't all there: an emptied database has no metrics, which is
// not the same as there being none. And documents that aren't ours are neither served nor added to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "es/errors.hpp"
#include "kpi/testing/view_store_checks.hpp"
#include "views/mongodb/database.hpp"
#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/mongo_fixture.hpp"
#include "views/mongodb/view_completion.hpp"

namespace views::mongodb {
namespace {

using kpi::testing::change;
using kpi::testing::create;
using kpi::testing::create_with_values;
using kpi::testing::metric;
using kpi::testing::saving;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Identities : public ::testing::Test {
protected:
    std::unique_ptr<kpi::MetricViews> projector(const std::string& source) const {
        return mongo_metric_views({.mongo = options, .source = source, .writer = true});
    }
    std::unique_ptr<kpi::MetricViews> one_who_is_pushed() const {
        return mongo_metric_views(
            {.mongo = options, .source = "events", .writer = true, .leased = false});
    }
    std::unique_ptr<kpi::MetricViews> reader(const std::string& source = {}) const {
        return mongo_metric_views({.mongo = options, .source = source});
    }
    void declare_complete(const std::string& source = "events") {
        declare_views_complete(database, source);
    }

    // As the original system wrote it.
    static Bson original(const std::string& id, double version) {
        return Bson()
            .text("_id", id)
            .number("version", version)
            .text("name", "Of the original")
            .text("description", "d")
            .number("target", 15)
            .text("unit", "users")
            .time("deadline", kpi::testing::at(0))
            .array("values", {Bson().number("value", 3).time("date", kpi::testing::at(0))});
    }

    const MongoOptions options = testing::own_database(testing::shared_mongo());
    Database database{options};
};

void expect_no_answer_about_nothing(kpi::MetricViews& views, const kpi::MetricId& nobody) {
    EXPECT_THROW(views.stamp(nobody), es::Unavailable);
    EXPECT_THROW(views.version(nobody), es::Unavailable);
    EXPECT_THROW(views.find(nobody), es::Unavailable);
    EXPECT_THROW(views.find_all({nobody}), es::Unavailable);
    EXPECT_THROW(views.list({}), es::Unavailable);
    EXPECT_THROW(views.list_ids({}), es::Unavailable);
    EXPECT_THROW(views.values({nobody, {}, {}, false, {}, 100}), es::Unavailable);
}

TEST_F(Identities, AnEmptyDatabaseAnswersNothing) {
    expect_no_answer_about_nothing(*projector("events"), "m");
    const auto views = reader();
    expect_no_answer_about_nothing(*views, "m");
}

TEST_F(Identities, AProjectorWorksOnViewsThatAreNotComplete) {
    const auto views = projector("events");
    EXPECT_THAT(views->load({"m"}), IsEmpty());
    create_with_values(*views, "m", {{1, kpi::testing::at(1)}});
    EXPECT_EQ(views->load({"m"}).at("m").version, 2);
    EXPECT_THAT(views->checkpoints(), IsEmpty());
    EXPECT_TRUE(views->find("m").has_value()) << "what is there can be shown";
    expect_no_answer_about_nothing(*views, "another");
}

TEST_F(Identities, CompleteViewsAreAnsweredFromByAll) {
    const auto views = projector("events");
    declare_complete();
    EXPECT_FALSE(reader()->find("m").has_value());
    EXPECT_FALSE(reader("events")->find("m").has_value());
    EXPECT_THAT(reader()->list({}).items, IsEmpty());
}

TEST_F(Identities, ViewsOfOtherEventsAreNotComplete) {
    declare_complete();
    const auto other = reader("other events");
    expect_no_answer_about_nothing(*other, "m");
}

TEST_F(Identities, AProjectorOfOtherEventsEndsWhatWasComplete) {
    declare_complete();
    const auto other = projector("other events");
    const auto any = reader();
    EXPECT_FALSE(any->find("m").has_value());
    other->upkeep([] { return false; });
    expect_no_answer_about_nothing(*any, "m");
}

TEST_F(Identities, AProjectorOfTheSameEventsLeavesItComplete) {
    declare_complete();
    projector("events")->upkeep([] { return false; });
    EXPECT_FALSE(reader("events")->find("m").has_value());
}

TEST_F(Identities, WhoIsPushedItsEventsLeavesViewsOfOthersAlone) {
    auto theirs = projector("other events");
    theirs->upkeep([] { return false; });
    declare_complete("other events");
    kpi::testing::Save moved;
    moved.checkpoints = {{"stream", "5"}};
    theirs->save(moved);
    theirs.reset();  // as when its process is started again
    const auto pushed = one_who_is_pushed();
    EXPECT_THROW(create(*pushed, "m", metric("pushed")), es::Unavailable);
    EXPECT_EQ(reader("other events")->checkpoints(), moved.checkpoints);
    EXPECT_FALSE(reader("other events")->find("m").has_value());
    declare_complete();
    create(*pushed, "m", metric("pushed"));
    EXPECT_EQ(reader("events")->version("m"), 1);
}

// Else readers would be shown the checkpoints of a projector that no longer runs.
TEST_F(Identities, WhoIsPushedItsEventsForgetsHowFarAProjectorWasThatHasEnded) {
    auto projecting = projector("events");
    projecting->upkeep([] { return false; });
    declare_complete();
    kpi::testing::Save moved;
    moved.checkpoints = {{"stream", "5"}};
    projecting->save(moved);
    create(*one_who_is_pushed(), "a", metric("a"));
    EXPECT_EQ(reader("events")->checkpoints(), moved.checkpoints) << "it is at work";
    projecting.reset();
    create(*one_who_is_pushed(), "b", metric("b"));
    EXPECT_THAT(reader("events")->checkpoints(), IsEmpty());
}

TEST_F(Identities, WhoIsPushedItsEventsNeedsNoLeaseAndMovesNoCheckpoint) {
    const auto projecting = projector("events");
    projecting->upkeep([] { return false; });
    declare_complete();
    kpi::testing::Save moved;
    moved.checkpoints = {{"stream", "5"}};
    projecting->save(moved);
    const auto first = one_who_is_pushed();
    const auto second = one_who_is_pushed();
    create(*first, "a", metric("of the first"));
    create(*second, "b", metric("of the second"));
    create(*projecting, "c", metric("of the projector"));
    kpi::testing::Save parking;
    parking.parked = {{"d", 1, "damaged"}};
    parking.checkpoints = {{"stream", "9"}};
    EXPECT_THAT(second->save(parking), IsEmpty());
    EXPECT_EQ(first->parked(), parking.parked);
    EXPECT_EQ(projecting->checkpoints(), moved.checkpoints);
    EXPECT_EQ(reader("events")->list({}).items.size(), 3U);
}

// They are removed and made again all the time; whoever asks is told that they are there, or that
// the views are not complete.
TEST_F(Identities, WhatIsThereWhenTheyBecomeCompleteIsNeverSaidNotToBe) {
    const auto projecting = projector("events");
    const auto open = reader("events");
    std::atomic<bool> done = false;
    std::atomic<int> denied = 0;
    std::atomic<int> found = 0;
    std::vector<std::jthread> askers;
    for (int i = 0; i < 4; ++i) {
        askers.emplace_back([&] {
            while (!done) {
                try {
                    ++(open->version("m") == 1 ? found : denied);
                } catch (const es::Unavailable&) {
                }
            }
        });
    }
    for (int round = 0; round < 100; ++round) {
        database.remove(state_collection, Bson().text("_id", "views"));
        database.remove(metrics_collection, Bson().text("_id", "m"));
        create(*projecting, "m", metric("m"));
        declare_complete();
    }
    done = true;
    askers.clear();
    EXPECT_EQ(denied, 0);
    EXPECT_GT(found, 0);
}

// However soon one follows the other.
TEST_F(Identities, EachCompletionIsAGenerationOfItsOwn) {
    std::set<std::int64_t> seen;
    constexpr std::size_t count = 50;
    for (std::size_t i = 0; i < count; ++i) {
        declare_views_complete(database, "events");
        seen.insert(views_generation(database, "events").value());
    }
    EXPECT_EQ(seen.size(), count);
    EXPECT_FALSE(views_generation(database, "others").has_value());
}

TEST_F(Identities, ViewsThatAnEarlierReleaseCompletedAreServed) {
    const auto views = projector("events");
    create(*views, "m", metric("m"));
    database.write(state_collection, {{Write::Kind::put, Bson().text("_id", "views"),
                                       Bson()
                                           .text("_id", "views")
                                           .integer("schema", document_schema)
                                           .text("source", "events")
                                           .time("completed", kpi::testing::at(1))}});
    const auto open = reader("events");
    EXPECT_EQ(open->version("m"), 1);
    EXPECT_EQ(open->version("nobody"), 0);
    EXPECT_EQ(open->list({}).items.size(), 1U);
}

TEST_F(Identities, AnEmptiedDatabaseAnswersNothing) {
    const auto views = projector("events");
    declare_complete();
    create_with_values(*views, "m", {{1, kpi::testing::at(1)}});
    const auto open = reader();
    ASSERT_EQ(open->version("m"), 2);
    for (const char* collection :
         {metrics_collection, values_collection, parked_collection, state_collection}) {
        database.remove(collection, {});
    }
    expect_no_answer_about_nothing(*open, "m");
    expect_no_answer_about_nothing(*views, "m");
}

TEST_F(Identities, ValuesThatAreGoneAreNoEmptyPage) {
    const auto views = projector("events");
    create_with_values(*views, "m", {{1, kpi::testing::at(1)}});
    database.remove(values_collection, {});
    EXPECT_THROW(views->values({"m", {}, {}, false, {}, 100}), es::Unavailable);
}

TEST_F(Identities, DocumentsOfTheOriginalAreNotServed) {
    database.insert_one(metrics_collection, original("old", 2));
    const auto views = projector("events");
    expect_no_answer_about_nothing(*views, "old");
    declare_complete();
    EXPECT_FALSE(views->find("old").has_value());
    EXPECT_FALSE(views->stamp("old").has_value());
    EXPECT_THAT(views->find_all({"old"}), IsEmpty());
    EXPECT_THAT(views->list({}).items, IsEmpty());
    EXPECT_THAT(views->load({"old"}), IsEmpty());
}

TEST_F(Identities, ADocumentOfTheOriginalGivesWayToTheFoldOfItsEvents) {
    database.insert_one(metrics_collection, original("old", 7));
    const auto views = projector("events");
    auto folded = metric("Folded");
    folded.version = 3;
    EXPECT_THAT(views->save(saving({change("old", 0, folded)})), IsEmpty());
    EXPECT_EQ(views->find("old")->document, folded);
    EXPECT_THAT(views->find("old")->values, IsEmpty());
}

TEST_F(Identities, ADocumentOfTheOriginalIsNeverAddedTo) {
    database.insert_one(metrics_collection, original("old", 2));
    const auto views = projector("events");
    auto folded = metric("Folded");
    folded.version = 3;
    EXPECT_THAT(views->save(saving({change("old", 2, folded)})), ElementsAre("old"));
    EXPECT_EQ(BsonView(database.find_one(metrics_collection, {})->get()).text("name"),
              "Of the original");
}

// Schema 1 counted a target of 0 or below as reached before any report.
TEST_F(Identities, ViewsOfAnEarlierFormAreNotComplete) {
    const auto views = projector("events");
    declare_complete();
    database.update_one(state_collection, Bson().text("_id", "views"),
                        Bson().document("$set", Bson().integer("schema", document_schema - 1)));
    EXPECT_THROW(views->list({}), es::Unavailable);
    EXPECT_THROW(views->find("m"), es::Unavailable);
}

TEST_F(Identities, DocumentsOfALaterFormAreNotServed) {
    const auto views = projector("events");
    declare_complete();
    create(*views, "m", metric());
    database.update_one(metrics_collection, Bson().text("_id", "m"),
                        Bson().document("$set", Bson().integer("schema", document_schema + 1)));
    EXPECT_FALSE(views->find("m").has_value());
    EXPECT_THAT(views->load({"m"}), IsEmpty());
}

TEST_F(Identities, WhatCantBeReadIsUnavailable) {
    const auto views = projector("events");
    declare_complete();
    create(*views, "m", metric());
    database.update_one(metrics_collection, Bson().text("_id", "m"),
                        Bson().document("$set", Bson().text("target", "fifteen")));
    EXPECT_THROW(views->find("m"), es::Unavailable);
    EXPECT_THROW(views->list({}), es::Unavailable);
    EXPECT_THAT(views->load({"m"}), IsEmpty()) << "its projector rebuilds it";
}

}  // namespace
}  // namespace views::mongodb
