// The contract's write API, without sockets: requests through the router, answers to the letter.
#include "write_api/write_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "api/openapi_fixture.hpp"
#include "api/problems.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "es/memory_event_store.hpp"
#include "write_api/bulk.hpp"
#include "write_api/command_reader.hpp"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr const char* create_props =
    R"("name":"Users","description":"Active users","target":15,"unit":"users","deadline":"2030-01-01")";

class WriteApi : public ::testing::Test {
protected:
    WriteApi() {
        api::register_problem_types();
        write_api::add_routes(router_, *processor_, &parked);
    }

    http::Response post(const std::string& command, const std::string& body,
                        http::Headers headers = {}, const std::string& query = "") {
        return send("POST", "/metrics/" + command, body, std::move(headers), query);
    }
    http::Response send(const std::string& method, const std::string& path, const std::string& body,
                        http::Headers headers = {}, const std::string& query = "") {
        http::Request request;
        request.method = method;
        request.target = path;
        request.path = path;
        request.body = body;
        request.id = "request-1";
        request.received = std::chrono::steady_clock::now();
        request.headers = std::move(headers);
        if (!query.empty()) request.query.push_back({query, "1"});
        if (request.headers.find("Content-Type") == nullptr) {
            request.headers.add("Content-Type", "application/json");
        }
        auto promise = std::make_shared<std::promise<http::Response>>();
        auto response = promise->get_future();
        router_.route(std::move(request), http::Responder([promise](http::Response r) {
                          promise->set_value(std::move(r));
                      }));
        return response.get();
    }
    http::Response create(const std::string& id, const std::string& props = create_props,
                          http::Headers headers = {}) {
        return post("CreateMetricCommand", R"({"id":")" + id + R"(","props":{)" + props + "}}",
                    std::move(headers));
    }
    http::Response value(const std::string& id, const std::string& props,
                         const std::string& more = "", http::Headers headers = {}) {
        return post("UpdateMetricValueCommand",
                    R"({"id":")" + id + "\"" + more + R"(,"props":{)" + props + "}}",
                    std::move(headers));
    }

    static std::string header(const http::Response& response, const char* name) {
        const std::string* value = response.headers.find(name);
        return value == nullptr ? "" : *value;
    }
    static std::string type(const http::Response& response) {
        const auto body = json::parse(response.body);
        const json::Value* value = body.value.find("type");
        return value == nullptr ? "" : value->string()->substr(std::string("/problems/").size());
    }
    // The places of a problem's errors.
    static std::vector<std::string> places(const http::Response& response) {
        std::vector<std::string> found;
        const auto body = json::parse(response.body);
        const json::Value* errors = body.value.find("errors");
        if (errors == nullptr || errors->array() == nullptr) return found;
        for (const json::Value& error : *errors->array()) {
            for (const char* kind : {"pointer", "parameter", "header"}) {
                if (error.find(kind) != nullptr) found.push_back(*error.find(kind)->string());
            }
        }
        return found;
    }

    std::atomic<base::TimePoint> now{
        *base::parse_time("2026-06-01T12:00:00Z", base::DateAlone::start_of_day)};
    es::MemoryEventStore store;
    write_api::ParkedMetrics parked;

private:
    std::unique_ptr<es::CommandProcessor<kpi::MetricAggregate>> processor_ = [this] {
        es::ProcessorOptions options;
        options.clock = [this] { return now.load(); };
        options.make_command_id = base::random_uuid;
        return std::make_unique<es::CommandProcessor<kpi::MetricAggregate>>(store, options);
    }();
    http::Router router_;
};

TEST_F(WriteApi, CreatesAndUpdatesAMetric) {
    const auto created = create("m1");
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(created.body, R"({"id":"m1","version":1})");
    EXPECT_EQ(header(created, "ETag"), "\"1\"");
    EXPECT_EQ(header(created, "Location"), "/metrics/m1");

    const auto updated = value("m1", R"("value":3)");
    EXPECT_EQ(updated.status, 201);
    EXPECT_EQ(updated.body, R"({"id":"m1","version":2})");
    EXPECT_EQ(header(updated, "Location"), "");

    const auto events = es::read_stream(store, "m1");
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0].type, "MetricCreated");
    EXPECT_EQ(events[0].payload,
              R"({"name":"Users","description":"Active users","target":15,"unit":"users",)"
              R"("deadline":"2030-01-01T23:59:59.999Z","kind":"counter"})");
    EXPECT_EQ(events[1].payload, R"({"value":3})");
    EXPECT_EQ(events[1].occurred_on, now.load());
}

TEST_F(WriteApi, MakesAnIdWhereNoneIsGiven) {
    const auto created =
        post("CreateMetricCommand", std::string("{\"props\":{") + create_props + "}}");
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(header(created, "Location").size(), std::string("/metrics/").size() + 36);
}

// A prop that the digest left out would make another command a replay, which is then lost.
TEST_F(WriteApi, TellsARepeatFromACommandThatDiffersInAnyProp) {
    struct Prop {
        std::string name;
        std::string value;
        std::string other;
    };
    const Prop name{"name", "\"a\"", "\"b\""};
    const Prop description{"description", "\"a\"", "\"b\""};
    const Prop target{"target", "25", "26"};
    const Prop unit{"unit", "\"a\"", "\"b\""};
    const Prop deadline{"deadline", "\"2030-01-03\"", "\"2030-01-02\""};
    const Prop kind{"kind", "\"gauge\"", "\"counter\""};
    const Prop direction{"direction", "\"at_most\"", "\"at_least\""};
    const Prop mode{"mode", "\"reach\"", "\"keep\""};
    const Prop start{"start", "\"2026-01-01\"", "\"2026-01-02\""};
    const Prop baseline{"baseline", "50", "60"};
    const Prop tolerance{"tolerance", "1", "2"};
    const Prop checkpoints{"checkpoints", R"([{"until":"2029-01-01","target":26}])",
                           R"([{"until":"2029-01-01","target":27}])"};
    const Prop update_every{"updateEvery", "\"daily\"", "\"weekly\""};
    const Prop late_days{"lateDays", "1", "2"};
    const Prop decimals{"decimals", "1", "2"};
    const Prop owner{"owner", "\"a\"", "\"b\""};
    const Prop tags{"tags", "[\"a\"]", "[\"b\"]"};
    const Prop links{"links", R"([{"title":"a","url":"http://a"}])",
                     R"([{"title":"a","url":"http://b"}])"};
    const Prop reason{"reason", "\"a\"", "\"b\""};
    const Prop value{"value", "1", "2"};
    const Prop observed_at{"observedAt", "\"2026-01-01\"", "\"2026-01-02\""};
    const Prop comment{"comment", "\"a\"", "\"b\""};
    const Prop of{"of", "2", "3"};
    const std::map<std::string, std::vector<Prop>> props{
        {"CreateMetricCommand",
         {name, description, target, unit, deadline, kind, direction, mode, start, baseline,
          tolerance, checkpoints, update_every, late_days, decimals, owner, tags, links}},
        {"UpdateMetricDetailsCommand", {name, description, unit, reason}},
        {"UpdateMetricTargetCommand", {target, reason}},
        {"UpdateMetricDeadlineCommand", {deadline, reason}},
        {"UpdateMetricGoalCommand", {direction, mode, start, baseline, tolerance, reason}},
        {"ScheduleMetricTargetsCommand",
         {{"checkpoints", R"([{"until":"2029-01-01","target":5}])",
           R"([{"until":"2029-01-01","target":6}])"},
          reason}},
        {"UpdateMetricSettingsCommand",
         {update_every, late_days, decimals, owner, tags, links, reason}},
        {"UpdateMetricValueCommand", {value, observed_at, comment}},
        {"CorrectMetricValueCommand", {of, value, observed_at, comment, reason}},
        {"RetractMetricValueCommand", {of, reason}},
        {"NoteMetricCommand",
         {{"text", "\"a\"", "\"b\""},
          {"at", "\"2026-01-01\"", "\"2026-01-02\""},
          {"newProcess", "true", "false"}}},
        {"ArchiveMetricCommand", {reason}},
        {"ReopenMetricCommand", {reason}},
    };
    for (const auto& command : write_api::command_names()) {
        SCOPED_TRACE(command);
        ASSERT_TRUE(props.contains(command)) << "say here what its props are";
        const auto& own = props.at(command);
        const std::string id = "m-" + command;
        if (command != "CreateMetricCommand") create(id);
        if (own.front().name == "of") {
            ASSERT_EQ(this->value(id, R"("value":3)").status, 201);
        }
        if (command == "ReopenMetricCommand") {
            post("ArchiveMetricCommand", R"({"id":")" + id + R"(","props":{}})");
        }
        // All as they are but the one of this place.
        const auto body = [&](std::size_t changed) {
            std::string text = R"({"id":")" + id + R"(","props":{)";
            for (std::size_t i = 0; i < own.size(); ++i) {
                text += (i == 0 ? "\"" : ",\"") + own[i].name + "\":";
                text += i == changed ? own[i].other : own[i].value;
            }
            return text + "}}";
        };
        const http::Headers key{{"Idempotency-Key", "the-key"}};
        const auto first = post(command, body(own.size()), key);
        ASSERT_EQ(first.status, 201) << first.body;
        const auto again = post(command, body(own.size()), key);
        EXPECT_EQ(again.status, 201) << again.body;
        EXPECT_EQ(header(again, "Idempotent-Replayed"), "true");
        for (std::size_t i = 0; i < own.size(); ++i) {
            EXPECT_EQ(type(post(command, body(i), key)), "key-reused") << own[i].name;
        }
    }
}

TEST_F(WriteApi, SaysWhenNothingChanges) {
    create("m1");
    const auto same = post("UpdateMetricTargetCommand", R"({"id":"m1","props":{"target":15.0}})");
    EXPECT_EQ(same.status, 200);
    EXPECT_EQ(same.body, R"({"id":"m1","version":1})");
    EXPECT_EQ(header(same, "ETag"), "\"1\"");
    EXPECT_EQ(post("UpdateMetricDeadlineCommand",
                   R"({"id":"m1","props":{"deadline":"2030-01-02T01:59:59.999+02:00"}})")
                  .status,
              200);
    EXPECT_EQ(
        post("UpdateMetricDetailsCommand",
             R"({"id":"m1","props":{"name":"Users","description":"Active users","unit":"users"}})")
            .status,
        200);
}

TEST_F(WriteApi, KnowsItsCommands) {
    EXPECT_EQ(type(post("DeleteMetricCommand", "{}")), "unknown-command");
    EXPECT_EQ(type(post("books", "{}")), "unknown-command");
    const auto get = send("GET", "/metrics/CreateMetricCommand", "");
    EXPECT_EQ(get.status, 405);
    EXPECT_EQ(header(get, "Allow"), "POST");
    for (const char* method : {"GET", "HEAD", "PUT", "DELETE"}) {
        const auto of_a_metric = send(method, "/metrics/books", "");
        EXPECT_EQ(of_a_metric.status, 405) << method;
        EXPECT_EQ(type(of_a_metric), "method-not-allowed") << method;
        EXPECT_EQ(header(of_a_metric, "Allow"), "PATCH") << method;
    }
    EXPECT_EQ(type(send("POST", "/nothing", "{}")), "not-found");
}

TEST_F(WriteApi, TakesOnlyJson) {
    for (const char* content_type : {"text/plain", "application/json; charset=latin1",
                                     "application/json;x=1", "application/jsonx"}) {
        EXPECT_EQ(type(create("m1", create_props, {{"Content-Type", content_type}})),
                  "unsupported-media-type")
            << content_type;
    }
    EXPECT_EQ(
        create("m1", create_props, {{"Content-Type", "Application/JSON; charset=UTF-8"}}).status,
        201);
}

TEST_F(WriteApi, TakesNoEncodedBody) {
    for (const char* coding : {"gzip", "br", "identity, gzip", "x", "identity;q=1"}) {
        const auto response = create("m1", create_props, {{"Content-Encoding", coding}});
        EXPECT_EQ(type(response), "unsupported-media-type") << coding;
        EXPECT_EQ(header(response, "Accept-Encoding"), "identity");
    }
    // Nothing was recorded.
    EXPECT_EQ(create("m1", create_props, {{"Content-Encoding", "Identity"}}).status, 201);
}

TEST_F(WriteApi, NamesEveryBadMemberAtOnce) {
    const auto response =
        post("CreateMetricCommand",
             R"({"id":"-x","aggregateVersion":1,"extra":1,"props":{"name":"","target":"15",)"
             R"("unit":"a\u0007b","deadline":"2030-02-30","kind":"ratio","more":null}})",
             {{"If-Match", "*"}, {"Idempotency-Key", "\"unended"}}, "dry");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(type(response), "invalid");
    EXPECT_THAT(places(response),
                UnorderedElementsAre("dry", "Idempotency-Key", "#/id", "#/aggregateVersion",
                                     "If-Match", "#/props/name", "#/props/description",
                                     "#/props/target", "#/props/unit", "#/props/deadline",
                                     "#/props/kind", "#/props/more", "#/extra"));
    EXPECT_THAT(response.body, HasSubstr("urn:request:request-1"));
}

TEST_F(WriteApi, RefusesDuplicateMembers) {
    const auto response = value("m1", R"("value":1,"value":2)");
    EXPECT_EQ(type(response), "invalid");
    EXPECT_THAT(places(response), ElementsAre("#/props/value"));
}

TEST_F(WriteApi, RefusesWhatIsNotJson) {
    EXPECT_EQ(type(post("CreateMetricCommand", "{\"props\":")), "malformed");
    EXPECT_EQ(type(post("CreateMetricCommand", "")), "malformed");
    EXPECT_THAT(places(post("CreateMetricCommand", "[]")), ElementsAre("#"));
    EXPECT_THAT(places(post("CreateMetricCommand", "{", {{"If-Match", "x"}})),
                ElementsAre("If-Match"));
    EXPECT_THAT(places(post("CreateMetricCommand", R"({"props":[]})")), ElementsAre("#/props"));
}

TEST_F(WriteApi, KeepsNumbersInTheRangeOfEveryStore) {
    create(
        "m1",
        R"("name":"n","description":"d","target":1,"unit":"u","deadline":"2030-01-01","kind":"gauge")");
    for (const char* good : {"0", "-0.0", "1e-100", "-1e100", "0.1"}) {
        EXPECT_EQ(value("m1", std::string("\"value\":") + good).status, 201) << good;
    }
    for (const char* bad : {"1e-101", "1e101", "1e400", "1e-400", "true", "\"1\"", "null"}) {
        EXPECT_THAT(places(value("m1", std::string("\"value\":") + bad)),
                    ElementsAre("#/props/value"))
            << bad;
    }
    EXPECT_EQ(es::read_stream(store, "m1")[2].payload, R"({"value":0})");
}

TEST_F(WriteApi, CountsTextInCodePoints) {
    const auto named = [&](const std::string& name) {
        return create(base::random_uuid(), "\"name\":\"" + name +
                                               "\",\"description\":\"a\\n\\tb\",\"target\":1,"
                                               "\"unit\":\"u\",\"deadline\":\"2030-01-01\"");
    };
    std::string rockets;
    for (int i = 0; i < 200; ++i) rockets += "\xf0\x9f\x9a\x80";
    EXPECT_EQ(named(rockets).status, 201);
    EXPECT_EQ(named(rockets + "x").status, 400);
    EXPECT_EQ(named(" \xc2\xa0").status, 400);
    EXPECT_EQ(named("a\\nb").status, 400);
    EXPECT_EQ(named("a\xc2\x85"
                    "b")
                  .status,
              400);
}

TEST_F(WriteApi, RefusesIdsThatTheReadApiCouldNotServe) {
    for (const char* bad : {"", "a b", "GetMetricsById", ".a", "a/b", "\xc3\xa4"}) {
        EXPECT_THAT(places(create(bad)), ::testing::Contains("#/id")) << bad;
    }
    EXPECT_EQ(create(std::string(128, 'a')).status, 201);
    EXPECT_EQ(create(std::string(129, 'a')).status, 400);
    EXPECT_EQ(type(value("no such/metric", "\"value\":1")), "not-found");
}

TEST_F(WriteApi, AppliesConditionsToTheVersion) {
    create("m1");
    const auto exists = create("m1");
    EXPECT_EQ(exists.status, 409);
    EXPECT_EQ(type(exists), "already-exists");
    EXPECT_THAT(exists.body, HasSubstr(R"("currentVersion":1)"));
    EXPECT_EQ(type(value("m1", "\"value\":1", ",\"aggregateVersion\":2")), "stale-version");
    EXPECT_EQ(value("m1", "\"value\":1", ",\"aggregateVersion\":1").status, 201);
    const auto failed = value("m1", "\"value\":1", "", {{"If-Match", "\"1\", W/\"2\""}});
    EXPECT_EQ(failed.status, 412);
    EXPECT_THAT(failed.body, HasSubstr(R"("currentVersion":2)"));
    EXPECT_EQ(value("m1", "\"value\":1", "", {{"If-Match", "\"9\", \"2-abc\""}}).status, 201);
    EXPECT_EQ(value("m1", "\"value\":1", "", {{"If-Match", "*"}}).status, 201);
    EXPECT_EQ(type(value("m1", "\"value\":1", ",\"aggregateVersion\":3", {{"If-Match", "\"1\""}})),
              "stale-version");
    EXPECT_EQ(type(value("m1", "\"value\":1", ",\"aggregateVersion\":9223372036854775807")),
              "stale-version");
    EXPECT_THAT(places(value("m1", "\"value\":1", ",\"aggregateVersion\":1.5")),
                ElementsAre("#/aggregateVersion"));
}

TEST_F(WriteApi, AnswersARepeatAsTheFirstTime) {
    const http::Headers key{{"Idempotency-Key", "\"k-1\""}};
    const std::string body = std::string("{\"props\":{") + create_props + "}}";
    const auto first = post("CreateMetricCommand", body, key);
    const std::string id = header(first, "Location").substr(std::string("/metrics/").size());
    EXPECT_EQ(id, base::name_uuid("1e095ba2-a596-4e95-afb6-d44474ebd13d", "\nk-1"));
    value(id, "\"value\":4");
    // Bare is the same key; the kind written out is the same command.
    const auto again = post("CreateMetricCommand",
                            std::string("{\"props\":{\"kind\":\"counter\",") + create_props + "}}",
                            {{"Idempotency-Key", "k-1"}});
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(header(again, "ETag"), header(first, "ETag"));
    EXPECT_EQ(header(again, "Location"), header(first, "Location"));
    EXPECT_EQ(header(again, "Idempotent-Replayed"), "true");
    EXPECT_EQ(header(first, "Idempotent-Replayed"), "");
    const auto other = post("CreateMetricCommand",
                            R"({"props":{"name":"Other","description":"d","target":1,"unit":"u",)"
                            R"("deadline":"2030-01-01"}})",
                            key);
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(type(other), "key-reused");
    EXPECT_EQ(es::read_stream(store, id).size(), 2u);
}

TEST_F(WriteApi, ARepeatMayWriteItsConditionTheOtherWay) {
    create("m1");
    const http::Headers key{{"Idempotency-Key", "k"}};
    EXPECT_EQ(value("m1", "\"value\":1", ",\"aggregateVersion\":1", key).status, 201);
    const auto again =
        value("m1", "\"value\":1.0", "", {{"Idempotency-Key", "k"}, {"If-Match", "\"1\""}});
    EXPECT_EQ(header(again, "Idempotent-Replayed"), "true");
    EXPECT_EQ(type(value("m1", "\"value\":1", "", key)), "key-reused");
}

TEST_F(WriteApi, TellsWhichRuleStandsAgainstACommand) {
    EXPECT_EQ(
        type(create(
            "m1", R"("name":"n","description":"d","target":1,"unit":"u","deadline":"2020-01-01")")),
        "deadline-in-past");
    create("m1");
    value("m1", "\"value\":5");
    const auto below = value("m1", "\"value\":4");
    EXPECT_EQ(below.status, 422);
    EXPECT_EQ(type(below), "value-below-current");
    EXPECT_THAT(places(below), ElementsAre("#/props/value"));
    EXPECT_EQ(type(value("m1", R"("value":6,"observedAt":"2026-05-01")")), "value-out-of-order");
    EXPECT_EQ(type(value("m1", R"("value":6,"observedAt":"2026-06-01T12:05:01Z")")),
              "observed-in-future");
    EXPECT_EQ(type(post("UpdateMetricTargetCommand", R"({"id":"m1","props":{"target":4}})")),
              "target-below-value");
    now = *base::parse_time("2031-01-01", base::DateAlone::start_of_day);
    EXPECT_EQ(type(value("m1", "\"value\":7")), "deadline-passed");
}

TEST_F(WriteApi, ItsCommandsAreThoseOfTheOpenApiDocument) {
    std::set<std::string> commands;
    for (const auto& name : write_api::command_names()) commands.insert("POST /metrics/" + name);
    for (const auto& route : write_api::resources()) {
        commands.insert(route.method + " " + route.pattern);
    }
    commands.insert("POST " + std::string(write_api::bulk_pattern));
    EXPECT_EQ(api::documented_operations("Commands"), commands);
}

// The digests of events that earlier releases recorded, of the same commands. With others a repeat
// of such a command would be refused as `key-reused`.
TEST_F(WriteApi, GivesACommandTheDigestThatItAlwaysHad) {
    const auto digest_of_last = [this](const http::Response& response) {
        EXPECT_EQ(response.status, 201) << response.body;
        return es::read_page(store, {"round", 0, 100}).events.back().metadata.digest;
    };
    const http::Headers key{{"Idempotency-Key", "k1"}};
    EXPECT_EQ(
        digest_of_last(create(
            "round",
            R"("name":"Round","description":"d","target":100000,"unit":"users","deadline":"2035-12-31")",
            key)),
        "849823afb7f055937cb5466633e1640c91b7fa14ffd84f5c456d8230f1d4f7fa");
    EXPECT_EQ(
        digest_of_last(value("round", R"("value":300000.5)", "", {{"Idempotency-Key", "k2"}})),
        "5cb00aebf138c6d0276bce7220309afbbac75faa7702eb4468f6be9532f30d70");
    EXPECT_EQ(digest_of_last(post("UpdateMetricTargetCommand",
                                  R"({"id":"round","props":{"target":1000000}})",
                                  {{"Idempotency-Key", "k3"}})),
              "162e52694307f8e23b79fe49de0ce1e2eb1a01112d3d42ca2b8733811da64cd6");
}

TEST_F(WriteApi, StoresAndAnswersWholeNumbersAsDigits) {
    EXPECT_EQ(create("round", R"("name":"Round","description":"d","target":100000,"unit":"users",)"
                              R"("deadline":"2035-12-31")")
                  .status,
              201);
    EXPECT_THAT(es::read_page(store, {"round", 0, 1}).events.front().payload,
                HasSubstr(R"("target":100000,)"));
}

TEST_F(WriteApi, KnowsTheMetricsThatItAnsweredParked) {
    EXPECT_EQ(create("sound").status, 201);
    es::RecordedEvent later;
    later.stream = "broken";
    later.version = 1;
    later.type = "MetricOfALaterRelease";
    later.payload = "{}";
    later.occurred_on = now;
    es::append_one(store, {"broken", 0, {later}});
    EXPECT_EQ(type(value("broken", R"("value":1)")), "parked");
    ASSERT_EQ(parked.all().size(), 1U);
    EXPECT_EQ(parked.all().front().stream, "broken");
    EXPECT_THAT(parked.all().front().reason, HasSubstr("MetricOfALaterRelease"));
    EXPECT_EQ(value("sound", R"("value":1)").status, 201);
    EXPECT_EQ(parked.all().size(), 1U);

    write_api::ParkedMetrics many;
    es::CommandResult result;
    result.status = es::CommandStatus::parked;
    for (int i = 0; i < 1000; ++i) many.note("m" + std::to_string(i), result);
    EXPECT_EQ(many.all().size(), write_api::ParkedMetrics::entries_max);
    result.status = es::CommandStatus::overloaded;
    many.note("m0", result);
    EXPECT_EQ(many.all().size(), write_api::ParkedMetrics::entries_max) << "that says nothing";
    result.status = es::CommandStatus::recorded;
    many.note("m0", result);
    EXPECT_EQ(many.all().size(), write_api::ParkedMetrics::entries_max - 1);
}

}  // namespace
