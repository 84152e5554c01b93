#include "cli/show.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/problem.hpp"
#include "http/server.hpp"

namespace {

using namespace cli;
using ::testing::HasSubstr;
using ::testing::Not;

std::string document(int version, int target) {
    return R"({"_id":"m","version":)" + std::to_string(version) +
           R"(,"name":"Visits","description":"d","unit":"u","kind":"gauge","value":1,"target":)" +
           std::to_string(target) + R"(,"deadline":"2099-12-31","progress":0.5,"valuesTotal":1})";
}

constexpr const char* events =
    R"({"items":[{"version":1,"type":"MetricCreated","occurredOn":"t","payload":{"target":1}},)"
    R"({"version":2,"type":"MetricTargetUpdated","occurredOn":"t","payload":{"target":7}}],)"
    R"("next":null})";

// A read API whose view is behind its events, and catches up when somebody waits for it.
std::string shown(bool catches_up, bool has_view = true) {
    http::Server server({}, [=](const http::Request& request, const http::Responder& respond) {
        const bool waited = request.target.find("minVersion=") != std::string::npos;
        if (request.target.find("/values") != std::string::npos) {
            respond(http::Response::json(200, R"({"items":[],"next":null})"));
        } else if (request.target.find("/events") != std::string::npos) {
            respond(http::Response::json(200, events));
        } else if ((!waited && !has_view) || request.target.find("/chart") != std::string::npos) {
            respond(http::Problem(404, "not-found", "There is none.").response(request.id));
        } else if (waited && catches_up) {
            respond(http::Response::json(200, document(2, 7)));
        } else if (waited) {
            respond(http::Problem(503, "not-yet-visible", "Not yet.").response(request.id));
        } else {
            respond(http::Response::json(200, document(1, 1)));
        }
    });
    server.start();
    Servers servers;
    servers.read_url = "http://127.0.0.1:" + std::to_string(server.port());
    MetricApi api(servers);
    return show_text(look_at(api, "m", ""), {}, base::TimePoint{});
}

TEST(Show, WaitsForTheVersionWhoseEventsItPrints) {
    for (const bool has_view : {true, false}) {
        const std::string text = shown(true, has_view);
        EXPECT_THAT(text, HasSubstr("target    7 u"));
        EXPECT_THAT(text, HasSubstr("2  t  target 7"));
        EXPECT_THAT(text, Not(HasSubstr("newer events")));
    }
}

TEST(Show, LeavesOutEventsThatTheViewDoesNotGetTo) {
    const std::string text = shown(false);
    EXPECT_THAT(text, HasSubstr("target    1 u"));
    EXPECT_THAT(text, HasSubstr("1  t  created: target 1"));
    EXPECT_THAT(text, Not(HasSubstr("target 7")));
    EXPECT_THAT(text, HasSubstr("newer events that the view doesn't have yet: 1"));
}

}  // namespace
