// The write API as its clients see it: status, headers and body of every command and of its
// refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fold.hpp"

namespace {

using namespace e2e;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class WriteContract : public ::testing::Test {
protected:
    WriteContract() : server_(folder_), api_(server_) {}

    Answer command(const std::string& name, const std::string& body, http::Headers headers = {}) {
        return answer_of(api_.write().post_json("/metrics/" + name, body, std::move(headers)));
    }
    Answer send(const std::string& method, const std::string& target, http::Headers headers = {},
                const std::string& body = {}) {
        return answer_of(api_.write().send(method, target, std::move(headers), body));
    }

    Folder folder_;
    Server server_;
    Api api_;
};

void expect_done(const Answer& answer, int status, const std::string& id, int version) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.body, R"({"id":")" + id + R"(","version":)" + std::to_string(version) + "}");
    EXPECT_EQ(answer.header("ETag"), "\"" + std::to_string(version) + "\"");
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_FALSE(answer.header("X-Request-Id").empty());
}

void expect_problem(const Answer& answer, int status, const std::string& type) {
    SCOPED_TRACE(answer.body);
    ASSERT_EQ(answer.status, status);
    ASSERT_EQ(answer.problem(), type);
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
    EXPECT_EQ(answer.number("status"), status);
    EXPECT_FALSE(answer.text("title").empty());
    EXPECT_FALSE(answer.text("detail").empty());
    EXPECT_EQ(answer.text("instance"), "urn:request:" + answer.header("X-Request-Id"));
}

TEST_F(WriteContract, EveryCommandRecordsItsEvent) {
    const Answer created = command("CreateMetricCommand", create_body("visits", 100, "counter"));
    expect_done(created, 201, "visits", 1);
    EXPECT_EQ(created.header("Location"), "/metrics/visits");
    const std::string details = R"({"id":"visits","props":{"name":"Zählung","description":"a\nb",)"
                                R"("unit":"Stück"}})";
    expect_done(command("UpdateMetricDetailsCommand", details), 201, "visits", 2);
    const std::string target = R"({"id":"visits","props":{"target":50.5}})";
    expect_done(command("UpdateMetricTargetCommand", target), 201, "visits", 3);
    const std::string deadline =
        R"({"id":"visits","props":{"deadline":"2098-06-30T12:00:00+02:00"}})";
    expect_done(command("UpdateMetricDeadlineCommand", deadline), 201, "visits", 4);
    const std::string value = R"({"id":"visits","props":{"value":7,"observedAt":"2024-02-29"}})";
    expect_done(command("UpdateMetricValueCommand", value), 201, "visits", 5);

    // Saying the same again changes nothing, but a value is reported each time.
    expect_done(command("UpdateMetricDetailsCommand", details), 200, "visits", 5);
    expect_done(command("UpdateMetricTargetCommand", target), 200, "visits", 5);
    expect_done(command("UpdateMetricDeadlineCommand", deadline), 200, "visits", 5);
    expect_done(command("UpdateMetricValueCommand", value), 201, "visits", 6);

    const auto events = read_events(api_, "visits");
    ASSERT_EQ(events.size(), 6U);
    EXPECT_EQ(events[0].type, "MetricCreated");
    EXPECT_EQ(events[1].type, "MetricDetailsUpdated");
    EXPECT_EQ(events[2].type, "MetricTargetUpdated");
    EXPECT_EQ(events[3].type, "MetricDeadlineUpdated");
    EXPECT_EQ(*at(events[3].payload, "deadline").string(), "2098-06-30T10:00:00.000Z");
    EXPECT_EQ(events[4].type, "MetricValueUpdated");
    EXPECT_EQ(*at(events[4].payload, "observedAt").string(), "2024-02-29T00:00:00.000Z");
    expect_view_equals_fold(api_, "visits", events);
}

TEST_F(WriteContract, AMetricWithoutAnIdGetsOne) {
    const Answer one = command("CreateMetricCommand", create_body(""));
    const Answer two = command("CreateMetricCommand", create_body(""));
    EXPECT_THAT(
        one.text("id"),
        MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    EXPECT_NE(one.text("id"), two.text("id"));
    EXPECT_EQ(one.header("Location"), "/metrics/" + one.text("id"));
}

TEST_F(WriteContract, VersionsAreCheckedInTheBodyAndInTheHeader) {
    ASSERT_EQ(api_.create("visits").status, 201);
    ASSERT_EQ(api_.set_value("visits", 1).status, 201);
    const Answer stale = api_.set_value("visits", 2, {.version = 1});
    expect_problem(stale, 409, "stale-version");
    EXPECT_EQ(stale.number("currentVersion"), 2);
    const std::string body = value_body("visits", 2);
    const Answer failed = command("UpdateMetricValueCommand", body, {{"If-Match", "\"1\""}});
    expect_problem(failed, 412, "precondition-failed");
    EXPECT_EQ(failed.number("currentVersion"), 2);
    expect_done(command("UpdateMetricValueCommand", body, {{"If-Match", "\"1\", \"2\""}}), 201,
                "visits", 3);
    // The read API's tag is a version too.
    const Answer read = api_.get("/metrics/visits?minVersion=3");
    expect_done(command("UpdateMetricValueCommand", body, {{"If-Match", read.header("ETag")}}), 201,
                "visits", 4);
    const Answer exists = api_.create("visits");
    expect_problem(exists, 409, "already-exists");
    EXPECT_EQ(exists.number("currentVersion"), 4);
    EXPECT_EQ(command("CreateMetricCommand", create_body("x"), {{"If-Match", "*"}}).status, 400);
}

TEST_F(WriteContract, RulesAreRefusedWith422) {
    ASSERT_EQ(command("CreateMetricCommand", create_body("visits", 100, "counter")).status, 201);
    ASSERT_EQ(api_.set_value("visits", 10).status, 201);
    expect_problem(api_.set_value("visits", 9), 422, "value-below-current");
    expect_problem(command("UpdateMetricTargetCommand", R"({"id":"visits","props":{"target":5}})"),
                   422, "target-below-value");
    expect_problem(command("UpdateMetricDeadlineCommand",
                           R"({"id":"visits","props":{"deadline":"2001-01-01"}})"),
                   422, "deadline-in-past");
    expect_problem(command("UpdateMetricValueCommand",
                           R"({"id":"visits","props":{"value":11,"observedAt":"2020-01-01"}})"),
                   422, "value-out-of-order");
    expect_problem(command("UpdateMetricValueCommand",
                           R"({"id":"visits","props":{"value":11,"observedAt":"2090-01-01"}})"),
                   422, "observed-in-future");
    EXPECT_EQ(read_events(api_, "visits").size(), 2U);
}

TEST_F(WriteContract, EveryWrongMemberIsNamed) {
    const Answer answer =
        command("CreateMetricCommand",
                R"({"id":"-x","extra":1,"aggregateVersion":2,"props":{"name":" ","target":"5",)"
                R"("unit":"u","unit":"v","deadline":"tomorrow","kind":"other"}})");
    expect_problem(answer, 400, "invalid");
    for (const char* pointer :
         {"#/id", "#/extra", "#/aggregateVersion", "#/props/name", "#/props/description",
          "#/props/target", "#/props/unit", "#/props/deadline", "#/props/kind"}) {
        EXPECT_THAT(answer.body, HasSubstr(std::string(R"("pointer":")") + pointer + "\""));
    }
    const Answer headers = command("UpdateMetricValueCommand", value_body("visits", 1),
                                   {{"If-Match", "x"}, {"Idempotency-Key", std::string(300, 'k')}});
    expect_problem(headers, 400, "invalid");
    EXPECT_THAT(headers.body, HasSubstr(R"("header":"If-Match")"));
    EXPECT_THAT(headers.body, HasSubstr(R"("header":"Idempotency-Key")"));
    expect_problem(command("UpdateMetricValueCommand?x=1", value_body("visits", 1)), 400,
                   "invalid");
    expect_problem(command("UpdateMetricValueCommand", "{\"id\":"), 400, "malformed");
}

TEST_F(WriteContract, WhatIsNoCommandIsRefused) {
    const std::string body = value_body("visits", 1);
    expect_problem(command("UpdateMetricValueCommand", body), 404, "not-found");
    expect_problem(command("DeleteMetricCommand", body), 404, "unknown-command");
    expect_problem(send("GET", "/no/such/path"), 404, "not-found");
    const Answer wrong_method = send("PUT", value_path, {}, body);
    expect_problem(wrong_method, 405, "method-not-allowed");
    EXPECT_EQ(wrong_method.header("Allow"), "POST");
    expect_problem(send("POST", value_path, {}, body), 415, "unsupported-media-type");
    expect_problem(send("POST", value_path, {{"Content-Type", "text/plain"}}, body), 415,
                   "unsupported-media-type");
    ASSERT_EQ(api_.create("visits").status, 201);
    const http::Headers utf8{{"Content-Type", "Application/JSON; charset=UTF-8"}};
    expect_done(send("POST", value_path, utf8, body), 201, "visits", 2);
}

TEST_F(WriteContract, ARequestIdIsKept) {
    const Answer kept =
        command("CreateMetricCommand", create_body("visits"), {{"X-Request-Id", "trace_1.a-b"}});
    EXPECT_EQ(kept.header("X-Request-Id"), "trace_1.a-b");
    const Answer problem =
        command("UpdateMetricValueCommand", value_body("nobody", 1), {{"X-Request-Id", "trace-2"}});
    EXPECT_EQ(problem.text("instance"), "urn:request:trace-2");
    const Answer replaced =
        command("UpdateMetricValueCommand", value_body("visits", 1), {{"X-Request-Id", "not one"}});
    EXPECT_THAT(replaced.header("X-Request-Id"), MatchesRegex("[A-Za-z0-9._-]{1,128}"));
    EXPECT_TRUE(server_.process().wait_for_log([](const std::string& log) {
        return log.find(R"("id":"trace_1.a-b")") != std::string::npos;
    }));
}

TEST_F(WriteContract, BothApisExplainThemselvesAndTheirProblems) {
    for (http::Client* client : {&api_.write(), &api_.read()}) {
        auto get = [&](const std::string& target) { return answer_of(client->get(target)); };
        EXPECT_THAT(get("/").body, HasSubstr("Yardstick"));
        EXPECT_EQ(get("/-/healthy").status, 200);
        // How far the views are is known a moment after they are made.
        EXPECT_TRUE(eventually([&] { return !at(get("/-/ready").json, "lag").is_null(); }));
        const Answer ready = get("/-/ready");
        EXPECT_EQ(ready.status, 200);
        EXPECT_GE(ready.number("lag/events"), 0);
        EXPECT_GE(ready.number("lag/ms"), 0);
        EXPECT_EQ(ready.size("parked"), 0U);
        const Answer metrics = get("/-/prometheus");
        EXPECT_EQ(metrics.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
        EXPECT_THAT(metrics.body, HasSubstr("\nyardstick_http_requests_total{"));
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
            EXPECT_EQ(get(std::string("/problems/") + type).status, 200) << type;
        }
        EXPECT_EQ(get("/problems/nothing").problem(), "not-found");
        const Answer head = answer_of(client->send("HEAD", "/-/healthy"));
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.header("Content-Length"), "8");
        EXPECT_EQ(head.body, "");
    }
}

}  // namespace
