#include "http/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace http {
namespace {

using testing::HasSubstr;

// Answers with a name and the path parameters, so that a test sees who answered.
Handler named(const std::string& name) {
    return [name](const Request& request, const Responder& respond) {
        std::string text = name;
        for (const auto& [key, value] : request.path_parameters) text += " " + key + "=" + value;
        respond(Response::text(200, text));
    };
}

Response ask(const Router& router, const std::string& method, const std::string& path) {
    Request request;
    request.method = method;
    request.path = path;
    request.id = "r1";
    Response answer;
    router.route(std::move(request), Responder([&](Response response) { answer = response; }));
    return answer;
}

Router metrics() {
    Router router;
    router.add("GET", "/", named("root"));
    router.add("GET", "/metrics/{id}", named("one"));
    router.add("GET", "/metrics/all", named("all"));
    router.add("POST", "/metrics/{command}", named("command"));
    router.add("GET", "/metrics/{id}/values", named("values"));
    return router;
}

TEST(Router, FindsTheRouteOfAPath) {
    EXPECT_EQ(ask(metrics(), "GET", "/").body, "root");
    EXPECT_EQ(ask(metrics(), "GET", "/metrics/m1").body, "one id=m1");
    EXPECT_EQ(ask(metrics(), "GET", "/metrics/m1/values").body, "values id=m1");
    EXPECT_EQ(ask(metrics(), "POST", "/metrics/Create").body, "command command=Create");
}

TEST(Router, PrefersALiteralSegment) {
    EXPECT_EQ(ask(metrics(), "GET", "/metrics/all").body, "all");
    Router router;
    router.add("GET", "/{a}/x", named("second"));
    router.add("GET", "/a/{x}", named("first"));
    EXPECT_EQ(ask(router, "GET", "/a/x").body, "first x=x");
}

TEST(Router, FallsBackToANamedSegmentForAnotherMethod) {
    EXPECT_EQ(ask(metrics(), "POST", "/metrics/all").body, "command command=all");
}

TEST(Router, DecodesParametersSegmentBySegment) {
    EXPECT_EQ(ask(metrics(), "GET", "/metrics/a%2Fb%20+").body, "one id=a/b +");
    EXPECT_EQ(ask(metrics(), "GET", "/%6Detrics/all").body, "all");
}

TEST(Router, DoesNotMatchAnEmptyNamedSegment) {
    EXPECT_EQ(ask(metrics(), "GET", "/metrics/").status, 404);
    EXPECT_EQ(ask(metrics(), "GET", "/metrics//values").status, 404);
}

TEST(Router, AnswersUnknownPathsWithNotFound) {
    const Response answer = ask(metrics(), "GET", "/metrics");
    EXPECT_EQ(answer.status, 404);
    EXPECT_THAT(answer.body, HasSubstr("/problems/not-found"));
    EXPECT_THAT(answer.body, HasSubstr("urn:request:r1"));
}

TEST(Router, AnswersAnotherMethodWithTheAllowedOnes) {
    const Response answer = ask(metrics(), "DELETE", "/metrics/all");
    EXPECT_EQ(answer.status, 405);
    EXPECT_THAT(answer.body, HasSubstr("/problems/method-not-allowed"));
    EXPECT_EQ(*answer.headers.find("Allow"), "GET, HEAD, POST");
}

TEST(Router, RoutesHeadToGet) {
    EXPECT_EQ(ask(metrics(), "HEAD", "/metrics/all").body, "all");
    Router router;
    router.add("POST", "/", named("post"));
    EXPECT_EQ(ask(router, "HEAD", "/").status, 405);
}

TEST(Router, TakesAnyMethodWhenNoOtherRouteFits) {
    Router router;
    router.add("*", "/a", named("any"));
    router.add("GET", "/{x}", named("get"));
    EXPECT_EQ(ask(router, "PATCH", "/a").body, "any");
    EXPECT_EQ(ask(router, "GET", "/a").body, "get x=a");
}

TEST(Router, RefusesAPathThatDoesNotDecode) {
    EXPECT_EQ(ask(metrics(), "GET", "/metrics/%zz").status, 400);
    EXPECT_EQ(ask(metrics(), "GET", "").status, 400);
}

TEST(Router, RefusesAPatternWithoutSlash) {
    Router router;
    EXPECT_THROW(router.add("GET", "metrics", named("x")), std::invalid_argument);
}

TEST(Router, TellsItsRoutes) {
    const std::pair<std::string, std::string> root{"GET", "/"};
    const std::pair<std::string, std::string> values{"GET", "/metrics/{id}/values"};
    EXPECT_EQ(metrics().routes().front(), root);
    EXPECT_EQ(metrics().routes().back(), values);
}

}  // namespace
}  // namespace http
