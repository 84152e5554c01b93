// Resources beside commands: the same commands by other addresses (docs/http.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "api/problems.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "es/memory_event_store.hpp"
#include "write_api/write_api.hpp"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Resources : public ::testing::Test {
protected:
    Resources() {
        api::register_problem_types();
        write_api::add_routes(router_, processor_);
        EXPECT_EQ(send("POST", "/metrics", books).status, 201);
    }

    http::Response send(const std::string& method, const std::string& path, const std::string& body,
                        http::Headers headers = {}) {
        http::Request request;
        request.method = method;
        request.target = request.path = path;
        request.body = body;
        request.id = "request-1";
        request.received = std::chrono::steady_clock::now();
        request.headers = std::move(headers);
        if (request.headers.find("Content-Type") == nullptr) {
            request.headers.add("Content-Type", "application/json");
        }
        auto promise = std::make_shared<std::promise<http::Response>>();
        router_.route(std::move(request), http::Responder([promise](http::Response response) {
                          promise->set_value(std::move(response));
                      }));
        return promise->get_future().get();
    }
    http::Response patch(const std::string& body, http::Headers headers = {}) {
        return send("PATCH", "/metrics/books", body, std::move(headers));
    }
    http::Response values(const std::string& body, http::Headers headers = {}) {
        return send("POST", "/metrics/books/values", body, std::move(headers));
    }
    std::vector<es::RecordedEvent> events() { return es::read_stream(store_, "books"); }
    std::vector<std::string> types() {
        std::vector<std::string> all;
        for (const auto& event : events()) all.push_back(event.type);
        return all;
    }
    // Where the problem says that something is wrong.
    static std::vector<std::string> pointers(const http::Response& response) {
        const auto parsed = json::parse(response.body);
        std::vector<std::string> all;
        const json::Value* errors = parsed.value.find("errors");
        if (errors == nullptr) return all;
        for (const auto& error : *errors->array()) {
            const json::Value* pointer = error.find("pointer");
            all.push_back(pointer != nullptr ? *pointer->string()
                                             : *error.find("header")->string());
        }
        return all;
    }

    static constexpr const char* books =
        R"({"id":"books","name":"Books","description":"d","target":24,"unit":"books",)"
        R"("deadline":"2030-12-31","start":"2029-01-01"})";

    es::TimePoint now_ = *base::parse_time("2030-06-30", base::DateAlone::start_of_day);
    es::MemoryEventStore store_;
    es::CommandProcessor<kpi::MetricAggregate> processor_{
        store_, {.shards = 1, .clock = [this] { return now_; }}};
    http::Router router_;
};

TEST_F(Resources, ACreationIsTheCommandsToTheByte) {
    EXPECT_EQ(events().front().payload,
              R"({"name":"Books","description":"d","target":24,"unit":"books",)"
              R"("deadline":"2030-12-31T23:59:59.999Z","kind":"counter",)"
              R"("start":"2029-01-01T00:00:00.000Z"})");
    EXPECT_EQ(events().front().schema, 2);
    const auto again = send("POST", "/metrics", books);
    EXPECT_EQ(again.status, 409);
    EXPECT_THAT(pointers(send("POST", "/metrics", R"({"name":"n","wat":1})")),
                UnorderedElementsAre("#/description", "#/target", "#/unit", "#/deadline", "#/wat"));
}

TEST_F(Resources, ARepeatOfACommandMayComeAsAResource) {
    const http::Headers key{{"Idempotency-Key", "k1"}};
    const auto first = send("POST", "/metrics/UpdateMetricValueCommand",
                            R"({"id":"books","props":{"value":3}})", key);
    EXPECT_EQ(first.status, 201);
    const auto again = values(R"({"value":3})", key);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(*again.headers.find("Idempotent-Replayed"), "true");
    EXPECT_EQ(values(R"({"value":4})", key).status, 422);
    EXPECT_EQ(events().size(), 2U);
}

TEST_F(Resources, SeveralValuesAreOneAppendInTheOrderOfTheirDates) {
    const http::Headers key{{"Idempotency-Key", "k1"}};
    const char* three = R"([{"value":3,"observedAt":"2030-03-01"},)"
                        R"({"value":2,"observedAt":"2030-02-01","comment":"c"},{"add":4}])";
    EXPECT_EQ(values(three, key).body, R"({"id":"books","version":4})");
    EXPECT_EQ(events()[1].payload,
              R"({"value":2,"observedAt":"2030-02-01T00:00:00.000Z","comment":"c"})");
    EXPECT_EQ(events()[3].payload, R"({"value":7,"added":4})");
    EXPECT_EQ(events()[2].metadata.idempotency_key, "");
    EXPECT_EQ(events()[3].metadata.idempotency_key, "k1");
    const auto again = values(three, key);
    EXPECT_EQ(again.body, R"({"id":"books","version":4})");
    EXPECT_EQ(events().size(), 4U);
}

TEST_F(Resources, NoneOfSeveralValuesIsRecordedWhereOneIsRefused) {
    const auto refused = values(R"([{"value":1},{"value":9,"observedAt":"2031-01-01"},)"
                                R"({"value":2,"observedAt":"2030-02-01"}])");
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(pointers(refused), ElementsAre("#/0/value", "#/1/observedAt"));
    EXPECT_THAT(pointers(values(R"([{"value":1,"x":2},3,{},{"value":1,"add":2}])")),
                UnorderedElementsAre("#/0/x", "#/1", "#/2/value", "#/3/add"));
    EXPECT_THAT(pointers(values(R"({"add":"1"})")), ElementsAre("#/add"));
    EXPECT_THAT(pointers(values(R"({"value":"1"})")), ElementsAre("#/value"));
    EXPECT_THAT(pointers(values("[]")), ElementsAre("#"));
    std::string many = "[";
    for (int i = 0; i < 100; ++i) many += i == 0 ? R"({"value":1})" : R"(,{"value":1})";
    EXPECT_THAT(pointers(values(many + "]")), ElementsAre("#"));
    EXPECT_EQ(events().size(), 1U);
    const auto last = many.rfind(',');
    EXPECT_EQ(values(many.substr(0, last) + "]").status, 201);
    EXPECT_EQ(events().size(), 100U);
}

TEST_F(Resources, APatchChangesAllOfItOrNothing) {
    const char* next_year =
        R"({"target":30,"start":"2031-01-01","deadline":"2031-12-31","owner":"Ada",)"
        R"("checkpoints":[{"until":"2031-06-30","target":15}],"reason":"New year"})";
    EXPECT_EQ(patch(next_year, {{"Idempotency-Key", "k1"}}).body, R"({"id":"books","version":6})");
    EXPECT_THAT(types(),
                ElementsAre("MetricCreated", "MetricTargetUpdated", "MetricDeadlineUpdated",
                            "MetricGoalUpdated", "MetricScheduleUpdated", "MetricSettingsUpdated"));
    EXPECT_EQ(events()[1].payload, R"({"target":30,"reason":"New year"})");
    EXPECT_EQ(events()[4].metadata.idempotency_key, "");
    const auto again = patch(next_year, {{"Idempotency-Key", "k1"}});
    EXPECT_EQ(again.body, R"({"id":"books","version":6})");
    EXPECT_EQ(*again.headers.find("Idempotent-Replayed"), "true");
    EXPECT_EQ(patch(next_year).status, 200);
    const auto refused = patch(R"({"target":40,"start":"2032-01-01"})");
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(pointers(refused), ElementsAre("#/start"));
    EXPECT_EQ(events().size(), 6U);
}

TEST_F(Resources, NullIsTheDefaultWhereThereIsOne) {
    EXPECT_EQ(patch(R"({"owner":"Ada","tags":["b","a"],"lateDays":3})").status, 201);
    EXPECT_EQ(patch(R"({"owner":null,"tags":null,"lateDays":null,"start":null})").status, 201);
    EXPECT_EQ(events().back().payload, "{}");
    EXPECT_THAT(pointers(patch(R"({"name":null,"target":null,"kind":"gauge"})")),
                UnorderedElementsAre("#/name", "#/target", "#/kind"));
    const http::Headers key{{"Idempotency-Key", "k1"}};
    EXPECT_EQ(patch(R"({"target":25,"reason":null})", key).status, 201);
    EXPECT_EQ(events().back().payload, R"({"target":25})");
    EXPECT_EQ(patch(R"({"target":25})", key).status, 201) << "it is the same command";
    EXPECT_EQ(
        patch(R"({"owner":"Ada"})", {{"Content-Type", "application/merge-patch+json"}}).status,
        201);
    EXPECT_EQ(values(R"({"value":1})", {{"Content-Type", "application/merge-patch+json"}}).status,
              415);
}

TEST_F(Resources, ConditionsHoldForThemToo) {
    EXPECT_EQ(patch(R"({"target":30})", {{"If-Match", "\"2\""}}).status, 412);
    EXPECT_EQ(patch(R"({"target":30})", {{"If-Match", "\"1\""}}).status, 201);
    EXPECT_EQ(send("PATCH", "/metrics/nobody", R"({"target":30})").status, 404);
    EXPECT_EQ(send("POST", "/metrics/nobody/values", R"({"value":30})").status, 404);
    EXPECT_EQ(send("DELETE", "/metrics/books/values", "").status, 405);
    EXPECT_EQ(send("POST", "/metrics", books, {{"If-Match", "\"1\""}}).status, 400);
}

TEST_F(Resources, AValueIsCorrectedTakenBackAndBroughtBack) {
    values(R"({"value":11})");
    const auto amend = [this](const std::string& version, const std::string& body) {
        return send("PATCH", "/metrics/books/values/" + version, body);
    };
    EXPECT_EQ(amend("2", R"({"value":12,"reason":"typed 11"})").status, 201);
    EXPECT_EQ(events().back().payload, R"({"of":2,"value":12,"reason":"typed 11"})");
    EXPECT_EQ(amend("2", R"({"value":12,"reason":"again"})").status, 200);
    EXPECT_EQ(amend("2", R"({"retracted":true,"reason":"r"})").status, 201);
    EXPECT_EQ(amend("2", R"({"retracted":false,"reason":"r"})").status, 201);
    EXPECT_EQ(events().back().payload, R"({"of":2,"value":12,"reason":"r"})");
    for (const char* nothing : {"1", "3", "99", "0", "-1", "x", "2x", "99999999999999999999"}) {
        EXPECT_EQ(amend(nothing, R"({"value":12,"reason":"r"})").status, 404) << nothing;
    }
    for (const char* nothing : {"0", "-1", "x", "2x", "99999999999999999999"}) {
        EXPECT_THAT(amend(nothing, R"({"value":12,"reason":"r"})").body,
                    HasSubstr("a version: a whole number from 1"))
            << nothing;
    }
    EXPECT_THAT(pointers(amend("2", R"({"of":2,"value":1})")),
                UnorderedElementsAre("#/of", "#/reason"));
    EXPECT_THAT(pointers(amend("2", R"({"retracted":true,"value":1,"reason":"r"})")),
                ElementsAre("#/retracted"));
    EXPECT_THAT(pointers(amend("2", R"({"reason":"r"})")), ElementsAre("#/value"));
    EXPECT_THAT(pointers(amend("2", R"({"comment":7,"reason":"r"})")), ElementsAre("#/comment"));
    EXPECT_THAT(pointers(amend("2", R"({"retracted":7,"reason":"r"})")),
                ElementsAre("#/retracted"));
}

// Only a version that reported no value is an address of nothing.
TEST_F(Resources, AValueThatMustStayIsThere) {
    EXPECT_EQ(values(R"([{"value":10,"observedAt":"2030-03-01"}])").status, 201);
    EXPECT_EQ(values(R"({"value":8,"observedAt":"2030-01-01"})").status, 201);
    EXPECT_EQ(values(R"({"value":3,"observedAt":"2030-02-01"})").status, 201);
    const auto refused =
        send("PATCH", "/metrics/books/values/2", R"({"retracted":true,"reason":"r"})");
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(pointers(refused), ElementsAre("#/retracted"));
}

TEST_F(Resources, KeepWhatTheCallerSaysOfItself) {
    EXPECT_EQ(send("POST", "/metrics/books/notes", R"({"text":"new shelf","newProcess":true})",
                   {{"X-By", "Gr%C3%B6%C3%9Fe"}})
                  .status,
              201);
    EXPECT_EQ(events().back().metadata.extra.at("by"), "Größe");
    EXPECT_EQ(events().back().metadata.actor, "");
    const std::string long_name(201, 'a');
    for (const std::string& bad :
         {std::string("%ff"), std::string("%0a"), std::string("%20"), std::string(), long_name}) {
        EXPECT_THAT(pointers(patch(R"({"target":30})", {{"X-By", bad}})), ElementsAre("X-By"))
            << bad;
    }
    EXPECT_THAT(pointers(patch("{}", {{"X-By", "a"}, {"X-By", "b"}})), ElementsAre("X-By"));
    EXPECT_EQ(patch(R"({"target":30})", {{"X-By", std::string(200, 'a')}}).status, 201);
}

}  // namespace
