// A metric of 50,000 events, written behind the programs' backs: it is rebuilt, projected, read and
// gone on from in bounded memory.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine_access.hpp"
#include "fold.hpp"
#include "set_up.hpp"

namespace {

using namespace e2e;

constexpr int events = 50'000;
constexpr int items_per_write = 25;  // DynamoDB's limit
// 200,000 bytes of events are in memory at a time (the pages of a read); the rest is the program.
constexpr std::uint64_t memory_max = 120'000'000;
constexpr std::chrono::minutes long_patience{3};

std::string item(int order) {
    const std::string number = std::to_string(order);
    std::string event =
        R"("name": {"S": "MetricValueUpdated"}, "payload": {"M": {"value": {"N": ")" + number +
        R"("}}})";
    if (order == 1) {
        event = R"("name": {"S": "MetricCreated"}, "payload": {"M": {"name": {"S": "Long"},
            "description": {"S": "d"}, "target": {"N": "1000000"}, "unit": {"S": "u"},
            "deadline": {"S": "2099-12-31T00:00:00.000Z"}}})";
    }
    return R"({"PutRequest": {"Item": {"aggregateId": {"S": "long"}, "order": {"N": ")" + number +
           R"("}, "occurredOn": {"S": "2024-01-01T10:00:00.000Z"}, )" + event + "}}}";
}

TEST(DistributedMemory, AMetricOfManyEvents) {
    const Folder folder;
    const Environment environment{
        {"DYNAMODB_DB_NAME", "long-" + folder.path().filename().string()}};
    const Environment told = engine_environment(folder, environment);
    EngineAccess engines(told);
    // With its stream on, the engine's writes would take longer with each.
    engines.dynamodb("CreateTable", R"({"TableName": ")" + engines.table() + R"(",
        "AttributeDefinitions": [{"AttributeName": "aggregateId", "AttributeType": "S"},
                                 {"AttributeName": "order", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "aggregateId", "KeyType": "HASH"},
                      {"AttributeName": "order", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST"})");
    for (int first = 1; first <= events; first += items_per_write) {
        std::string items;
        for (int k = 0; k < items_per_write; ++k) items += (k == 0 ? "" : ",") + item(first + k);
        engines.dynamodb("BatchWriteItem",
                         R"({"RequestItems": {")" + engines.table() + "\": [" + items + "]}}");
    }

    ASSERT_EQ(run({.arguments = {"create-table"}, .environment = told}).exit_code, 0);

    Process rebuild({.arguments = {"rebuild"}, .environment = told});
    std::uint64_t of_rebuild = 0;
    ASSERT_TRUE(eventually(
        [&] {
            of_rebuild = std::max(of_rebuild, rebuild.resident_bytes_max());
            return rebuild.wait(std::chrono::milliseconds(20)).has_value();
        },
        long_patience));
    EXPECT_EQ(rebuild.wait(), 0) << rebuild.log();
    EXPECT_LT(of_rebuild, memory_max) << "rebuild";
    EXPECT_GT(of_rebuild, 0U);

    Parts parts(folder, told);
    Api api(parts.urls());
    ASSERT_TRUE(eventually([&] { return api.get("/-/ready").status == 200; }, long_patience));
    EXPECT_EQ(api.set_value("long", events + 1.0).version(), events + 1);
    const Answer seen =
        api.get("/metrics/long?wait=10000&minVersion=" + std::to_string(events + 1));
    EXPECT_EQ(seen.number("value"), events + 1.0) << seen.body;
    EXPECT_EQ(seen.number("valuesTotal"), events);
    expect_view_equals_fold(api, "long");
    for (const Part part : all_parts) {
        EXPECT_LT(parts.process(part).resident_bytes_max(), memory_max) << name_of(part);
    }
}

}  // namespace
