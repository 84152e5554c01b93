// The projector when it can't go on: held up as a whole, or stopped by one metric's event that
// nobody can read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "es/event_store.hpp"
#include "es/sqlite.hpp"
#include "fold.hpp"
#include "held_file.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::Not;

using Clock = std::chrono::steady_clock;

TEST(Projector, CatchesUpAfterItWasHeldUp) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    ASSERT_EQ(api.get("/metrics/visits?minVersion=1").status, 200);

    HeldFile held(views_in(folder.data()));
    for (int i = 0; i < 10; ++i) ASSERT_EQ(api.set_value("visits", i).status, 201);
    const Answer late = api.get("/metrics/visits?minVersion=11&wait=300");
    EXPECT_EQ(late.status, 503);
    EXPECT_EQ(late.problem(), "not-yet-visible");
    EXPECT_FALSE(late.header("Retry-After").empty());
    EXPECT_EQ(api.get("/metrics/visits/values?minVersion=2&wait=0").problem(), "not-yet-visible");
    EXPECT_EQ(api.get("/metrics/visits").version(), 1);
    const Answer ready = api.get("/-/ready");
    EXPECT_EQ(ready.status, 200);
    EXPECT_EQ(ready.number("lag/events"), 10);
    EXPECT_GE(ready.number("lag/ms"), 300);
    // It says so when it has tried for a while.
    EXPECT_TRUE(server.process().wait_for_log([](const std::string& log) {
        return log.find("projector can't go on") != std::string::npos;
    }));

    held.release();
    const Answer caught_up = api.get("/metrics/visits?minVersion=11&wait=10000");
    ASSERT_EQ(caught_up.status, 200) << caught_up.body;
    EXPECT_EQ(caught_up.number("value"), 9);
    EXPECT_TRUE(eventually([&] { return api.get("/-/ready").number("lag/events") == 0; }));
    expect_view_equals_fold(api, "visits");
}

TEST(Projector, WakesTheQuestionThatWaitsForAVersion) {
    const Folder folder;
    Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    const auto begun = Clock::now();
    for (int i = 0; i < 20; ++i) {
        const auto version = std::to_string(api.set_value("visits", i).version());
        ASSERT_EQ(api.get("/metrics/visits?wait=10000&minVersion=" + version).status, 200);
    }
    EXPECT_LT(Clock::now() - begun, std::chrono::seconds(5));
}

// A metric whose third event is of a type that this program doesn't know.
class Parked : public ::testing::Test {
protected:
    Parked() {
        {
            Server server(folder_);
            Api api(server);
            for (const char* id : {"visits", "orders"}) {
                EXPECT_EQ(api.create(id).status, 201);
                EXPECT_EQ(api.set_value(id, 7).status, 201);
            }
            EXPECT_EQ(server.terminate(), 0);
        }
        es::SqliteEventStore store(folder_.data());
        auto events = es::read_stream(store, "visits");
        es::RecordedEvent unknown = events.back();
        es::RecordedEvent further = events.back();
        unknown.version = 3;
        unknown.type = "MetricSealed";
        unknown.payload = R"({"because": "a test"})";
        unknown.metadata.command_id = "c3";
        further.version = 4;
        further.metadata.command_id = "c4";
        const auto outcome = es::append_one(store, {"visits", 2, {unknown, further}});
        EXPECT_EQ(outcome.status, es::AppendStatus::stored);
    }

    Folder folder_;
};

void expect_parked(Server& server) {
    Api api(server);
    ASSERT_TRUE(eventually([&] { return api.get("/-/ready").size("parked") == 1; }));
    const Answer ready = api.get("/-/ready");
    EXPECT_EQ(ready.status, 200);
    EXPECT_EQ(ready.text("parked/0/id"), "visits");
    EXPECT_EQ(ready.number("parked/0/version"), 3);
    EXPECT_THAT(ready.text("parked/0/reason"), HasSubstr("MetricSealed"));
    EXPECT_TRUE(eventually([&] { return api.get("/-/ready").number("lag/events") == 0; }));
    EXPECT_TRUE(eventually([&] {
        return api.get("/-/prometheus").body.find("\nyardstick_projector_parked_streams 1\n") !=
               std::string::npos;
    }));
}

TEST_F(Parked, ShowsWhereOperatorsLook) {
    {
        Server server(folder_);
        expect_parked(server);
        EXPECT_TRUE(server.process().wait_for_log([](const std::string& log) {
            return log.find("metric parked") != std::string::npos &&
                   log.find(R"("metric":"visits")") != std::string::npos;
        })) << server.log();
        EXPECT_EQ(server.terminate(), 0);
    }
    Server again(folder_);  // it was stored with the checkpoint
    expect_parked(again);
}

TEST_F(Parked, LeavesOtherMetricsAlone) {
    Server server(folder_);
    Api api(server);
    expect_parked(server);
    for (int i = 0; i < 20; ++i) ASSERT_EQ(api.set_value("orders", i).status, 201);
    expect_view_equals_fold(api, "orders");
    ASSERT_EQ(api.create("later").status, 201);
    expect_view_equals_fold(api, "later");
    EXPECT_EQ(api.get("/metrics").size("items"), 3U);
}

TEST_F(Parked, RefusesCommandsAndWhatLiesBeyond) {
    Server server(folder_);
    Api api(server);
    expect_parked(server);
    const Answer command = api.set_value("visits", 8);
    EXPECT_EQ(command.status, 503);
    EXPECT_EQ(command.problem(), "parked");
    EXPECT_THAT(command.body, Not(HasSubstr("MetricSealed")));

    EXPECT_EQ(api.get("/metrics/visits?minVersion=2").version(), 2);
    const auto begun = Clock::now();
    for (const char* target : {"/metrics/visits?minVersion=3&wait=10000",
                               "/metrics/GetMetricsById?metricId=visits&minVersion=4&wait=10000",
                               "/metrics/visits/values?minVersion=3&wait=10000"}) {
        const Answer beyond = api.get(target);
        EXPECT_EQ(beyond.status, 503) << target;
        EXPECT_EQ(beyond.problem(), "parked") << target;
        EXPECT_FALSE(beyond.header("Retry-After").empty()) << target;
    }
    EXPECT_LT(Clock::now() - begun, std::chrono::seconds(5)) << "it waited";
    EXPECT_EQ(api.get("/metrics/visits/events").size("items"), 4U);
}

}  // namespace
