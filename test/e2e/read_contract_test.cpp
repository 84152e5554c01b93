// The read API as its clients see it: every route once in good order and once refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "base/time.hpp"
#include "fold.hpp"
#include "set_up.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

// "done" has reached its target, "open" hasn't; each has three values.
class ReadContract : public ::testing::Test {
protected:
    ReadContract() : server_(folder_), api_(server_) {
        for (const auto& [id, target] : {std::pair("done", 3.0), std::pair("open", 12.0)}) {
            EXPECT_EQ(api_.post(create_path, create_body(id, target)).status, 201);
            for (int value = 1; value <= 3; ++value) {
                EXPECT_EQ(api_.set_value(id, value).status, 201);
            }
            EXPECT_EQ(api_.get(std::string("/metrics/") + id + "?minVersion=4").status, 200);
        }
    }

    void expect_problem(const std::string& target, int status, const std::string& type,
                        const std::string& parameter = {}) {
        const Answer answer = api_.get(target);
        EXPECT_EQ(answer.status, status) << target << answer.body;
        EXPECT_EQ(answer.problem(), type) << target;
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
        if (parameter.empty()) return;
        EXPECT_THAT(answer.body, HasSubstr(R"("parameter":")" + parameter + "\"")) << target;
    }

    Folder folder_;
    Server server_;
    Api api_;
};

TEST_F(ReadContract, ADocumentByItsPathAndByItsParameter) {
    const Answer answer = api_.get("/metrics/open");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_THAT(answer.header("ETag"), MatchesRegex("\"4-.+\""));
    EXPECT_EQ(answer.text("_id"), "open");
    EXPECT_EQ(answer.version(), 4);
    EXPECT_EQ(answer.text("deadline"), "2099-12-31T23:59:59.999Z");
    EXPECT_EQ(answer.number("value"), 3);
    EXPECT_EQ(answer.number("progress"), 0.25);
    EXPECT_FALSE(answer.flag("isExpired"));
    EXPECT_FALSE(answer.flag("isSuccessful"));
    EXPECT_EQ(answer.number("valuesTotal"), 3);
    ASSERT_EQ(answer.size("values"), 3U);
    EXPECT_EQ(answer.number("values/0/value"), 1);
    EXPECT_EQ(api_.get("/metrics/GetMetricsById?metricId=open").body, answer.body);
    EXPECT_EQ(api_.get("/metrics/o%70en").body, answer.body);
    expect_view_equals_fold(api_, "open");

    expect_problem("/metrics/nobody", 404, "not-found");
    expect_problem("/metrics/GetMetricsById?metricId=nobody", 404, "not-found");
    expect_problem("/metrics/GetMetricsById", 400, "invalid", "metricId");
    expect_problem("/metrics/open?wait=10001", 400, "invalid", "wait");
    expect_problem("/metrics/open?minVersion=5&wait=0", 503, "not-yet-visible");
    expect_problem("/metrics/nobody?minVersion=1&wait=0", 503, "not-yet-visible");
}

TEST_F(ReadContract, AKnownDocumentIsNotSentAgain) {
    for (const char* target : {"/metrics/open", "/metrics/GetMetricsById?metricId=open"}) {
        const std::string tag = api_.get(target).header("ETag");
        const Answer known = answer_of(api_.read().send("GET", target, {{"If-None-Match", tag}}));
        EXPECT_EQ(known.status, 304);
        EXPECT_THAT(known.body, IsEmpty());
        EXPECT_EQ(known.header("ETag"), tag);
        EXPECT_FALSE(known.header("X-Request-Id").empty());
        const Answer other =
            answer_of(api_.read().send("GET", target, {{"If-None-Match", "\"3-x\""}}));
        EXPECT_EQ(other.status, 200);
    }
}

TEST_F(ReadContract, HeadAnswersAsGetWithoutTheBody) {
    for (const char* target :
         {"/metrics/open", "/metrics", "/metrics/open/values", "/metrics/open/chart",
          "/metrics/open/events", "/metrics.csv", "/metrics/open/values.csv",
          "/metrics/GetMetricsBySuccess?isSuccessful=true"}) {
        const Answer head = answer_of(api_.read().send("HEAD", target));
        EXPECT_EQ(head.status, 200) << target;
        EXPECT_THAT(head.body, IsEmpty()) << target;
        EXPECT_EQ(head.header("ETag"), api_.get(target).header("ETag")) << target;
    }
    EXPECT_EQ(answer_of(api_.read().send("HEAD", "/metrics/nobody")).status, 404);
}

TEST_F(ReadContract, TheLegacyArraysFilterAndPage) {
    const auto ids = [](const Answer& answer) {
        std::string text;
        for (const auto& item : *answer.json.array()) text += *at(item, "_id").string() + " ";
        return text;
    };
    const std::string success = "/metrics/GetMetricsBySuccess?isSuccessful=";
    EXPECT_EQ(ids(api_.get(success + "true")), "done ");
    EXPECT_EQ(ids(api_.get(success + "false")), "open ");
    const std::string expiration = "/metrics/GetMetricsByExpiration?isExpired=";
    EXPECT_EQ(api_.get(expiration + "true").body, "[]");
    const Answer page = api_.get(expiration + "false&limit=1");
    EXPECT_EQ(ids(page), "done ");
    EXPECT_EQ(page.size("0/values"), 3U);
    const std::string link = page.header("Link");
    ASSERT_THAT(link, MatchesRegex("</metrics/GetMetricsByExpiration\\?.*>; rel=\"next\""));
    const Answer next = api_.get(link.substr(1, link.find('>') - 1));
    EXPECT_EQ(ids(next), "open ");
    EXPECT_EQ(next.header("Link"), "");

    expect_problem(expiration + "yes", 400, "invalid", "isExpired");
    expect_problem("/metrics/GetMetricsByExpiration", 400, "invalid", "isExpired");
    expect_problem(success + "true&isSuccessful=true", 400, "invalid", "isSuccessful");
    expect_problem(success + "true&limit=10001", 400, "invalid", "limit");
}

TEST_F(ReadContract, TheListFiltersSortsAndPages) {
    const Answer all = api_.get("/metrics?sort=-progress&kind=gauge&unit=people&q=VISIT");
    ASSERT_EQ(all.size("items"), 2U) << all.body;
    EXPECT_EQ(all.text("items/0/_id"), "done");
    EXPECT_EQ(all.json.find("items")->array()->front().find("values"), nullptr);
    EXPECT_TRUE(at(all.json, "next").is_null());
    const Answer first = api_.get("/metrics?sort=progress&limit=1");
    EXPECT_EQ(first.text("items/0/_id"), "open");
    const std::string cursor = first.text("next");
    const Answer second = api_.get("/metrics?limit=1&cursor=" + cursor);
    EXPECT_EQ(second.text("items/0/_id"), "done");
    EXPECT_EQ(api_.get("/metrics?successful=true").size("items"), 1U);
    EXPECT_EQ(api_.get("/metrics?expired=true").size("items"), 0U);
    expect_problem("/metrics?sort=size", 400, "invalid", "sort");
    expect_problem("/metrics?limit=0", 400, "invalid", "limit");
    expect_problem("/metrics?colour=red", 400, "invalid", "colour");
    expect_problem("/metrics?cursor=nonsense", 400, "invalid", "cursor");
    expect_problem("/metrics?sort=progress&cursor=" + cursor, 400, "invalid", "sort");
}

// Folded from the events of all metrics, in an order that the embedded set-up alone has.
TEST_F(ReadContract, AListOfThePastIsTheOneOfThen) {
    const std::string question = "/metrics?archived=any&sort=-value";
    const std::string then = base::format_time(base::system_now());
    if (is_distributed()) {
        expect_problem(question + "&asOf=2020-01-01", 501, "no-global-order");
        return;
    }
    const Answer list = api_.get(question);
    ASSERT_EQ(list.size("items"), 2U);
    ASSERT_TRUE(eventually([&] { return base::format_time(base::system_now()) > then; }));
    ASSERT_EQ(api_.set_value("open", 7).status, 201);
    ASSERT_EQ(api_.get("/metrics/open?minVersion=5").status, 200);
    ASSERT_NE(api_.get(question).body, list.body);
    EXPECT_EQ(api_.get(question + "&asOf=" + then).body, list.body);
    EXPECT_THAT(api_.get("/metrics.csv?asOf=" + then).body, HasSubstr("\nopen,Visits,"));
    EXPECT_EQ(api_.get(question + "&asOf=2020-01-01").size("items"), 0U);
    expect_problem("/metrics?asOf=2999-01-01", 400, "invalid", "asOf");
}

TEST_F(ReadContract, ValuesPageInBothDirections) {
    const Answer first = api_.get("/metrics/open/values?limit=2&minVersion=4");
    ASSERT_EQ(first.size("items"), 2U);
    EXPECT_EQ(first.number("items/0/version"), 2);
    EXPECT_EQ(first.number("items/1/value"), 2);
    const Answer rest = api_.get("/metrics/open/values?cursor=" + first.text("next"));
    ASSERT_EQ(rest.size("items"), 1U);
    EXPECT_TRUE(at(rest.json, "next").is_null());
    EXPECT_EQ(api_.get("/metrics/open/values?order=desc").number("items/0/value"), 3);
    EXPECT_EQ(api_.get("/metrics/open/values?to=2001-01-01").size("items"), 0U);
    expect_problem("/metrics/nobody/values", 404, "not-found");
    expect_problem("/metrics/open/values?from=x", 400, "invalid", "from");
    expect_problem("/metrics/open/values?order=up", 400, "invalid", "order");
}

TEST_F(ReadContract, CsvHasARowForEach) {
    const Answer metrics = api_.get("/metrics.csv?sort=-progress");
    EXPECT_EQ(metrics.header("Content-Type"), "text/csv; charset=utf-8; header=present");
    EXPECT_THAT(metrics.body,
                MatchesRegex("id,name,[^\n]+\ndone,Visits,[^\n]+\nopen,Visits,[^\n]+\n"));
    const Answer values = api_.get("/metrics/open/values.csv");
    EXPECT_EQ(values.header("Content-Disposition"), "attachment; filename=\"values-open.csv\"");
    EXPECT_THAT(values.body, MatchesRegex("id,date,value,version\nopen,[^\n]+Z,1,2\n"
                                          "open,[^\n]+Z,2,3\nopen,[^\n]+Z,3,4\n"));
    expect_problem("/metrics/nobody/values.csv", 404, "not-found");
    expect_problem("/metrics.csv?limit=1", 400, "invalid", "limit");
}

TEST_F(ReadContract, AChartHasTheValuesByDate) {
    const Answer chart = api_.get("/metrics/open/chart?minVersion=4&points=50");
    EXPECT_EQ(chart.number("version"), 4);
    EXPECT_EQ(chart.size("values/value"), 3U);
    EXPECT_EQ(chart.number("values/value/0"), 1);
    EXPECT_EQ(chart.number("values/version/2"), 4);
    EXPECT_TRUE(at(chart.json, "forecast").is_null());
    EXPECT_EQ(api_.get("/metrics/open/chart?to=2001-01-01").size("values/at"), 0U);
    expect_problem("/metrics/nobody/chart", 404, "not-found");
    expect_problem("/metrics/open/chart?points=49", 400, "invalid", "points");
    expect_problem("/metrics/open/chart?limit=1", 400, "invalid", "limit");
}

TEST_F(ReadContract, EventsPageAndKeepTheKeyToThemselves) {
    ASSERT_EQ(api_.set_value("open", 4, {.key = "secret-key"}).status, 201);
    const Answer first = api_.get("/metrics/open/events?limit=3");
    ASSERT_EQ(first.size("items"), 3U);
    EXPECT_EQ(first.text("items/0/type"), "MetricCreated");
    EXPECT_EQ(first.text("items/0/payload/name"), "Visits");
    EXPECT_FALSE(first.text("items/0/metadata/commandId").empty());
    EXPECT_EQ(first.number("next"), 3);
    const Answer rest = api_.get("/metrics/open/events?after=3");
    ASSERT_EQ(rest.size("items"), 2U);
    EXPECT_EQ(rest.number("items/1/version"), 5);
    EXPECT_TRUE(at(rest.json, "next").is_null());
    EXPECT_THAT(rest.body, ::testing::Not(HasSubstr("secret-key")));
    EXPECT_EQ(api_.get("/metrics/open/events?after=5").size("items"), 0U);
    expect_problem("/metrics/nobody/events", 404, "not-found");
    expect_problem("/metrics/open/events?after=-1", 400, "invalid", "after");
}

// In the order of recording: the embedded set-up alone has it.
TEST_F(ReadContract, EventsOfAllMetricsAreFollowedAndPagedBack) {
    if (is_distributed()) {
        expect_problem("/events", 501, "no-global-order");
        return;
    }
    const Answer first = api_.get("/events?after=0&limit=5");
    ASSERT_EQ(first.size("items"), 5U) << first.body;
    EXPECT_EQ(first.text("items/0/id"), "done");
    EXPECT_EQ(first.text("items/4/id"), "open");
    EXPECT_EQ(first.number("items/4/position"), 5);
    EXPECT_EQ(first.number("items/4/version"), 1);
    EXPECT_EQ(first.number("next"), 5);
    EXPECT_EQ(api_.get("/events?after=8").size("items"), 0U);
    const Answer latest = api_.get("/events?limit=1");
    EXPECT_EQ(latest.number("items/0/position"), 8);
    EXPECT_EQ(api_.get("/events?before=8&limit=1").number("items/0/position"), 7);
    EXPECT_EQ(answer_of(api_.read().send("HEAD", "/events")).status, 200);
    expect_problem("/events?after=1&before=3", 400, "invalid", "before");
}

TEST_F(ReadContract, AMetricExpiresWithoutAnotherEvent) {
    const auto deadline = base::system_now() + std::chrono::milliseconds(1'500);
    std::string body = create_body("soon", 5);
    const std::string far = "2099-12-31";
    body.replace(body.find(far), far.size(), base::format_time(deadline));
    ASSERT_EQ(api_.post(create_path, body).status, 201);
    const Answer before = api_.get("/metrics/soon?minVersion=1");
    ASSERT_EQ(before.status, 200) << before.body;
    ASSERT_TRUE(eventually([&] { return api_.get("/metrics/soon").flag("isExpired"); }));
    EXPECT_GE(base::system_now(), deadline);
    const Answer after = api_.get("/metrics/soon");
    EXPECT_EQ(after.version(), 1);
    EXPECT_NE(after.header("ETag"), before.header("ETag"));
    EXPECT_EQ(api_.get("/metrics/GetMetricsByExpiration?isExpired=true").size("0/values"), 0U);
    EXPECT_EQ(api_.set_value("soon", 1).problem(), "deadline-passed");
}

TEST_F(ReadContract, OtherMethodsAndPathsAreRefused) {
    const Answer posted = answer_of(api_.read().post_json("/metrics/open", "{}"));
    EXPECT_EQ(posted.status, 405);
    EXPECT_EQ(posted.problem(), "method-not-allowed");
    EXPECT_THAT(posted.header("Allow"), HasSubstr("GET"));
    expect_problem("/nothing", 404, "not-found");
    const Answer named = answer_of(api_.read().send("GET", "/nothing", {{"X-Request-Id", "mine"}}));
    EXPECT_EQ(named.header("X-Request-Id"), "mine");
    EXPECT_THAT(named.text("instance"), StartsWith("urn:request:mine"));
}

}  // namespace
