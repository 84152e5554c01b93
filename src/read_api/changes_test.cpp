// What changed of a metric: the answer of its own, and what charts show of it. Folded from events.
#include "es/projection.hpp"
#include "read_api/read_api_fixture.hpp"

namespace read_api {
namespace {

using testing::HasSubstr;
using testing::Not;

class ChangesOfAMetric : public ReadApiTest {
protected:
    void SetUp() override {
        ReadApiTest::SetUp();
        now = moment("2026-11-30T12:00:00Z");
    }

    void append(const char* type, const char* on, const char* payload, int schema = 1) {
        record("books", ++version, type, on, payload, schema);
    }
    void project() { es::Projection<kpi::MetricView>(events, views, {}).heal("books"); }

    void record_a_year() {
        append("MetricCreated", "2026-03-01T08:00:00Z",
               R"({"name":"Books","description":"d","target":24,"unit":"books",)"
               R"("deadline":"2026-12-31T23:59:59.999Z","kind":"counter",)"
               R"("start":"2026-01-01T00:00:00.000Z"})",
               2);
        append("MetricValueUpdated", "2026-03-02T08:00:00Z", R"({"value":11})");
        append("MetricTargetUpdated", "2026-03-05T08:00:00Z",
               R"({"target":30,"reason":"New year, new shelf"})");
        append("MetricNoted", "2026-04-01T08:00:00Z",
               R"({"text":"new shelf","at":"2026-03-31T00:00:00.000Z","newProcess":true})");
        append("MetricDeadlineUpdated", "2026-05-01T08:00:00Z",
               R"({"deadline":"2027-06-30T23:59:59.999Z"})");
        append("MetricValueCorrected", "2026-05-02T08:00:00Z",
               R"({"of":2,"value":12,"reason":"typed 11"})");
        project();
    }

    es::Version version = 0;
};

TEST_F(ChangesOfAMetric, ComeNewestFirstInPages) {
    record_a_year();
    const auto first = get("/metrics/books/changes?limit=2");
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.body, R"({"items":[{"version":6,"type":"MetricValueCorrected",)"
                          R"("occurredOn":"2026-05-02T08:00:00.000Z","reason":"typed 11","of":2,)"
                          R"("from":{"value":11,"date":"2026-03-02T08:00:00.000Z"},)"
                          R"("to":{"value":12,"date":"2026-03-02T08:00:00.000Z"}},)"
                          R"({"version":5,"type":"MetricDeadlineUpdated",)"
                          R"("occurredOn":"2026-05-01T08:00:00.000Z",)"
                          R"("from":{"deadline":"2026-12-31T23:59:59.999Z"},)"
                          R"("to":{"deadline":"2027-06-30T23:59:59.999Z"}}],"next":5})");
    const auto rest = get("/metrics/books/changes?after=5");
    EXPECT_THAT(rest.body, testing::StartsWith(R"({"items":[{"version":4,"type":"MetricNoted",)"));
    EXPECT_THAT(rest.body, Not(HasSubstr(R"("version":2,)"))) << "a plain value";
    EXPECT_THAT(rest.body, testing::EndsWith(R"("kind":"counter","start":)"
                                             R"("2026-01-01T00:00:00.000Z"}}],"next":null})"));
    EXPECT_EQ(ask("/metrics/books/changes", {}, "HEAD").get().status, 200);
}

TEST_F(ChangesOfAMetric, OfAnUnknownMetricAreNotFound) {
    EXPECT_EQ(get("/metrics/books/changes").status, 404);
}

TEST_F(ChangesOfAMetric, AreAskedForByWholeNumbers) {
    for (const char* query : {"after=0", "after=x", "limit=0", "limit=1001", "order=asc"}) {
        EXPECT_EQ(get(std::string("/metrics/books/changes?") + query).status, 400) << query;
    }
}

TEST_F(ChangesOfAMetric, AreAwaited) {
    record_a_year();
    EXPECT_EQ(get("/metrics/books/changes?minVersion=6&wait=0").status, 200);
    EXPECT_EQ(get("/metrics/books/changes?minVersion=7&wait=0").status, 503);
}

TEST_F(ChangesOfAMetric, AreShownByItsChart) {
    record_a_year();
    const auto body = get("/metrics/books/chart").body;
    EXPECT_THAT(body, HasSubstr(R"("target":[{"from":"2026-01-01T00:00:00.000Z","target":24,)"
                                R"("version":1},{"from":"2026-03-05T08:00:00.000Z","target":30,)"
                                R"("version":3}],)"));
    EXPECT_THAT(body, HasSubstr(R"("deadlines":[{"set":"2026-03-01T08:00:00.000Z",)"
                                R"("deadline":"2026-12-31T23:59:59.999Z","version":1},)"
                                R"({"set":"2026-05-01T08:00:00.000Z",)"
                                R"("deadline":"2027-06-30T23:59:59.999Z","version":5}],)"));
    EXPECT_THAT(body, HasSubstr(R"("notes":[{"at":"2026-03-31T00:00:00.000Z",)"
                                R"("text":"new shelf","newProcess":true,"version":4}],)"));
}

TEST_F(ChangesOfAMetric, AreShownByItsChartUpToTheLatestThousand) {
    append("MetricCreated", "2026-03-01T08:00:00Z",
           R"({"name":"Books","description":"d","target":0,"unit":"books",)"
           R"("deadline":"2026-12-31T23:59:59.999Z","kind":"counter"})");
    for (int target = 1; target <= 1200; ++target) {
        append("MetricTargetUpdated", "2026-03-05T08:00:00Z",
               (R"({"target":)" + std::to_string(target) + "}").c_str());
    }
    project();
    const auto body = get("/metrics/books/chart").body;
    EXPECT_THAT(body, Not(HasSubstr(R"("target":200,)")));
    EXPECT_THAT(body, HasSubstr(R"("target":[{"from":"2026-03-05T08:00:00.000Z","target":201,)"));
    EXPECT_THAT(body, HasSubstr(R"("target":1200,"version":1201}],"deadlines":[{)"));
}

TEST_F(ChangesOfAMetric, ListsShowItsLatestValues) {
    record_a_year();
    const auto recent = [&](const std::string& query) { return get("/metrics?" + query).body; };
    EXPECT_THAT(recent("recent=3"),
                HasSubstr(R"("recent":[{"value":12,"date":"2026-03-02T08:00:00.000Z"}]})"));
    EXPECT_THAT(recent("recent=0"), Not(HasSubstr("recent")));
    EXPECT_THAT(recent("limit=1"), Not(HasSubstr("recent")));
    EXPECT_EQ(get("/metrics?recent=25").status, 400);
}

TEST_F(ChangesOfAMetric, LaterPagesOfAListShowThemToo) {
    save_with_values("a", 3);
    save_with_values("b", 3);
    const auto first = get("/metrics?limit=1&recent=1").body;
    const auto cursor = text_member(first, "next");
    const auto second = get("/metrics?limit=1&recent=2&cursor=" + cursor).body;
    EXPECT_THAT(second, HasSubstr(R"("_id":"b")"));
    EXPECT_THAT(second, HasSubstr(R"("recent":[{"value":2,"date":"2026-06-01T11:02:00.000Z"},)"
                                  R"({"value":3,"date":"2026-06-01T11:03:00.000Z"}])"));
}

}  // namespace
}  // namespace read_api
