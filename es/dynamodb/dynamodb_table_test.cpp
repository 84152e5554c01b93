// Making and describing the table, and the names of its streams, on a real engine (Dynoxide).
#include "es/dynamodb/dynamodb_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "es/dynamodb/dynamodb_stream_directory.hpp"
#include "es/dynamodb/engine_fixture.hpp"
#include "es/dynamodb/scripted_dynamodb_fixture.hpp"
#include "es/errors.hpp"
#include "es/testing/event_store_suite.hpp"

namespace es::dynamodb {
namespace {

using es::testing::some_events;
using ::testing::HasSubstr;

class DynamoDbTable : public ::testing::Test {
protected:
    std::unique_ptr<aws::JsonClient> client_ = test_client(engine().port());
    const TableTimes times_{.look_every = std::chrono::milliseconds(5)};
};

TEST_F(DynamoDbTable, IsMadeOnceAndThenThere) {
    EXPECT_EQ(create_table(*client_, "yardstick-made", times_), TableWork::made);
    EXPECT_EQ(create_table(*client_, "yardstick-made", times_), TableWork::was_there);
    const auto found = describe_table(*client_, "yardstick-made");
    EXPECT_TRUE(found.active);
    EXPECT_TRUE(found.new_images);
    EXPECT_THAT(found.stream, HasSubstr("yardstick-made/stream/"));
    const std::string other = fresh_table(*client_);
    EXPECT_NE(found.identity, describe_table(*client_, other).identity);
}

TEST_F(DynamoDbTable, GetsItsStreamSwitchedOn) {
    call_raw(*client_, "CreateTable",
             R"({"TableName":"yardstick-quiet","BillingMode":"PAY_PER_REQUEST",
                 "AttributeDefinitions":[{"AttributeName":"aggregateId","AttributeType":"S"},
                                         {"AttributeName":"order","AttributeType":"N"}],
                 "KeySchema":[{"AttributeName":"aggregateId","KeyType":"HASH"},
                              {"AttributeName":"order","KeyType":"RANGE"}]})");
    EXPECT_EQ(describe_table(*client_, "yardstick-quiet").stream, "");
    EXPECT_EQ(create_table(*client_, "yardstick-quiet", times_), TableWork::stream_switched_on);
    EXPECT_NE(describe_table(*client_, "yardstick-quiet").stream, "");
    EXPECT_EQ(create_table(*client_, "yardstick-quiet", times_), TableWork::was_there);
}

TEST_F(DynamoDbTable, IsWaitedForUntilItCanBeUsed) {
    int described = 0;
    ScriptedDynamoDb server([&](const ScriptedCall& call, const http::Responder& respond) {
        const char* status = described < 2 ? "CREATING" : "ACTIVE";
        if (call.operation == "DescribeTable" && described++ == 0) {
            respond(refusal("ResourceNotFoundException", "not known everywhere yet"));
            return;
        }
        respond(http::Response::json(
            200, std::string(R"({"Table":{"TableId":"id","TableStatus":")") + status +
                     R"(","KeySchema":[{"AttributeName":"aggregateId","KeyType":"HASH"},)"
                     R"({"AttributeName":"order","KeyType":"RANGE"}],"AttributeDefinitions":[)"
                     R"({"AttributeName":"aggregateId","AttributeType":"S"},)"
                     R"({"AttributeName":"order","AttributeType":"N"}]}})"));
    });
    const auto client = test_client(server.port());
    EXPECT_EQ(create_table(*client, "yardstick-slow", times_), TableWork::made);
    EXPECT_EQ(described, 3);
    TableTimes impatient = times_;
    impatient.ready = std::chrono::milliseconds(0);
    described = 0;
    EXPECT_THROW(create_table(*client, "yardstick-slow", impatient), es::Unavailable);
}

TEST_F(DynamoDbTable, WithOtherKeysIsNotTouched) {
    call_raw(*client_, "CreateTable",
             R"({"TableName":"yardstick-other","BillingMode":"PAY_PER_REQUEST",
                 "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
                 "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]})");
    EXPECT_THROW(create_table(*client_, "yardstick-other", times_), es::Unusable);
    EXPECT_EQ(describe_table(*client_, "yardstick-other").stream, "");
}

TEST_F(DynamoDbTable, ThatIsMissingIsNamedWithAHint) {
    const auto hint = HasSubstr("'yardstick-missing' (yardstick create-table makes it)");
    try {
        describe_table(*client_, "yardstick-missing");
        ADD_FAILURE() << "described";
    } catch (const es::Unavailable& error) {
        EXPECT_THAT(error.what(), hint);
    }
    DynamoDbEventStore store(*client_, "yardstick-missing");
    for (const std::size_t count : {1u, 2u}) {
        const auto outcome = es::append_one(store, {"s", 0, some_events("s", 0, count)});
        EXPECT_EQ(outcome.status, es::AppendStatus::not_stored);
        EXPECT_THAT(outcome.reason, hint);
    }
    const auto page = es::read_one(store, {"s", 0, 10});
    EXPECT_EQ(page.status, es::ReadStatus::unavailable);
    EXPECT_THAT(page.reason, hint);
    EXPECT_FALSE(store.healthy());
    DynamoDbStreamDirectory directory(*client_, "yardstick-missing");
    EXPECT_THROW(directory.page(0, 1, {}), es::Unavailable);
}

TEST_F(DynamoDbTable, ItsDirectoryNamesEachStreamOnce) {
    const std::string table = fresh_table(*client_);
    DynamoDbEventStore store(*client_, table);
    std::set<es::StreamId> expected;
    for (int i = 0; i < 40; ++i) {
        const es::StreamId stream = "größe \"" + std::to_string(i) + "\"";
        auto events = some_events(stream, 0, 3);
        // So that a part has several pages.
        for (auto& event : events) event.payload = R"({"x":")" + std::string(50'000, 'x') + "\"}";
        ASSERT_EQ(es::append_one(store, {stream, 0, events}).status, es::AppendStatus::stored);
        expected.insert(stream);
    }
    DynamoDbStreamDirectory directory(*client_, table);
    for (const std::size_t parts : {1u, 3u}) {
        std::multiset<es::StreamId> found;
        std::size_t pages = 0;
        for (std::size_t part = 0; part < parts; ++part) {
            std::string from;
            do {
                const auto page = directory.page(part, parts, from);
                found.insert(page.ids.begin(), page.ids.end());
                from = page.next;
                ++pages;
            } while (!from.empty());
        }
        EXPECT_EQ(found, std::multiset<es::StreamId>(expected.begin(), expected.end()));
        EXPECT_GT(pages, parts);
    }
}

}  // namespace
}  // namespace es::dynamodb
