// Records of a stream as events.
#include "es/dynamodb/stream_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "es/dynamodb/item.hpp"
#include "es/errors.hpp"

namespace es::dynamodb {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A page with one record: its kind, its keys, and its image ("" for none).
ShardPage page_of(const std::string& kind, const std::string& order, const std::string& image) {
    const std::string text = R"({"Records":[{"eventName":")" + kind +
                             R"(","dynamodb":{"Keys":{"aggregateId":{"S":"s"},"order":{"N":")" +
                             order + R"("}},)" +
                             (image.empty() ? "" : R"("NewImage":)" + image + ",") +
                             R"("SequenceNumber":"12"}}],"NextShardIterator":"next"})";
    const json::Parsed parsed = json::parse(text, reply_limits);
    EXPECT_TRUE(parsed.ok()) << text;
    return read_records(parsed.value);
}

const std::string image = R"({"aggregateId":{"S":"s"},"order":{"N":"3"},"name":{"S":"T"},)"
                          R"("occurredOn":{"S":"2023-09-01T10:00:00.000Z"},"payload":{"M":{}}})";

TEST(StreamRecords, AnInsertedItemIsAnEvent) {
    const ShardPage page = page_of("INSERT", "3", image);
    ASSERT_EQ(page.events.size(), 1U);
    EXPECT_EQ(page.events[0].version, 3);
    EXPECT_EQ(page.events[0].type, "T");
    EXPECT_EQ(page.last_sequence, "12");
    EXPECT_EQ(page.next_iterator, "next");
}

TEST(StreamRecords, OtherChangesAreNotButArePassed) {
    for (const char* kind : {"MODIFY", "REMOVE"}) {
        const ShardPage page = page_of(kind, "3", image);
        EXPECT_THAT(page.events, IsEmpty());
        EXPECT_EQ(page.last_sequence, "12");
    }
}

TEST(StreamRecords, OneThatCannotBeReadStandsInItsStreamsWay) {
    const auto unreadable = [](const std::string& order, const std::string& odd_image) {
        const ShardPage page = page_of("INSERT", order, odd_image);
        EXPECT_EQ(page.events.size(), 1U);
        EXPECT_EQ(page.events[0].stream, "s");
        EXPECT_THAT(page.events[0].type, HasSubstr("unreadable: "));
        return page.events[0].version;
    };
    EXPECT_EQ(unreadable("3", "{}"), 3);
    EXPECT_EQ(unreadable("3", ""), 3);
    EXPECT_EQ(unreadable("1.5", "{}"), 2) << "nothing can come behind the version before";
    EXPECT_EQ(unreadable("-4", "{}"), 1);
    EXPECT_EQ(unreadable("1e100", "{}"), 9'000'000'000'000'001);
}

TEST(StreamRecords, AnAnswerWithoutRecordsIsNone) {
    EXPECT_THROW(read_records(json::parse("{}").value), es::Unavailable);
    EXPECT_THROW(read_records(json::parse(R"({"Records":[{}]})").value), es::Unavailable);
}

TEST(StreamRecords, AShardEndsWhereThereIsNoNextIterator) {
    for (const char* text : {R"({"Records":[]})", R"({"Records":[],"NextShardIterator":null})"}) {
        EXPECT_EQ(read_records(json::parse(text).value).next_iterator, "");
    }
}

}  // namespace
}  // namespace es::dynamodb
