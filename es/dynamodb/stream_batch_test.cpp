// The event that Lambda passes, and the response to it.
#include "es/dynamodb/stream_batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "es/errors.hpp"

namespace {

using es::batch_answer;
using es::read_stream_batch;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* arn =
    "arn:aws:dynamodb:eu-central-1:123456789012:table/goals/stream/2026-01-01T00:00:00.000";

std::string record(const std::string& kind, const std::string& sequence, const std::string& version,
                   const std::string& stream = arn) {
    const std::string keys = R"({"aggregateId":{"S":"visits"},"order":{"N":")" + version + R"("}})";
    const std::string image =
        R"({"aggregateId":{"S":"visits"},"order":{"N":")" + version +
        R"("},"name":{"S":"MetricValueUpdated"},"occurredOn":{"S":"2023-09-01T10:00:00.000Z"},)"
        R"("payload":{"M":{"value":{"N":"12.5"}}}})";
    return R"({"eventID":"1","eventName":")" + kind +
           R"(","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-central-1",)"
           R"("dynamodb":{"ApproximateCreationDateTime":1692000000.0,"Keys":)" +
           keys + (kind == "REMOVE" ? "" : R"(,"NewImage":)" + image) + R"(,"SequenceNumber":")" +
           sequence +
           R"(","SizeBytes":59,"StreamViewType":"NEW_AND_OLD_IMAGES"},"eventSourceARN":")" +
           stream + R"("})";
}

std::string batch(const std::string& records) {
    return R"({"Records":[)" + records + "]}";
}

std::string complaint(const std::string& event) {
    try {
        read_stream_batch(event, "goals");
    } catch (const es::Corrupt& error) {
        return error.what();
    }
    return "it is taken";
}

TEST(StreamBatch, InsertedItemsAreEventsInTheirOrder) {
    const auto records = read_stream_batch(
        batch(record("INSERT", "100", "1") + "," + record("MODIFY", "101", "1") + "," +
              record("REMOVE", "102", "1") + "," + record("INSERT", "103", "2")),
        "goals");
    ASSERT_EQ(records.size(), 4U);
    EXPECT_EQ(records[0].sequence, "100");
    EXPECT_EQ(records[0].event->version, 1);
    EXPECT_EQ(records[0].event->payload, R"({"value":12.5})");
    EXPECT_FALSE(records[1].event);
    EXPECT_FALSE(records[2].event);
    EXPECT_EQ(records[3].sequence, "103");
    EXPECT_EQ(records[3].event->version, 2);
}

TEST(StreamBatch, AnEmptyOneIsOne) {
    EXPECT_THAT(read_stream_batch(batch(""), "goals"), IsEmpty());
}

TEST(StreamBatch, AnItemThatCannotBeReadIsAnEventThatParksItsStream) {
    std::string odd = record("INSERT", "100", "3");
    odd.replace(odd.find("occurredOn"), 10, "occurredAt");
    const auto records = read_stream_batch(batch(odd), "goals");
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].event->stream, "visits");
    EXPECT_EQ(records[0].event->version, 3);
    EXPECT_THAT(records[0].event->type, HasSubstr("unreadable: "));
}

// 400 KB hold no more: were it too many for us, its neighbours in the shard would wait for it.
TEST(StreamBatch, TheLargestItemStandsInNobodysWay) {
    constexpr int members = 130'000;
    std::string large;
    for (int i = 0; i < members; ++i) {
        large += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"NULL":true})";
    }
    std::string odd = record("INSERT", "101", "2");
    odd.replace(odd.find(R"("value":{"N":"12.5"})"), 20, large);
    const auto began = std::chrono::steady_clock::now();
    const auto records = read_stream_batch(
        batch(record("INSERT", "100", "1") + "," + odd + "," + record("INSERT", "102", "3")),
        "goals");
    ASSERT_EQ(records.size(), 3U);
    EXPECT_EQ(records[1].event->version, 2);
    EXPECT_EQ(records[2].event->payload, R"({"value":12.5})");
    // Also under a sanitizer; what grows with the square of the members takes half a minute.
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(8));
}

TEST(StreamBatch, AnotherTablesIsRefused) {
    const std::string other =
        "arn:aws:dynamodb:eu-central-1:123456789012:table/goals-test/stream/2026";
    EXPECT_THAT(
        complaint(batch(record("INSERT", "1", "1") + "," + record("INSERT", "2", "2", other))),
        HasSubstr("not of the stream of the table goals"));
    EXPECT_THAT(complaint(batch(record("INSERT", "1", "1", ""))),
                HasSubstr("the records are of ''"));
}

TEST(StreamBatch, WhatIsNoBatchIsRefused) {
    EXPECT_THAT(complaint("Hello"), HasSubstr("it is no JSON"));
    for (const char* event : {"{}", "[]", "null", R"({"Records":{}})", R"({"Records":[1]})",
                              R"({"Records":[{"eventName":"INSERT"}]})",
                              R"({"Records":[{"eventName":"INSERT","dynamodb":{}}]})"}) {
        EXPECT_THAT(complaint(event), HasSubstr("it is no batch of a stream's records")) << event;
    }
}

TEST(StreamBatch, TheAnswerNamesTheFirstThatMustComeAgain) {
    EXPECT_EQ(batch_answer(std::nullopt), R"({"batchItemFailures":[]})");
    EXPECT_EQ(batch_answer("103"), R"({"batchItemFailures":[{"itemIdentifier":"103"}]})");
}

}  // namespace
