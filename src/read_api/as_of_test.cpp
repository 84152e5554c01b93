// The past: what was known at a time, judged by the clock of then.
#include "read_api/read_api_fixture.hpp"
#include "views/memory/views_as_of.hpp"

namespace read_api {
namespace {

using testing::HasSubstr;
using testing::Not;

class AsOf : public ReadApiTest {
protected:
    void SetUp() override {
        ReadApiTest::SetUp();
        start({.views = views, .pool = pool, .events = &events, .views_as_of = past()});
        now = moment("2026-11-30T12:00:00Z");
        append("MetricCreated", "2026-01-01T08:00:00Z",
               R"({"name":"Churn","description":"d","target":4,"unit":"%",)"
               R"("deadline":"2026-06-30T23:59:59.999Z","kind":"gauge","direction":"at_most",)"
               R"("baseline":8,"updateEvery":"monthly"})",
               2);
        append("MetricValueUpdated", "2026-02-01T08:00:00Z", R"({"value":7})");
        append("MetricTargetUpdated", "2026-03-01T08:00:00Z", R"({"target":5})");
        append("MetricValueUpdated", "2026-04-01T08:00:00Z",
               R"({"value":61,"observedAt":"2026-03-15T00:00:00.000Z"})");
        append("MetricValueCorrected", "2026-05-01T08:00:00Z",
               R"({"of":4,"value":6.1,"reason":"typed 61"})");
        append("MetricArchived", "2026-10-01T08:00:00Z", "{}");
    }

    PastViews past() {
        return [this](const kpi::MetricId& id, es::TimePoint time) {
            return views::views_as_of(events, id, time);
        };
    }

    void append(const char* type, const char* on, const char* payload, int schema = 1) {
        record("churn", ++version, type, on, payload, schema);
    }
    std::string at(const std::string& time) { return get("/metrics/churn?asOf=" + time).body; }

    es::Version version = 0;
};

TEST_F(AsOf, ShowsTheValueTargetAndStatusOfThen) {
    EXPECT_THAT(at("2026-02-15"), HasSubstr(R"("version":2,)"));
    EXPECT_THAT(at("2026-02-15"), HasSubstr(R"("target":4,)"));
    EXPECT_THAT(at("2026-02-15"), HasSubstr(R"("value":7,)"));
    EXPECT_THAT(at("2026-03-15"), HasSubstr(R"("target":5,)"));
    EXPECT_THAT(at("2026-04-15"), HasSubstr(R"("value":61,)"));
    EXPECT_THAT(at("2026-05-15"), HasSubstr(R"("value":6.1,)"));
    EXPECT_THAT(at("2026-02-01T07:59:59.999Z"), HasSubstr(R"("status":"no_data")"));
    EXPECT_THAT(at("2026-02-01T08:00:00Z"), HasSubstr(R"("status":"on_track")"));
    EXPECT_THAT(at("2026-06-30"), HasSubstr(R"("status":"missed","stale")"));
    EXPECT_THAT(at("2026-06-30T23:59:59.998Z"), Not(HasSubstr(R"("status":"missed","stale")")));
}

TEST_F(AsOf, MarksAreMeasuredAgainstThen) {
    EXPECT_THAT(at("2026-03-01"), HasSubstr(R"("stale":false)"));
    EXPECT_THAT(at("2026-05-20"), HasSubstr(R"("stale":true)"));
    EXPECT_THAT(at("2026-03-01"), HasSubstr(R"("isExpired":false)"));
    EXPECT_THAT(at("2026-07-01"), HasSubstr(R"("isExpired":true)"));
    EXPECT_THAT(at("2026-09-30"), HasSubstr(R"("isArchived":false)"));
    EXPECT_THAT(at("2026-10-02"), HasSubstr(R"("isArchived":true)"));
}

TEST_F(AsOf, BeforeItExistedThereIsNothing) {
    const auto response = get("/metrics/churn?asOf=2025-12-31");
    EXPECT_EQ(response.status, 404);
    EXPECT_THAT(response.body, HasSubstr("it was created on 2026-01-01T08:00:00.000Z"));
    EXPECT_EQ(get("/metrics/nobody?asOf=2026-02-15").status, 404);
}

TEST_F(AsOf, ADayMeansItsEndAndTodayMeansNow) {
    EXPECT_THAT(at("2026-02-01"), HasSubstr(R"("version":2,)"));
    EXPECT_THAT(at("2026-01-31"), HasSubstr(R"("version":1,)"));
    EXPECT_EQ(get("/metrics/churn?asOf=2026-11-30").status, 200);
    EXPECT_EQ(get("/metrics/churn?asOf=2026-12-01").status, 400);
    EXPECT_EQ(get("/metrics/churn?asOf=2026-11-30T12:00:00.001Z").status, 400);
    EXPECT_EQ(get("/metrics/churn?asOf=2026-11-30T12:00:00Z").status, 200);
    EXPECT_EQ(get("/metrics/churn?asOf=2026-02-15&minVersion=2").status, 400);
}

TEST_F(AsOf, ValuesKeepTheirOwnDates) {
    const auto values = [this](const std::string& query) {
        return get("/metrics/churn/values?asOf=" + query).body;
    };
    EXPECT_EQ(
        values("2026-03-20"),
        R"({"items":[{"value":7,"date":"2026-02-01T08:00:00.000Z","version":2}],"next":null})");
    EXPECT_THAT(values("2026-04-15"), HasSubstr(R"("value":61)"));
    EXPECT_THAT(
        values("2026-05-15&from=2026-03-01"),
        HasSubstr(R"("value":6.1,"date":"2026-03-15T00:00:00.000Z","version":4,"amended")"));
    EXPECT_THAT(values("2026-05-15&to=2026-03-01"), Not(HasSubstr("6.1")));
    EXPECT_THAT(get("/metrics/churn/chart?asOf=2026-04-15").body, HasSubstr("61"));
    EXPECT_THAT(get("/metrics/churn/chart?asOf=2026-05-15").body, Not(HasSubstr("61,")));
}

TEST_F(AsOf, ALongHistoryIsReadToItsEnd) {
    for (int i = 0; i < 2'500; ++i)
        append("MetricNoted", "2026-10-02T08:00:00Z", R"({"text":"n"})");
    EXPECT_THAT(at("2026-10-02"), HasSubstr(R"("version":2506,)"));
    EXPECT_THAT(at("2026-10-01"), HasSubstr(R"("version":6,)"));
}

TEST_F(AsOf, NeedsTheEvents) {
    start({.views = views, .pool = pool});
    EXPECT_EQ(get("/metrics/churn?asOf=2026-02-15").status, 501);
}

}  // namespace
}  // namespace read_api
