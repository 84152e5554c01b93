#include "views/sqlite/sqlite_view_rebuild.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"
#include "es/projection.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/connection.hpp"
#include "kpi/testing/events.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"

namespace views {
namespace {

using kpi::testing::created;
using kpi::testing::recorded;
using kpi::testing::value_reported;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SqliteViewRebuilds : public ::testing::Test {
protected:
    SqliteViewRebuilds() {
        for (const char* id : {"a", "b", "c"}) {
            append({created(id), value_reported(id, 2, 3), value_reported(id, 3, 4)});
        }
        project();
    }

    void append(std::vector<es::RecordedEvent> events) {
        const auto stream = events.front().stream;
        const es::Version expected = events.front().version - 1;
        const auto outcome = es::append_one(store_, {stream, expected, std::move(events)});
        ASSERT_EQ(outcome.status, es::AppendStatus::stored) << outcome.reason;
    }

    // A projector's life: takes over what a rebuild left, and applies all events.
    void project() {
        SqliteMetricViews views(folder_.path(), {.writer = true});
        views.upkeep([] { return false; });
        es::SqliteEventFeed feed(folder_.path());
        es::Projection<kpi::MetricView> projection(store_, views, {});
        es::catch_up(feed, projection, views.checkpoints(), {});
    }

    // Changes the views behind the program's back.
    void damage(const char* sql) {
        es::sqlite::Connection(folder_.path() / "views-1.db", es::sqlite::Access::write)
            .execute(sql);
    }

    // "id: what" of each difference.
    std::vector<std::string> differences() {
        SqliteViewRebuild rebuild(folder_.path(), "test");
        const kpi::ViewCheck check = rebuild.check({});
        std::vector<std::string> texts;
        for (const auto& [id, what] : check.differences) texts.push_back(id + ": " + what);
        EXPECT_EQ(check.differences_total, texts.size());
        return texts;
    }

    base::testing::TempFolder folder_;
    es::SqliteEventStore store_{folder_.path(), {.witnesses = event_witnesses()}};
};

TEST_F(SqliteViewRebuilds, SoundViewsHaveNoDifferences) {
    SqliteViewRebuild rebuild(folder_.path(), "test");
    const kpi::ViewCheck check = rebuild.check({});
    EXPECT_EQ(check.metrics, 3U);
    EXPECT_EQ(check.values, 6U);
    EXPECT_EQ(check.differences_total, 0U);
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "views.checking"));
}

TEST_F(SqliteViewRebuilds, ViewsThatAreBehindAreNamedWhereNobodyProjects) {
    append({value_reported("b", 4, 5), value_reported("b", 5, 6)});
    append({created("new")});
    append({recorded("unreadable", 1, "MetricSealed", "{}")});
    EXPECT_THAT(differences(), ElementsAre("b: it is behind: its events continue to version 5",
                                           "new: it has events, but no view",
                                           "unreadable: it has events, but no view"));
    project();
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(SqliteViewRebuilds, ViewsThatAreFarBehindAreNamedOnceEach) {
    // More than twice what the reader of events takes at a time, so that a whole batch is unwanted.
    for (es::Version version = 4; version < 44; ++version) {
        auto large = recorded("a", version, "MetricDetailsUpdated", "");
        large.payload =
            R"({"name":"n","unit":"u","description":")" + std::string(2'000'000, 'd') + R"("})";
        append({large});
    }
    EXPECT_THAT(differences(), ElementsAre("a: it is behind: its events continue to version 43"));
}

TEST_F(SqliteViewRebuilds, AViewThatIsMissingAndHasNewEventsIsNamedOnce) {
    damage("DELETE FROM metrics WHERE id = 'b'");
    append({value_reported("b", 4, 5)});
    EXPECT_THAT(differences(), ElementsAre("b: it has events, but no view"));
}

TEST_F(SqliteViewRebuilds, ViewsThatCatchUpDuringACheckAreNotNamed) {
    append({value_reported("b", 4, 5)});
    append({created("new")});
    SqliteMetricViews views(folder_.path(), {.writer = true});
    std::thread projector([&] {
        while (!std::filesystem::exists(folder_.path() / "views.checking")) {
            std::this_thread::yield();
        }
        es::SqliteEventFeed feed(folder_.path());
        es::Projection<kpi::MetricView> projection(store_, views, {});
        es::catch_up(feed, projection, views.checkpoints(), {});
    });
    EXPECT_THAT(differences(), IsEmpty());
    projector.join();
}

TEST_F(SqliteViewRebuilds, AProjectorThatStandsStillIsWaitedForInVain) {
    append({value_reported("b", 4, 5)});
    const SqliteMetricViews views(folder_.path(), {.writer = true});
    EXPECT_THAT(differences(), ElementsAre("b: it is behind: its events continue to version 4"));
}

TEST_F(SqliteViewRebuilds, CanBeTakenBackUntilTheyAreTakenOver) {
    SqliteViewRebuild rebuild(folder_.path(), "test");
    ASSERT_TRUE(rebuild.build({}));
    EXPECT_TRUE(rebuild.withdraw());
    EXPECT_FALSE(rebuild.withdraw());
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "views.rebuilt"));
    ASSERT_TRUE(rebuild.build({}));
    project();
    EXPECT_FALSE(rebuild.withdraw());
    EXPECT_EQ(rebuild.handover(), Handover::in_force);
}

TEST_F(SqliteViewRebuilds, EachDifferenceIsNamed) {
    damage("UPDATE metrics SET target = 11, name = 'm' WHERE id = 'a'");
    damage("UPDATE metric_values SET value = 7 WHERE metric = 2 AND version = 3");
    damage("DELETE FROM metric_values WHERE metric = 3 AND version = 2");
    damage("INSERT INTO metric_values(metric, version, value, date) VALUES (3, 9, 1, 1)");
    damage("UPDATE metrics SET progress = 0.5, version = 5 WHERE id = 'c'");
    EXPECT_THAT(
        differences(),
        ElementsAre("a: name is m, its events say n", "a: target is 11, its events say 10",
                    HasSubstr("b: a value is not what its event says, version 3: 7 at"),
                    "c: version is 5, its events say 3", "c: progress is 0.5, its events say 0.4",
                    "c: a value is stored that no event reports, version 9",
                    "c: a value is missing, version 2"));
}

TEST_F(SqliteViewRebuilds, AViewTooManyAndOneTooFewAreNamed) {
    damage("UPDATE metrics SET id = 'z' WHERE id = 'b'");
    EXPECT_THAT(differences(),
                ElementsAre("b: it has events, but no view", "z: it has a view, but no events"));
}

TEST_F(SqliteViewRebuilds, AParkedStreamIsNoDifference) {
    append({recorded("a", 4, "MetricSealed", "{}"), recorded("a", 5, "MetricSealed", "{}")});
    append({recorded("parked at once", 1, "MetricSealed", "{}")});
    project();
    EXPECT_THAT(differences(), IsEmpty());
    SqliteViewRebuild rebuild(folder_.path(), "test");
    EXPECT_EQ(rebuild.check({}).parked, 2U);
}

TEST_F(SqliteViewRebuilds, MakesDamagedViewsGood) {
    damage("UPDATE metrics SET target = 11 WHERE id = 'a'");
    damage("DELETE FROM metric_values");
    EXPECT_THAT(differences(), Contains("b: 2 values are missing, the first is version 2"));
    {
        SqliteViewRebuild rebuild(folder_.path(), "test");
        std::uint64_t told = 0;
        ASSERT_TRUE(rebuild.build({.on_progress = [&](std::uint64_t done) { told = done; }}));
        EXPECT_EQ(told, 9U);
        EXPECT_EQ(rebuild.events(), 9U);
        EXPECT_EQ(rebuild.handover(), Handover::waiting);
        project();
        EXPECT_EQ(rebuild.handover(), Handover::in_force);
    }
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(SqliteViewRebuilds, ParksWhatCannotBeRead) {
    append({recorded("a", 4, "MetricSealed", "{}")});
    SqliteViewRebuild rebuild(folder_.path(), "test");
    ASSERT_TRUE(rebuild.build({}));
    project();
    SqliteMetricViews views(folder_.path());
    ASSERT_EQ(views.parked().size(), 1U);
    EXPECT_EQ(views.parked().front().version, 4);
    EXPECT_EQ(views.version("a"), 3);
    EXPECT_EQ(views.version("c"), 3);
}

TEST_F(SqliteViewRebuilds, AStoppedOneLeavesNothing) {
    SqliteViewRebuild rebuild(folder_.path(), "test");
    const auto files = [&] {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
            if (entry.path().filename().string().starts_with("views.")) {
                names.push_back(entry.path().filename().string());
            }
        }
        return names;
    };
    EXPECT_FALSE(rebuild.build({.stop = [] { return true; }}));
    EXPECT_TRUE(rebuild.check({.stop = [] { return true; }}).stopped);
    EXPECT_THAT(files(), UnorderedElementsAre("views.current", "views.lock"));
}

TEST_F(SqliteViewRebuilds, SayWhenTheirViewsWereRefused) {
    SqliteViewRebuild rebuild(folder_.path(), "test");
    ASSERT_TRUE(rebuild.build({}));
    es::sqlite::Connection(folder_.path() / "views.rebuilt", es::sqlite::Access::write)
        .execute("UPDATE source SET identity = 'another'");
    project();
    EXPECT_EQ(rebuild.handover(), Handover::refused);
}

TEST_F(SqliteViewRebuilds, RunOneAtATime) {
    const SqliteViewRebuild first(folder_.path(), "test");
    EXPECT_THROW(SqliteViewRebuild(folder_.path(), "test"), es::InUse);
    EXPECT_THROW(SqliteViewRebuild("/nonexistent", "test"), es::Unusable);
}

}  // namespace
}  // namespace views
