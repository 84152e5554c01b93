// What a check reports, and what it waits for instead.
#include <atomic>
#include <thread>

#include "views/mongodb/rebuild_fixture.hpp"

namespace views::mongodb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MongoViewChecks : public RebuildFixture {};

TEST_F(MongoViewChecks, SoundViewsHaveNoDifferences) {
    create_metrics(20);
    append({value("m3", 2, 1), value("m3", 3, 5)});
    ASSERT_TRUE(rebuild().build({}));
    const kpi::ViewCheck check = rebuild().check({});
    EXPECT_FALSE(check.stopped);
    EXPECT_EQ(check.metrics, 20U);
    EXPECT_EQ(check.values, 2U);
    EXPECT_EQ(check.differences_total, 0U);
}

TEST_F(MongoViewChecks, ValuesSavedBeforeTheirDocumentAreNoDifference) {
    create("a");
    ASSERT_TRUE(rebuild().build({}));
    append({value("a", 2, 1)});
    database.insert_one(values_collection, row_document("a", kpi::MetricValue{1, {}, 2}, 2));
    EXPECT_THAT(differences(), ElementsAre(HasSubstr("it is behind")));
}

TEST_F(MongoViewChecks, ValuesChangedBeforeTheirDocumentAreNoDifference) {
    create("a");
    append({value("a", 2, 1), value("a", 3, 2)});
    ASSERT_TRUE(rebuild().build({}));
    set_row(database, "a/2", Bson().number("value", 7).integer("asOf", 4));
    set_row(database, "a/3", Bson().boolean("removed", true).integer("asOf", 4));
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewChecks, AMetricThatAProjectorIsJustMakingIsNoDifference) {
    ASSERT_TRUE(rebuild().build({}));
    create("late");
    events.when_read("late", [this] { project("late"); });
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewChecks, AStoppedCheckSaysSo) {
    create_metrics(5);
    EXPECT_TRUE(rebuild().check({.stop = [] { return true; }}).stopped);
}

TEST_F(MongoViewChecks, AViewThatLacksItsLastEventsIsNamedByACheckAndMade) {
    create("a");
    create("b");
    ASSERT_TRUE(rebuild().build({}));
    append({value("a", 2, 1), value("a", 3, 2)});
    EXPECT_THAT(differences(), ElementsAre("a: it is behind: its events continue to version 3"));
    EXPECT_EQ(views().version("a"), 1) << "a check changes nothing";
    ASSERT_TRUE(rebuild().build({}));
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(MongoViewChecks, AViewThatCatchesUpDuringACheckIsNotNamed) {
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
TEST_F(MongoViewChecks, ManyViewsThatCatchUpDuringACheckAreNotNamed) {
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

}  // namespace
}  // namespace views::mongodb
