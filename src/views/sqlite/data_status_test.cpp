// What is seen of a data folder while others work on it.
#include "views/sqlite/data_status.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/testing/event_store_suite.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"

namespace views {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DataStatusTest : public ::testing::Test {
protected:
    void append(es::SqliteEventStore& store, const es::StreamId& stream, std::size_t count) {
        auto events = es::testing::some_events(stream, 0, count);
        for (auto& event : events) event.occurred_on = es::TimePoint(milliseconds(5'000));
        ASSERT_EQ(es::append_one(store, {stream, 0, std::move(events)}).status,
                  es::AppendStatus::stored);
    }
    DataStatus look() { return look_at_data(folder_.path(), es::TimePoint(milliseconds(7'000))); }

    const base::testing::TempFolder folder_;
};

TEST_F(DataStatusTest, SaysThatThereIsNothing) {
    EXPECT_THROW(look(), es::Unusable);
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << "looking makes no files";
}

TEST_F(DataStatusTest, TellsTheEventsAndWhoWritesThem) {
    {
        es::SqliteEventStore store(folder_.path(),
                                   {.witnesses = event_witnesses(), .role = "write-api"});
        append(store, "books", 3);
        append(store, "runs", 2);
        const DataStatus status = look();
        ASSERT_TRUE(status.events_holder);
        EXPECT_EQ(status.events_holder->process, ::getpid());
        EXPECT_EQ(status.events_holder->role, "write-api");
        EXPECT_FALSE(status.views_holder);
        ASSERT_TRUE(status.events);
        EXPECT_EQ(status.events->count, 5U);
        EXPECT_EQ(status.events->streams, 2U);
        EXPECT_EQ(status.events->last, es::TimePoint(milliseconds(5'000)));
        EXPECT_FALSE(status.views);
        EXPECT_THAT(status.trouble, ElementsAre());
        EXPECT_EQ(status.files.at(0).name, "events.db");
        EXPECT_EQ(status.files.at(1).name, "events.db-wal");
        EXPECT_GT(status.files.at(1).bytes, 0U);
        EXPECT_GT(status.free_bytes, 0U);
    }
    EXPECT_FALSE(look().events_holder);
}

TEST_F(DataStatusTest, TellsHowFarTheViewsAreBehindAndWhatIsParked) {
    es::SqliteEventStore store(folder_.path(), {.witnesses = event_witnesses()});
    SqliteMetricViews views(folder_.path(), {.writer = true, .role = "projector"});
    append(store, "books", 3);
    append(store, "runs", 2);
    es::ViewSave<kpi::MetricView> save;
    save.parked.push_back({"runs", 1, "it can't be read"});
    save.checkpoints["events"] = "3";
    views.save(save);
    DataStatus status = look();
    EXPECT_EQ(status.views_holder->role, "projector");
    ASSERT_TRUE(status.views);
    EXPECT_EQ(status.views->file, "views-1.db");
    EXPECT_EQ(status.views->applied, 3U);
    EXPECT_EQ(status.views->lag.events, 2U);
    EXPECT_EQ(status.views->lag.age, milliseconds(2'000));
    EXPECT_EQ(status.views->parked, save.parked);
    save.parked.clear();
    save.checkpoints["events"] = "5";
    views.save(save);
    status = look();
    EXPECT_EQ(status.views->lag.events, 0U);
    EXPECT_EQ(status.views->lag.age, milliseconds(0));
}

TEST_F(DataStatusTest, NamesWhatCannotBeReadAndTellsTheRest) {
    std::ofstream(folder_.path() / "events.db") << std::string(8192, 'x');
    const DataStatus status = look();
    EXPECT_FALSE(status.events);
    ASSERT_EQ(status.trouble.size(), 1U);
    EXPECT_THAT(status.trouble[0], HasSubstr("events.db can't be read: "));
    EXPECT_EQ(status.files.size(), 1U);
}

TEST_F(DataStatusTest, NeverKeepsOthersFromStarting) {
    for (int i = 0; i < 50; ++i) {
        const es::SqliteEventStore store(folder_.path(), {.witnesses = event_witnesses()});
        for (int looks = 0; looks < 3; ++looks) look();
    }
}

}  // namespace
}  // namespace views
