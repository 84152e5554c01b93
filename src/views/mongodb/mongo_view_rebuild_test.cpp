#include "views/mongodb/mongo_view_rebuild.hpp"

#include "views/mongodb/rebuild_fixture.hpp"

namespace views::mongodb {
namespace {

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
    database.insert_one(values_collection,
                        row_document("no metric", kpi::MetricValue{1, {}, 2}, 2));
    stop_half_way();
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
    EXPECT_TRUE(views().find("m199").has_value());
}

}  // namespace
}  // namespace views::mongodb
