// A table and a read model as the original system left them: served, and gone on from, as they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "engine_access.hpp"
#include "fold.hpp"
#include "parts.hpp"

namespace {

using namespace e2e;

// The metric of the golden items; its deadline is over.
constexpr const char* users = "f4a8b6de-0a4e-4f50-9f4c-0f0e3b9a7f11";
constexpr const char* orders = "orders";  // one whose deadline is far away

std::string golden(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(GOLDEN_DIR "/original/" + name + ".json").rdbuf();
    return text.str();
}

std::string order_item(int order, const std::string& name, const std::string& payload) {
    return R"({"aggregateId": {"S": "orders"}, "order": {"N": ")" + std::to_string(order) +
           R"("}, "name": {"S": ")" + name + R"("}, "occurredOn": {"S": "2023-09-0)" +
           std::to_string(order) + R"(T10:00:00.000Z"}, "payload": {"M": )" + payload + "}}";
}

const std::vector<std::string> items{
    golden("MetricCreated"),
    golden("MetricDetailsUpdated"),
    golden("MetricTargetUpdated"),
    golden("MetricDeadlineUpdated"),
    golden("MetricValueUpdated"),
    order_item(1, "MetricCreated",
               R"({"name": {"S": "Orders"}, "description": {"S": "Paid"}, "target": {"N": "100"},
                   "unit": {"S": "orders"}, "deadline": {"S": "2099-12-31T00:00:00.000Z"}})"),
    order_item(2, "MetricValueUpdated", R"({"value": {"N": "10"}})"),
    order_item(3, "MetricValueUpdated", R"({"value": {"N": "25.5"}})"),
};

// Every text in a value with its place, whatever the order of the members.
std::set<std::string> texts_in(const json::Value& whole) {
    std::set<std::string> texts;
    std::vector<std::pair<std::string, const json::Value*>> waiting{{"", &whole}};
    while (!waiting.empty()) {
        const auto [place, value] = waiting.back();
        waiting.pop_back();
        if (const auto* text = value->string()) texts.insert(place + "=" + *text);
        if (const auto* members = value->object()) {
            for (const auto& [name, member] : *members) {
                waiting.emplace_back(place + "/" + name, &member);
            }
        }
        if (const auto* array = value->array()) {
            for (std::size_t i = 0; i < array->size(); ++i) {
                waiting.emplace_back(place + "/" + std::to_string(i), &(*array)[i]);
            }
        }
    }
    return texts;
}

class DistributedOriginal : public ::testing::Test {
protected:
    // The table is made as the original's deployment makes it: nothing of ours has seen it.
    DistributedOriginal() {
        engines_.dynamodb("CreateTable", R"({"TableName": ")" + engines_.table() + R"(",
            "AttributeDefinitions": [{"AttributeName": "aggregateId", "AttributeType": "S"},
                                     {"AttributeName": "order", "AttributeType": "N"}],
            "KeySchema": [{"AttributeName": "aggregateId", "KeyType": "HASH"},
                          {"AttributeName": "order", "KeyType": "RANGE"}],
            "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": {"StreamEnabled": true,
                                    "StreamViewType": "NEW_AND_OLD_IMAGES"}})");
        for (const std::string& item : items) {
            engines_.dynamodb(
                "PutItem", R"({"TableName": ")" + engines_.table() + R"(", "Item": )" + item + "}");
        }
    }

    // By flags: the environment chooses no engines here.
    [[nodiscard]] Finished rebuild() const {
        Environment told = engine_environment(folder_, environment_);
        told.erase("YARDSTICK_STORE");
        told.erase("YARDSTICK_VIEWS");
        told.erase("DYNAMODB_DB_NAME");
        return run({.arguments = {"rebuild", "--store", "dynamodb", "--views", "mongodb", "--table",
                                  engines_.table()},
                    .environment = told});
    }

    // A document of the original's read model, whose versions are doubles.
    void write_view(const std::string& id, int version) const {
        const auto written = engines_.mongodb(
            R"({"insert": "Metrics", "documents": [{"_id": ")" + id +
            R"(", "version": {"$numberDouble": ")" + std::to_string(version) +
            R"(.0"}, "name": "Of the original", "description": "Old", "target": 7, "unit": "u",
                "deadline": {"$date": "2023-12-31T00:00:00Z"},
                "values": [{"value": 3.5, "date": {"$date": "2023-09-05T10:00:00Z"}}]}]})");
        ASSERT_EQ(at(written, "n").number()->value, 1);
    }

    [[nodiscard]] RunningPart start(Part part) const {
        return start_part(part, folder_.data(), environment_);
    }
    [[nodiscard]] Parts start_all() const { return Parts(folder_, environment_); }

    const Folder folder_;
    const Environment environment_{
        {"DYNAMODB_DB_NAME", "original-" + folder_.path().filename().string()}};
    EngineAccess engines_{folder_, environment_};
};

void expect_views(Api& api) {
    for (const char* id : {users, orders}) expect_view_equals_fold(api, id);
    const Answer of_users = api.get("/metrics/" + std::string(users));
    EXPECT_EQ(of_users.version(), 5);
    EXPECT_EQ(of_users.text("name"), "Users");
    EXPECT_EQ(of_users.text("description"), "Active users");
    EXPECT_EQ(of_users.text("unit"), "people");
    EXPECT_EQ(of_users.text("kind"), "counter");
    EXPECT_EQ(of_users.text("deadline"), "2024-01-31T00:00:00.000Z");
    EXPECT_EQ(of_users.number("target"), 20);
    EXPECT_EQ(of_users.number("value"), 3.5);
    EXPECT_EQ(of_users.text("values/0/date"), "2023-09-05T10:00:00.000Z");
    EXPECT_TRUE(of_users.flag("isExpired"));
    EXPECT_EQ(api.get("/metrics/orders").number("value"), 25.5);
    EXPECT_EQ(api.get("/metrics/GetMetricsByExpiration?isExpired=true").size(""), 1U);
    EXPECT_EQ(api.get("/metrics").size("items"), 2U);
}

TEST_F(DistributedOriginal, ATableIsServedAfterARebuild) {
    const auto done = rebuild();
    ASSERT_EQ(done.exit_code, 0) << done.errors;
    EXPECT_THAT(done.output, ::testing::HasSubstr("metrics looked at: 2,"));
    const auto read = start(Part::read_api);  // alone: what it shows is the rebuild's
    Api api({read.url, read.url});
    expect_views(api);
    EXPECT_EQ(api.get("/metrics/nobody").status, 404);
}

TEST_F(DistributedOriginal, AReadApiThatKnowsNoTableHasViewsAlone) {
    ASSERT_EQ(rebuild().exit_code, 0);
    const auto read = start_part(Part::read_api, folder_.data(),
                                 {{"YARDSTICK_STORE", ""}, {"DYNAMODB_DB_NAME", ""}});
    Api api({read.url, read.url});
    EXPECT_EQ(api.get("/metrics/orders").number("value"), 25.5);
    for (const char* question : {"/metrics/orders?asOf=2024-01-01", "/metrics?asOf=2024-01-01",
                                 "/metrics/orders/events", "/events"}) {
        const Answer answer = api.get(question);
        EXPECT_EQ(answer.status, 501) << question << answer.body;
    }
    EXPECT_EQ(api.get("/metrics/orders/events").problem(), "no-event-store");
}

TEST_F(DistributedOriginal, ATableIsServedByAProjectorThatFindsIt) {
    const Parts parts = start_all();
    Api api(parts.urls());
    ASSERT_TRUE(eventually([&] { return api.get("/-/ready").status == 200; }));
    expect_views(api);
}

TEST_F(DistributedOriginal, CommandsGoOnWhereItsEventsEnd) {
    ASSERT_EQ(rebuild().exit_code, 0);
    const Parts parts = start_all();
    Api api(parts.urls());
    EXPECT_EQ(api.create(users).problem(), "already-exists");
    EXPECT_EQ(api.set_value(users, 4).problem(), "deadline-passed");
    const Answer moved =
        api.post("/metrics/UpdateMetricDeadlineCommand",
                 R"({"id": ")" + std::string(users) + R"(", "props": {"deadline": "2099-12-31"}})");
    EXPECT_EQ(moved.version(), 6) << moved.body;
    EXPECT_EQ(api.set_value(users, 4, {.version = 6, .key = "four"}).version(), 7);
    EXPECT_EQ(api.set_value(users, 4, {.version = 6, .key = "four"}).header("Idempotent-Replayed"),
              "true");
    EXPECT_EQ(api.set_value(orders, 25).problem(), "value-below-current") << "it is a counter";
    EXPECT_EQ(api.set_value(orders, 26, {.version = 2}).number("currentVersion"), 3);
    EXPECT_EQ(api.set_value(orders, 26).version(), 4);
    EXPECT_EQ(read_events(api, users).size(), 7U);
    EXPECT_EQ(read_events(api, orders).size(), 4U);
    for (const char* id : {users, orders}) expect_view_equals_fold(api, id);
}

TEST_F(DistributedOriginal, ItsItemsStayAsTheyAre) {
    const std::string question = R"({"TableName": ")" + engines_.table() + R"(",
        "KeyConditionExpression": "aggregateId = :id",
        "ExpressionAttributeValues": {":id": {"S": ")" +
                                 users + R"("}}})";
    const auto stored = [&] {
        return texts_in(json::parse(engines_.dynamodb("Query", question)).value);
    };
    const auto before = stored();
    EXPECT_EQ(before.count("/Items/4/payload/M/value/N=3.5"), 1U);
    ASSERT_EQ(rebuild().exit_code, 0);
    const Parts parts = start_all();
    Api api(parts.urls());
    ASSERT_EQ(api.set_value(orders, 26).status, 201);
    for (const char* id : {users, orders}) expect_view_equals_fold(api, id);
    EXPECT_EQ(stored(), before);
}

TEST_F(DistributedOriginal, ARebuildTakesItsReadModelOver) {
    write_view(users, 5);   // what its events say, but in another form
    write_view(orders, 2);  // behind them
    write_view("ghost", 3);
    const auto read = start(Part::read_api);
    Api api({read.url, read.url});
    for (const char* id : {users, orders, "ghost", "nobody"}) {
        const Answer early = api.get("/metrics/" + std::string(id));
        EXPECT_EQ(early.status, 503) << early.body;
    }
    EXPECT_EQ(api.get("/metrics").status, 503);

    const auto done = rebuild();
    ASSERT_EQ(done.exit_code, 0) << done.errors;
    expect_views(api);
    EXPECT_EQ(api.get("/metrics/ghost").status, 404) << "it has no events";
}

TEST_F(DistributedOriginal, AReadModelAheadOfItsEventsIsTakenOver) {
    write_view(users, 9);
    ASSERT_EQ(rebuild().exit_code, 0);
    const Parts parts = start_all();
    Api api(parts.urls());
    expect_views(api);
    ASSERT_EQ(api.set_value(orders, 26).version(), 4);
    expect_view_equals_fold(api, orders);
}

}  // namespace
