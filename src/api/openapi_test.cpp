#include "api/openapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/common_routes.hpp"
#include "api/openapi_fixture.hpp"
#include "api/problems.hpp"
#include "http/problem.hpp"

namespace api {
namespace {

http::Response get_openapi(http::Headers headers = {}) {
    http::Response answer;
    http::Request request;
    request.headers = std::move(headers);
    openapi_page(request,
                 http::Responder([&](http::Response response) { answer = std::move(response); }));
    return answer;
}

std::set<std::string> problem_paths() {
    register_problem_types();
    std::set<std::string> paths;
    for (const auto& type : http::problem_types()) {
        paths.insert(std::string("/problems/") + type.type);
    }
    return paths;
}

std::vector<std::string> texts(const json::Value& array) {
    std::vector<std::string> found;
    for (const auto& value : *array.array()) found.push_back(*value.string());
    return found;
}

using TypeAndStatus = std::pair<std::string, int>;

// What a schema {"type": {"const" or "enum"}, "status": {"const"}} allows.
std::vector<TypeAndStatus> types_with_status(const json::Value& schema) {
    const json::Value* status = schema.find("status");
    const json::Value* only = status != nullptr ? status->find("const") : nullptr;
    if (only == nullptr) return {};
    const json::Value& type = *schema.find("type");
    const json::Value* choice = type.find("enum");
    const auto types =
        choice != nullptr ? texts(*choice) : std::vector{*type.find("const")->string()};
    std::vector<TypeAndStatus> found;
    for (const auto& each : types)
        found.emplace_back(each, static_cast<int>(only->number()->value));
    return found;
}

// That of all such schemas in the document.
std::set<TypeAndStatus> documented_statuses() {
    std::set<TypeAndStatus> found;
    std::vector<const json::Value*> left{&openapi_json()};
    while (!left.empty()) {
        const json::Value& value = *left.back();
        left.pop_back();
        for (auto& type : types_with_status(value)) found.insert(std::move(type));
        if (const auto* array = value.array()) {
            for (const auto& element : *array) left.push_back(&element);
        }
        if (const auto* members = value.object()) {
            for (const auto& [name, member] : *members) left.push_back(&member);
        }
    }
    return found;
}

TEST(Openapi, IsADocumentOfThisVersion) {
    const json::Parsed parsed = json::parse(openapi_document());
    ASSERT_TRUE(parsed.ok()) << parsed.error;
    EXPECT_THAT(parsed.duplicates, testing::IsEmpty());
    EXPECT_EQ(*parsed.value.find("openapi")->string(), "3.1.1");
    EXPECT_THAT(*parsed.value.find("info")->find("version")->string(),
                testing::MatchesRegex("[0-9]+[.][0-9]+[.][0-9]+"));
}

TEST(Openapi, IsAnsweredWithAnEntityTag) {
    const auto response = get_openapi();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, openapi_document());
    EXPECT_EQ(*response.headers.find("Content-Type"), "application/json");
    EXPECT_EQ(*response.headers.find("Cache-Control"), "no-cache");

    const auto again = get_openapi({{"If-None-Match", *response.headers.find("ETag")}});
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(*again.headers.find("ETag"), *response.headers.find("ETag"));

    EXPECT_EQ(get_openapi({{"If-None-Match", "\"another\""}}).status, 200);
    EXPECT_EQ(get_openapi({{"If-None-Match", "no tag"}}).status, 400);
}

TEST(Openapi, KnowsEveryProblemTypeAndNoOther) {
    const json::Value& components = *openapi_json().find("components");
    const json::Value& type =
        *components.find("schemas")->find("Problem")->find("properties")->find("type");
    EXPECT_THAT(texts(*type.find("enum")), testing::UnorderedElementsAreArray(problem_paths()));

    const json::Value& name = *components.find("parameters")->find("ProblemName");
    std::set<std::string> paths;
    for (const auto& each : texts(*name.find("schema")->find("enum"))) {
        paths.insert("/problems/" + each);
    }
    EXPECT_EQ(paths, problem_paths());
}

TEST(Openapi, GivesEachProblemTypeItsStatus) {
    std::set<TypeAndStatus> expected;
    register_problem_types();
    for (const auto& type : http::problem_types()) {
        expected.emplace(std::string("/problems/") + type.type, type.status);
    }
    // No address of the document answers with it: it is for those that are no command's.
    expected.erase({"/problems/unknown-command", 404});
    // Lines of an answer have it, never the answer.
    expected.erase({"/problems/held-back", 503});
    EXPECT_EQ(documented_statuses(), expected);
}

TEST(Openapi, HasTheRoutesThatBothApisShare) {
    WorkerPool pool{{}};
    const prometheus::Registry registry;
    http::Router router;
    add_common_routes(router, {"", [] { return Ready{}; }, &registry}, pool);
    EXPECT_EQ(documented_operations("Operation"), routed_operations(router));
}

}  // namespace
}  // namespace api
