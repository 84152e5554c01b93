// Single documents: their form, entity tags, values and events.
#include "api/openapi_fixture.hpp"
#include "read_api/read_api_fixture.hpp"

namespace read_api {
namespace {

using testing::ElementsAre;
using testing::StartsWith;
using testing::UnorderedElementsAre;

using Documents = ReadApiTest;
using Values = ReadApiTest;
using Events = ReadApiTest;

// What documents had from the first release on; what came later follows.
const char* const users_document =
    R"({"_id":"m1","version":3,"name":"Users","description":"Who \"came\"","target":15,)"
    R"("deadline":"2026-12-31T23:59:59.999Z","unit":"users",)"
    R"("values":[{"value":1,"date":"2026-06-01T11:01:00.000Z"},)"
    R"({"value":2,"date":"2026-06-01T11:02:00.000Z"}],)"
    R"("kind":"counter","value":2,"isExpired":false,"isSuccessful":false,)"
    R"("progress":0.13333333333333333,"createdAt":"2026-06-01T10:00:00.000Z",)"
    R"("updatedAt":"2026-06-01T10:00:00.000Z","valuesTotal":2,)";
const char* const users_goal =
    R"("valueDate":"2026-06-01T11:02:00.000Z","valueVersion":3,"status":"on_track",)"
    R"("stale":false,"ahead":[{"at":"2026-07-16T17:20:00.000Z","status":"at_risk"},)"
    R"({"at":"2026-08-11T14:40:00.000Z","status":"off_track"},)"
    R"({"at":"2026-12-31T23:59:59.999Z","status":"missed"}],)"
    R"("attentionAt":"2026-07-16T17:20:00.000Z","pace":{"start":"2026-06-01T10:00:00.000Z",)"
    R"("baseline":0,"progress":0.13333333333333333},"direction":"at_least","mode":"reach",)"
    R"("checkpoints":[],"lateDays":0,"tags":[],"links":[],"isArchived":false})";

TEST_F(Documents, AreAsTheContractSays) {
    save_with_values("m1", 2);
    const auto response = get("/metrics/m1");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(*response.headers.find("Content-Type"), "application/json");
    EXPECT_EQ(response.body, std::string(users_document) + users_goal);
    EXPECT_TRUE(response.headers.find("ETag")->starts_with("\"3-"));
    const auto legacy = get("/metrics/GetMetricsById?metricId=m1");
    EXPECT_EQ(legacy.body, response.body);
    EXPECT_EQ(*legacy.headers.find("ETag"), *response.headers.find("ETag"));
    EXPECT_EQ(ask("/metrics/m1", {}, "HEAD").get().status, 200);
}

TEST_F(Documents, CanBeReadOnThePool) {
    start({.views = views, .pool = pool, .documents_on_io_thread = false});
    save_with_values("m1", 2);
    EXPECT_THAT(get("/metrics/m1").body, StartsWith(users_document));
}

TEST_F(Documents, AnyIdThatIsNotThereIsNotFound) {
    for (const char* id : {"m2", "%00", "a%2Fb", "%F0%9F%93%88", "GetMetricsByNothing"}) {
        const auto response = get(std::string("/metrics/") + id);
        EXPECT_EQ(response.status, 404) << id;
        EXPECT_EQ(problem_type(response), "/problems/not-found");
    }
    EXPECT_EQ(get("/metrics/GetMetricsById?metricId=").status, 404);
}

TEST_F(Documents, NameEveryWrongParameterAndHeader) {
    const auto response = get("/metrics/GetMetricsById?minVersion=0&wait=10001&wat=1&metricid=m1",
                              {{"If-None-Match", "5"}});
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(problem_type(response), "/problems/invalid");
    EXPECT_THAT(
        error_places(response),
        UnorderedElementsAre("parameter metricId", "parameter minVersion", "parameter wait",
                             "parameter wat", "parameter metricid", "header If-None-Match"));
    EXPECT_THAT(error_places(get("/metrics/GetMetricsById?metricId=a&metricId=a")),
                ElementsAre("parameter metricId"));
    EXPECT_THAT(error_places(get("/metrics/m1?metricId=m1")), ElementsAre("parameter metricId"));
}

TEST_F(Documents, AreNotSentAgainToWhomHasThem) {
    save("m1", metric());
    const std::string tag = *get("/metrics/m1").headers.find("ETag");
    for (const auto& sent : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
        const auto response = get("/metrics/m1", {{"If-None-Match", sent}});
        EXPECT_EQ(response.status, 304) << sent;
        EXPECT_EQ(response.body, "");
        EXPECT_EQ(*response.headers.find("ETag"), tag);
    }
    EXPECT_EQ(get("/metrics/m1", {{"If-None-Match", "\"1\""}}).status, 200);
    EXPECT_EQ(get("/metrics/m2", {{"If-None-Match", "*"}}).status, 404);
}

TEST_F(Documents, TagChangesWhenTheDeadlinePasses) {
    save("m1", metric());
    now = moment("2026-12-31T23:59:59.998Z");
    const auto before = get("/metrics/m1");
    now = moment("2026-12-31T23:59:59.999Z");
    const auto after = get("/metrics/m1", {{"If-None-Match", *before.headers.find("ETag")}});
    EXPECT_EQ(after.status, 200);
    EXPECT_NE(after.body, before.body);
    EXPECT_NE(after.body.find("\"isExpired\":true"), std::string::npos);
}

TEST_F(Documents, TagTellsHistoriesOfOneVersionApart) {
    save("m1", metric());
    auto other = metric();
    other.metric.last_occurred += std::chrono::milliseconds(1);
    save("m2", other);
    EXPECT_NE(*get("/metrics/m1").headers.find("ETag"), *get("/metrics/m2").headers.find("ETag"));
}

// The version stays, and what is rendered doesn't.
TEST_F(Documents, TagChangesWhenFieldsAreFilledIn) {
    auto lacking = metric();
    lacking.has_all_fields = false;
    save("m1", lacking);
    const std::string before = *get("/metrics/m1").headers.find("ETag");
    es::ViewSave<kpi::MetricView> save;
    save.changes.push_back({"m1", 1, metric(), {}, true});
    views.save(save);
    const auto after = get("/metrics/m1", {{"If-None-Match", before}});
    EXPECT_EQ(after.status, 200);
    EXPECT_NE(*after.headers.find("ETag"), before);
}

TEST_F(Values, AreAsTheContractSays) {
    save_with_values("m1", 3);
    EXPECT_EQ(get("/metrics/m1/values?from=2026-06-01T11:02:00Z&order=desc&limit=5").body,
              R"({"items":[{"value":3,"date":"2026-06-01T11:03:00.000Z","version":4},)"
              R"({"value":2,"date":"2026-06-01T11:02:00.000Z","version":3}],"next":null})");
    EXPECT_EQ(get("/metrics/m1/values?to=2026-06-01&limit=1").body.find("\"items\":[]"),
              std::string::npos)
        << "a date alone is the end of that day for `to`";
    EXPECT_EQ(get("/metrics/m1/values?from=2026-06-02").body, R"({"items":[],"next":null})");
    EXPECT_EQ(get("/metrics/m2/values").status, 404);
}

TEST_F(Values, PageBothWaysWithinTheirBounds) {
    save_with_values("m1", 12);
    for (const char* order : {"asc", "desc"}) {
        const std::string bounds =
            "from=2026-06-01T11:02:00Z&to=2026-06-01T11:11:00Z&order=" + std::string(order);
        const std::string all = get("/metrics/m1/values?" + bounds).body;
        std::string joined = R"({"items":[)";
        std::string body = get("/metrics/m1/values?limit=3&" + bounds).body;
        int pages = 1;
        while (true) {
            joined += body.substr(10, body.find("],\"next\"") - 10);
            const std::string next = text_member(body, "next");
            if (next.empty()) break;
            joined += ',';
            body = get("/metrics/m1/values?limit=4&minVersion=1&cursor=" + next).body;
            ++pages;
        }
        EXPECT_EQ(joined + R"(],"next":null})", all);
        EXPECT_EQ(pages, 3);
    }
}

TEST_F(Values, NameEveryWrongParameter) {
    save_with_values("m1", 3);
    EXPECT_THAT(error_places(get("/metrics/m1/values?from=x&to=2026-02-30&order=up&limit=1001&"
                                 "minVersion=x&wait=-1&cursor=x&sort=name")),
                testing::IsSupersetOf({"parameter from", "parameter to", "parameter order",
                                       "parameter limit", "parameter minVersion", "parameter wait",
                                       "parameter cursor", "parameter sort"}));
    const std::string next = text_member(get("/metrics/m1/values?limit=1").body, "next");
    EXPECT_EQ(get("/metrics/m1/values?cursor=" + next).status, 200);
    EXPECT_THAT(error_places(get("/metrics/m1/values?order=asc&cursor=" + next)),
                ElementsAre("parameter order"));
    EXPECT_THAT(error_places(get("/metrics/m2/values?cursor=" + next)),
                ElementsAre("parameter cursor"));
}

es::RecordedEvent event(const std::string& stream, es::Version version) {
    es::RecordedEvent event;
    event.stream = stream;
    event.version = version;
    event.occurred_on = moment("2026-06-01T10:00:00Z") + std::chrono::seconds(version);
    event.type = "MetricValueUpdated";
    event.schema = 2;
    event.payload = R"({"value":)" + std::to_string(version) + "}";
    event.metadata = {"c" + std::to_string(version), "secret key", "d", "", {}};
    return event;
}

TEST_F(Events, AreAsTheContractSaysAndHideTheKey) {
    es::append_one(events, {"m1", 0, {event("m1", 1), event("m1", 2), event("m1", 3)}});
    EXPECT_EQ(get("/metrics/m1/events?limit=1").body,
              R"({"items":[{"version":1,"type":"MetricValueUpdated",)"
              R"("occurredOn":"2026-06-01T10:00:01.000Z","payload":{"value":1},)"
              R"("metadata":{"commandId":"c1","digest":"d","schema":2}}],"next":1})");
    const auto rest = json::parse(get("/metrics/m1/events?after=1").body);
    EXPECT_EQ(rest.value.find("items")->array()->size(), 2U);
    EXPECT_TRUE(rest.value.find("next")->is_null());
    EXPECT_EQ(get("/metrics/m1/events?after=3").body, R"({"items":[],"next":null})");
    EXPECT_EQ(get("/metrics/m2/events").status, 404);
    EXPECT_EQ(get("/metrics/m2/events?after=1").status, 404);
    EXPECT_THAT(error_places(get("/metrics/m1/events?after=-1&limit=0&cursor=x")),
                UnorderedElementsAre("parameter after", "parameter limit", "parameter cursor"));
}

TEST_F(Events, WithoutAnEventStoreAreNotImplemented) {
    start({.views = views, .pool = pool});
    const auto response = get("/metrics/m1/events");
    EXPECT_EQ(response.status, 501);
    EXPECT_EQ(problem_type(response), "/problems/no-event-store");
}

struct FailingEvents : es::MemoryEventStore {
    void read(std::vector<es::ReadRequest>, OnStream on_stream) override { on_stream(0, result); }
    es::ReadResult result;
};

TEST_F(Events, FailuresOfTheStoreHaveTheirProblems) {
    FailingEvents failing;
    start({.views = views, .pool = pool, .events = &failing});
    failing.result = {es::ReadStatus::unavailable, {}, false, "disk on fire"};
    EXPECT_EQ(problem_type(get("/metrics/m1/events")), "/problems/store-unavailable");
    failing.result = {es::ReadStatus::corrupt, {}, false, "a gap"};
    EXPECT_EQ(problem_type(get("/metrics/m1/events")), "/problems/parked");
    auto broken = event("m1", 1);
    broken.payload = "{";
    failing.result = {es::ReadStatus::read, {broken}, false, ""};
    EXPECT_EQ(problem_type(get("/metrics/m1/events")), "/problems/parked");
}

TEST_F(Documents, AreRenderedAgainOnlyWhenTheViewHasChanged) {
    struct CountingViews : views::MemoryMetricViews {
        std::optional<kpi::WholeMetric> find(const kpi::MetricId& id) override {
            ++finds;
            return MemoryMetricViews::find(id);
        }
        int finds = 0;
    };
    CountingViews counting;
    start({.views = counting, .pool = pool});
    const auto save_as = [&](es::Version version, bool replaces) {
        kpi::MetricDocument document;
        document.version = version;
        document.metric.name = "name " + std::to_string(version) + (replaces ? " again" : "");
        es::ViewSave<kpi::MetricView> save;
        save.changes.push_back({"m", version - 1, document, {}, replaces});
        ASSERT_TRUE(counting.save(save).empty());
    };
    save_as(1, false);
    const auto first = get("/metrics/m");
    EXPECT_EQ(get("/metrics/m").body, first.body);
    EXPECT_EQ(get("/metrics/GetMetricsById?metricId=m").body, first.body);
    EXPECT_EQ(counting.finds, 1);
    save_as(2, false);
    EXPECT_NE(get("/metrics/m").body.find("name 2"), std::string::npos);
    save_as(2, true);
    EXPECT_NE(get("/metrics/m").body.find("name 2 again"), std::string::npos);
    EXPECT_EQ(get("/metrics/m?minVersion=2").status, 200);
    EXPECT_EQ(counting.finds, 3);
}

TEST_F(Documents, AMetricParkedWithoutAViewIsNotSaidToBeUnknown) {
    es::ViewSave<kpi::MetricView> parking;
    parking.parked = {{"p", 1, "unknown event type"}};
    views.save(parking);
    for (const char* target : {"/metrics/p", "/metrics/GetMetricsById?metricId=p",
                               "/metrics/p/values", "/metrics/p/chart"}) {
        const auto response = get(target);
        EXPECT_EQ(response.status, 503) << target;
        EXPECT_EQ(problem_type(response), "/problems/parked") << target;
        EXPECT_NE(response.headers.find("Retry-After"), nullptr) << target;
    }
    EXPECT_EQ(get("/metrics/q").status, 404);
    EXPECT_EQ(get("/metrics/q/values").status, 404);
    EXPECT_EQ(get("/metrics/q/chart").status, 404);
}

// Its view comes, and its entry goes, between the two looks.
struct RepairedMeanwhile : views::MemoryMetricViews {
    std::optional<es::Parked> parked_entry(const es::StreamId& /*id*/) override {
        es::ViewSave<kpi::MetricView> save;
        save.changes.push_back({"p", 0, document, {}});
        MemoryMetricViews::save(save);
        return std::nullopt;
    }
    kpi::MetricDocument document;
};

TEST_F(Documents, AViewThatComesMeanwhileIsShown) {
    for (const char* target : {"/metrics/p", "/metrics/p/values", "/metrics/p/chart"}) {
        RepairedMeanwhile repaired;
        repaired.document = metric();
        start({.views = repaired, .pool = pool});
        EXPECT_EQ(get(target).status, 200) << target;
    }
}

struct FailingViews : views::MemoryMetricViews {
    std::optional<kpi::ViewStamp> stamp(const kpi::MetricId& id) override {
        if (id == "away") throw es::Unavailable("disk on fire");
        throw std::logic_error("a bug");
    }
};

TEST_F(Documents, FailuresOfTheStoreHaveTheirProblems) {
    FailingViews failing;
    start({.views = failing, .pool = pool});
    const auto away = get("/metrics/away");
    EXPECT_EQ(away.status, 503);
    EXPECT_EQ(problem_type(away), "/problems/store-unavailable");
    EXPECT_NE(away.headers.find("Retry-After"), nullptr);
    const auto bug = get("/metrics/bug");
    EXPECT_EQ(bug.status, 500);
    EXPECT_EQ(bug.body.find("a bug"), std::string::npos);
    EXPECT_EQ(operator_told, "request r1: a bug");
}

TEST_F(ReadApiTest, ItsRoutesAreThoseOfTheOpenApiDocument) {
    EXPECT_EQ(api::documented_operations("Queries"), api::routed_operations(router));
}

}  // namespace
}  // namespace read_api
