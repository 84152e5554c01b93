#include "http/problem.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace http {
namespace {

using testing::HasSubstr;

Response page(const std::string& type) {
    Request request;
    request.path_parameters = {{"type", type}};
    Response answer;
    problem_page(request, Responder([&](Response response) { answer = std::move(response); }));
    return answer;
}

TEST(Problem, IsWrittenAsProblemJson) {
    const Response answer = Problem(404, "not-found", "No \"x\".").response("id-1");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(*answer.headers.find("content-type"), "application/problem+json");
    EXPECT_EQ(answer.body,
              R"({"type":"/problems/not-found","title":"There is nothing here","status":404,)"
              R"("detail":"No \"x\".","instance":"urn:request:id-1"})");
    EXPECT_EQ(answer.headers.find("Retry-After"), nullptr);
}

TEST(Problem, NamesEveryBadPlace) {
    Problem problem(400, "invalid", "Two things.");
    problem.errors.push_back({"pointer", "#/props/target", "is not a number"});
    problem.errors.push_back({"header", "If-Match", "is not an ETag"});
    EXPECT_THAT(problem.response("i").body,
                HasSubstr(R"("errors":[{"pointer":"#/props/target","detail":"is not a number"},)"
                          R"({"header":"If-Match","detail":"is not an ETag"}])"));
}

TEST(Problem, CarriesVersionAndRetryAfter) {
    Problem problem(409, "stale-version", "It is 7.");
    problem.current_version = 7;
    problem.retry_after_s = 3;
    const Response answer = problem.response("i");
    EXPECT_THAT(answer.body, HasSubstr(R"("currentVersion":7)"));
    EXPECT_EQ(*answer.headers.find("Retry-After"), "3");
}

TEST(Problem, HasATitleEvenWhenTheTypeIsUnknown) {
    EXPECT_THAT(Problem(409, "never-heard-of", "").response("i").body,
                HasSubstr(R"("title":"Conflict")"));
}

TEST(ProblemTypes, CanBeRegistered) {
    register_problem_types({{"my-own", 422, "My own", "It is explained here."}});
    ASSERT_NE(find_problem_type("my-own"), nullptr);
    EXPECT_EQ(find_problem_type("my-own")->status, 422);
    EXPECT_THAT(page("my-own").body, HasSubstr("It is explained here."));
}

TEST(ProblemTypes, KnowTheServersOwn) {
    for (const char* type :
         {"malformed", "invalid", "timeout", "too-large", "header-too-large", "not-found",
          "method-not-allowed", "unsupported-media-type", "overloaded", "internal"}) {
        EXPECT_NE(find_problem_type(type), nullptr) << type;
    }
}

TEST(ProblemPage, ExplainsAType) {
    const Response answer = page("timeout");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(*answer.headers.find("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_THAT(answer.body, HasSubstr("408"));
}

TEST(ProblemPage, DoesNotKnowEveryType) {
    EXPECT_EQ(page("nonsense").status, 404);
}

}  // namespace
}  // namespace http
