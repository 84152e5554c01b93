// The answer that a chart is drawn from: its form, its span, and what is refused.
#include "read_api/chart.hpp"

#include <functional>

#include "read_api/read_api_fixture.hpp"

namespace read_api {
namespace {

using std::chrono::days;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class Charts : public ReadApiTest {
protected:
    // A gauge that should rise to 15, with values of that many days one after the other, from 1
    // January 2026 on.
    void save_daily(const kpi::MetricId& id, const std::vector<double>& values,
                    days between = days(1)) {
        kpi::MetricDocument document = metric();
        document.metric.kind = kpi::MetricKind::gauge;
        document.metric.deadline = deadline;
        std::vector<kpi::MetricValue> rows;
        for (const double value : values) {
            rows.push_back(
                {value, day + between * static_cast<int>(rows.size()), ++document.version});
        }
        if (!rows.empty()) kpi::testing::set_current(document, rows.back());
        document.values_total = static_cast<std::int64_t>(rows.size());
        if (change) change(document);
        save(id, document, rows);
    }

    std::function<void(kpi::MetricDocument&)> change;  // what else the metric is
    es::TimePoint day = moment("2026-01-01T00:00:00Z");
    es::TimePoint deadline = moment("2026-12-31T23:59:59.999Z");
};

const std::vector<double> x1{10, 12, 11, 13, 12, 11, 10, 12, 11, 13, 12, 11};

TEST_F(Charts, OfFewValuesHaveEachOfThem) {
    save_daily("m", {5, 7.5});
    now = moment("2026-01-02T00:00:00Z");
    const auto response = get("/metrics/m/chart");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body,
              R"({"version":3,"bucketed":false,"values":{)"
              R"("at":["2026-01-01T00:00:00.000Z","2026-01-02T00:00:00.000Z"],)"
              R"("value":[5,7.5],"version":[2,3]},"before":null,)"
              R"("target":[],"deadlines":[],"notes":[],)"
              R"("pace":[["2026-06-01T10:00:00.000Z",0],["2026-12-31T23:59:59.999Z",15]],)"
              R"("limits":null,"limitsNeed":10,"forecast":null,"forecastNeeds":243,)"
              R"("met":null})");
    EXPECT_EQ(ask("/metrics/m/chart", {}, "HEAD").get().status, 200);
}

TEST_F(Charts, OfNoValuesAreEmpty) {
    save_daily("m", {});
    now = day;
    EXPECT_EQ(get("/metrics/m/chart").body,
              R"({"version":1,"bucketed":false,"values":{"at":[],"value":[],"version":[]},)"
              R"("before":null,"target":[],"deadlines":[],"notes":[],)"
              R"("pace":[["2026-06-01T10:00:00.000Z",0],["2026-12-31T23:59:59.999Z",15]],)"
              R"("limits":null,"limitsNeed":12,"forecast":null,"forecastNeeds":9,"met":null})");
}

TEST_F(Charts, OfMoreValuesThanPointsHaveBuckets) {
    std::vector<double> values;
    for (int i = 0; i < 100; ++i) values.push_back(i % 2 == 0 ? i : -i);
    save_daily("m", values);
    EXPECT_THAT(get("/metrics/m/chart?points=100").body, HasSubstr("\"bucketed\":false"));
    const auto chart = json::parse(get("/metrics/m/chart?points=50").body).value;
    EXPECT_TRUE(*chart.find("bucketed")->boolean());
    const auto& buckets = *chart.find("values");
    for (const char* name : {"at", "first", "min", "max", "last", "count"}) {
        EXPECT_EQ(buckets.find(name)->array()->size(), 50U) << name;
    }
    const auto third = [&](const char* name) {
        return buckets.find(name)->array()->at(2).number()->value;
    };
    EXPECT_EQ(third("first"), 4);
    EXPECT_EQ(third("min"), -5);
    EXPECT_EQ(third("max"), 4);
    EXPECT_EQ(third("last"), -5);
    EXPECT_EQ(third("count"), 2);
    EXPECT_EQ(*buckets.find("at")->array()->at(0).string(), "2026-01-01T00:00:00.000Z");
}

TEST_F(Charts, ShowTheSpanAskedForAndTheValueInForceBeforeIt) {
    save_daily("m", {1, 2, 3, 4, 5});
    EXPECT_THAT(get("/metrics/m/chart?from=2026-01-03&to=2026-01-04").body,
                HasSubstr(R"("values":{"at":["2026-01-03T00:00:00.000Z",)"
                          R"("2026-01-04T00:00:00.000Z"],"value":[3,4],"version":[4,5]},)"
                          R"("before":{"at":"2026-01-02T00:00:00.000Z","value":2,"version":3})"));
    EXPECT_THAT(get("/metrics/m/chart?from=2026-01-09").body,
                HasSubstr(R"("value":[],"version":[]},"before":{"at":"2026-01-05)"));
    EXPECT_THAT(get("/metrics/m/chart?from=2026-01-04&to=2026-01-02").body,
                HasSubstr(R"("value":[],)"));
}

TEST_F(Charts, HaveTheLimitsOfAllValuesAndTheSignalsOfTheSpan) {
    auto values = x1;
    values.insert(values.end(), {16, 11});
    save_daily("m", values);
    const auto all = get("/metrics/m/chart").body;
    EXPECT_THAT(all, HasSubstr(R"("limits":{"mean":11.5,"lower":7.8727)"));
    EXPECT_THAT(all,
                HasSubstr(R"("from":"2026-01-01T00:00:00.000Z","of":12,"outlook":null,"signals":[)"
                          R"({"at":"2026-01-13T00:00:00.000Z","version":14,"rule":1,)"
                          R"("step":false,"good":true},)"
                          R"({"at":"2026-01-13T00:00:00.000Z","version":14,"rule":1,)"
                          R"("step":true,"good":true},)"));
    EXPECT_THAT(all, HasSubstr(R"("signalsLeftOut":0},"limitsNeed":null)"));
    const auto late = get("/metrics/m/chart?from=2026-01-14").body;
    EXPECT_THAT(late, HasSubstr("\"mean\":11.5"));
    EXPECT_THAT(late, Not(HasSubstr("2026-01-13T00:00:00.000Z\",\"version\":14,\"rule\"")));
}

// Of a pipeline that was repaired on the 7th.
TEST_F(Charts, HaveLimitsSinceTheLatestNoteOfANewProcess) {
    auto values = std::vector<double>(6, 100);
    values.insert(values.end(), x1.begin(), x1.end());
    change = [&](kpi::MetricDocument& document) { document.metric.process_since = day + days(6); };
    save_daily("m", values);
    EXPECT_THAT(get("/metrics/m/chart").body, HasSubstr(R"("limits":{"mean":11.5,"lower":7.8727)"));
    EXPECT_THAT(get("/metrics/m/chart").body, HasSubstr(R"("from":"2026-01-07T)"));
}

TEST_F(Charts, OfACounterThatIsExpectedDailyHaveTheLimitsOfItsIncrements) {
    double total = 0;
    std::vector<double> values{0};
    for (const double increment : x1) values.push_back(total += increment);
    change = [&](kpi::MetricDocument& document) {
        document.metric.kind = kpi::MetricKind::counter;
        document.metric.update_every = kpi::UpdatePeriod::daily;
    };
    save_daily("m", values);
    now = day + days(12) + std::chrono::hours(23);
    EXPECT_THAT(get("/metrics/m/chart").body, HasSubstr(R"("limits":null,"limitsNeed":1)"));
    now = day + days(13);
    EXPECT_THAT(get("/metrics/m/chart").body, HasSubstr(R"("limits":{"mean":11.5,"lower":7.8727)"));
}

TEST_F(Charts, OfAGoalThatIsKeptSayHowOftenItWasAndWillBe) {
    change = [&](kpi::MetricDocument& document) {
        document.metric.mode = kpi::GoalMode::keep;
        document.metric.target = 12;
    };
    save_daily("m", x1);
    const auto body = get("/metrics/m/chart").body;
    EXPECT_THAT(body, HasSubstr(R"("pace":null)"));
    EXPECT_THAT(body, HasSubstr(R"("outlook":"hit_or_miss")"));
    EXPECT_THAT(body, HasSubstr(R"("forecast":null,"forecastNeeds":null,"met":{"of":12,"in":6}})"));
}

// The target that is in force when it is asked, not the last one.
TEST_F(Charts, OfAGoalThatIsKeptInStepsLookAtTheStepOfNow) {
    change = [&](kpi::MetricDocument& document) {
        document.metric.mode = kpi::GoalMode::keep;
        document.metric.target = 100;
        document.metric.checkpoints = {{day + days(20), 5}, {day + days(30), 11}};
    };
    save_daily("m", x1);
    const auto outlook_on = [&](int which) {
        now = day + days(which);
        const auto body = get("/metrics/m/chart").body;
        const auto begin = body.find(R"("outlook":)") + 10;
        return body.substr(begin, body.find(',', begin) - begin);
    };
    EXPECT_EQ(outlook_on(20), R"("reliable")");
    EXPECT_EQ(outlook_on(25), R"("hit_or_miss")");
    EXPECT_EQ(outlook_on(31), R"("unlikely")");
}

TEST_F(Charts, HaveThePaceOfTheGoalOverItsCheckpoints) {
    change = [&](kpi::MetricDocument& document) {
        document.metric.start = day;
        document.metric.baseline = 20;
        document.metric.direction = kpi::Direction::at_most;
        document.metric.checkpoints = {{day + days(31), 18}};
    };
    save_daily("m", {20});
    EXPECT_THAT(get("/metrics/m/chart").body,
                HasSubstr(R"("pace":[["2026-01-01T00:00:00.000Z",20],)"
                          R"(["2026-02-01T00:00:00.000Z",18],["2026-12-31T23:59:59.999Z",15]])"));
}

// Of a clock that ran ahead: it is not the current one.
TEST_F(Charts, KeepAValueThatIsDatedAfterTheCurrentOne) {
    change = [&](kpi::MetricDocument& document) {
        kpi::testing::set_current(document, {1, day, 2});
    };
    save_daily("m", {1, 2, 3});
    EXPECT_THAT(get("/metrics/m/chart").body, HasSubstr(R"("value":[1,2,3])"));
}

TEST_F(Charts, OfACounterHaveNoLimits) {
    save_with_values("m", 30);
    EXPECT_THAT(get("/metrics/m/chart").body, HasSubstr(R"("limits":null,"limitsNeed":null)"));
}

TEST_F(Charts, HaveTheForecastForTheDeadline) {
    deadline = moment("2027-02-25T00:00:00Z");
    save_daily("m", {120, 118, 121, 117, 116, 118, 113, 114, 110, 111, 108, 109}, days(30));
    now = deadline - days(60);
    const auto chart = json::parse(get("/metrics/m/chart").body).value;
    const auto& forecast = *chart.find("forecast");
    EXPECT_NEAR(forecast.find("low")->number()->value, 102.2374, 5e-5);
    EXPECT_NEAR(forecast.find("asSoFar")->number()->value, 105.5556, 5e-5);
    EXPECT_NEAR(forecast.find("high")->number()->value, 112.3181, 5e-5);
    EXPECT_EQ(*forecast.find("at")->string(), "2027-02-25T00:00:00.000Z");
    EXPECT_EQ(forecast.find("windows")->number()->value, 9);
    EXPECT_TRUE(*forecast.find("littleHistory")->boolean());
    EXPECT_TRUE(chart.find("forecastNeeds")->is_null());
    now = deadline;
    EXPECT_THAT(get("/metrics/m/chart").body, HasSubstr(R"("forecast":null,"forecastNeeds":null)"));
}

TEST_F(Charts, ReadMoreValuesThanAPageHolds) {
    save_daily("m", std::vector<double>(25'000, 1.0));
    const auto chart = json::parse(get("/metrics/m/chart?points=50").body).value;
    double count = 0;
    for (const auto& each : *chart.find("values")->find("count")->array()) {
        count += each.number()->value;
    }
    EXPECT_EQ(count, 25'000);
}

TEST_F(Charts, WaitForAVersion) {
    save_daily("m", {1});
    EXPECT_EQ(problem_type(get("/metrics/m/chart?minVersion=3&wait=0")),
              "/problems/not-yet-visible");
    EXPECT_EQ(get("/metrics/m/chart?minVersion=2&wait=0").status, 200);
}

TEST_F(Charts, NameEveryWrongParameter) {
    save_daily("m", {1});
    EXPECT_THAT(error_places(get("/metrics/m/chart?from=x&to=y&points=49&limit=3")),
                UnorderedElementsAre("parameter from", "parameter to", "parameter points",
                                     "parameter limit"));
    EXPECT_THAT(error_places(get("/metrics/m/chart?points=2001")), ElementsAre("parameter points"));
    EXPECT_EQ(get("/metrics/m/chart?points=2000").status, 200);
}

}  // namespace
}  // namespace read_api
