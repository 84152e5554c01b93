#include "api/common_routes.hpp"

#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <future>

#include "api/openapi.hpp"
#include "base/json.hpp"
#include "es/errors.hpp"

namespace api {
namespace {

class CommonRoutesTest : public testing::Test {
protected:
    http::Response get(const std::string& path) {
        http::Router router;
        CommonRoutes routes{"A store of metrics.\n", [this] { return ready(); }, &registry};
        routes.on_error = [this](std::string_view text) { logged = text; };
        add_common_routes(router, std::move(routes), pool);
        std::promise<http::Response> promise;
        http::Request request;
        request.method = "GET";
        request.target = request.path = path;
        router.route(std::move(request), http::Responder([&](http::Response response) {
                         promise.set_value(std::move(response));
                     }));
        return promise.get_future().get();
    }

    std::function<Ready()> ready = [] { return Ready{}; };
    std::string logged;
    prometheus::Registry registry;
    WorkerPool pool{{}};
};

TEST_F(CommonRoutesTest, SaysWhatItIs) {
    EXPECT_EQ(get("/").body, "A store of metrics.\n");
}

TEST_F(CommonRoutesTest, IsHealthy) {
    EXPECT_EQ(get("/-/healthy").status, 200);
}

TEST_F(CommonRoutesTest, ReadyTellsLagAndParked) {
    ready = [] {
        Ready now;
        now.lag = es::Lag{3, std::chrono::milliseconds(40)};
        now.parked = {{"m1", 7, "unknown event type 'X'"}};
        return now;
    };
    const auto response = get("/-/ready");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body,
              R"({"ready":true,"lag":{"events":3,"ms":40},)"
              R"("parked":[{"id":"m1","version":7,"reason":"unknown event type 'X'"}]})");
}

TEST_F(CommonRoutesTest, IsNotReadyWhenItsStoreIsAway) {
    ready = []() -> Ready {
        throw es::Unavailable("there are no views in /srv/data", "there are no views yet");
    };
    const auto response = get("/-/ready");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.body,
              R"({"ready":false,"reason":"there are no views yet","lag":null,"parked":[]})");
    EXPECT_EQ(logged, "not ready: there are no views in /srv/data");
    EXPECT_NE(response.headers.find("Retry-After"), nullptr);
}

TEST_F(CommonRoutesTest, ReadyTellsNoPathsAndAddresses) {
    for (const char* inside : {"/srv/data/views-1.db can't be opened", "no views in ./data",
                               "mongodb://db:27017 is away",
                               "SELECT name FROM metrics: malformed (11)", "opening '/srv/x'"}) {
        ready = [inside]() -> Ready { throw es::Unavailable(inside); };
        EXPECT_EQ(get("/-/ready").body.find(inside), std::string::npos) << inside;
        EXPECT_NE(logged.find(inside), std::string::npos) << inside;
        ready = [inside] {
            Ready now;
            now.ok = false;
            now.reason = inside;
            now.parked = {{"m1", 7, inside}};
            return now;
        };
        EXPECT_EQ(get("/-/ready").body.find(inside), std::string::npos) << inside;
    }
}

TEST_F(CommonRoutesTest, GivesMetricsAsPrometheusReadsThem) {
    prometheus::BuildCounter().Name("things_total").Register(registry).Add({}).Increment(5);
    const auto response = get("/-/prometheus");
    EXPECT_NE(response.body.find("things_total 5"), std::string::npos);
    EXPECT_EQ(*response.headers.find("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
}

TEST_F(CommonRoutesTest, GivesTheOpenApiDocument) {
    const auto response = get("/openapi.json");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, openapi_document());
}

TEST_F(CommonRoutesTest, ExplainsEveryProblemTypeOfTheContract) {
    for (const char* type : {"malformed",           "invalid",
                             "not-found",           "unknown-command",
                             "method-not-allowed",  "timeout",
                             "too-large",           "unsupported-media-type",
                             "header-too-large",    "stale-version",
                             "already-exists",      "precondition-failed",
                             "deadline-in-past",    "deadline-passed",
                             "value-below-current", "value-out-of-order",
                             "target-below-value",  "observed-in-future",
                             "key-reused",          "internal",
                             "no-event-store",      "overloaded",
                             "store-unavailable",   "outcome-unknown",
                             "not-yet-visible",     "parked"}) {
        const auto response = get(std::string("/problems/") + type);
        EXPECT_EQ(response.status, 200) << type;
        EXPECT_GT(response.body.size(), 60U) << type;
    }
    EXPECT_EQ(get("/problems/unheard-of").status, 404);
}

}  // namespace
}  // namespace api
