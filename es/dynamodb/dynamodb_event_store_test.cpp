// The event store and its feed on a real engine (Dynoxide).
#include "es/dynamodb/dynamodb_event_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "es/dynamodb/engine_fixture.hpp"
#include "es/errors.hpp"
#include "es/testing/event_store_suite.hpp"

namespace es::dynamodb {
namespace {

struct OwnedStore : DynamoDbEventStore {
    OwnedStore(std::unique_ptr<aws::JsonClient> its_client, const std::string& table)
        : DynamoDbEventStore(*its_client, table), client(std::move(its_client)) {}
    std::unique_ptr<aws::JsonClient> client;
};

es::testing::StoreUnderTest make() {
    auto client = test_client(engine().port());
    const std::string table = fresh_table(*client);
    auto store = std::make_unique<OwnedStore>(std::move(client), table);
    auto feed = dynamodb_stream_feed(*store->client, *store->client, table, fast_feed());
    return {std::move(store), std::move(feed)};
}

class DynamoDbEventStoreSuite : public ::testing::TestWithParam<es::testing::Promise> {};

TEST_P(DynamoDbEventStoreSuite, Keeps) {
    GetParam().check(make);
}

INSTANTIATE_TEST_SUITE_P(Promises, DynamoDbEventStoreSuite,
                         ::testing::ValuesIn(es::testing::event_store_promises()),
                         es::testing::promise_name);

using es::testing::some_events;
using ::testing::HasSubstr;

// A fresh table, with items that need not be ours.
class DynamoDbStore : public ::testing::Test {
protected:
    void put_raw(const std::string& item) {
        call_raw(*client_, "PutItem", R"({"TableName":")" + table_ + R"(","Item":)" + item + "}");
    }
    // As the original system wrote it.
    void put_original(const std::string& order, const std::string& payload = R"({"M":{}})") {
        put_raw(R"({"aggregateId":{"S":"users"},"order":{"N":")" + order +
                R"("},"name":{"S":"Counted"},"occurredOn":{"S":"2023-09-01T10:00:00.000Z"},)" +
                R"("payload":)" + payload + "}");
    }
    std::unique_ptr<aws::JsonClient> client_ = test_client(engine().port());
    const std::string table_ = fresh_table(*client_);
    DynamoDbEventStore store_{*client_, table_};
};

TEST_F(DynamoDbStore, ReadsAndContinuesWhatTheOriginalWrote) {
    put_original("1", R"({"M":{"target":{"N":"15"},"name":{"S":"Users"}}})");
    put_original("2", R"({"M":{"value":{"N":"3.5"}}})");
    const auto events = es::read_stream(store_, "users");
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].payload, R"({"name":"Users","target":15})");
    EXPECT_EQ(events[1].payload, R"({"value":3.5})");
    EXPECT_EQ(events[1].metadata, es::Metadata{});
    const auto outcome = es::append_one(store_, {"users", 2, some_events("users", 2, 1)});
    EXPECT_EQ(outcome.status, es::AppendStatus::stored);

    const auto feed = dynamodb_stream_feed(*client_, *client_, table_, fast_feed());
    const auto batch = feed->poll(feed->current_position(), 100, std::chrono::seconds(5));
    EXPECT_EQ(batch.events, es::read_stream(store_, "users"));
}

TEST_F(DynamoDbStore, AGapIsCorruptWhereItIs) {
    for (const char* order : {"1", "2", "4"}) put_original(order);
    const auto before = es::read_one(store_, {"users", 0, 100});
    EXPECT_EQ(before.status, es::ReadStatus::read);
    EXPECT_EQ(before.events.size(), 2U);
    EXPECT_TRUE(before.more);
    const auto at = es::read_one(store_, {"users", 2, 100});
    EXPECT_EQ(at.status, es::ReadStatus::corrupt);
    EXPECT_THAT(at.reason, HasSubstr("version 4 comes after version 2"));
    EXPECT_THROW(es::read_stream(store_, "users"), es::Corrupt);
}

TEST_F(DynamoDbStore, AnItemThatIsNoEventIsCorruptWhereItIs) {
    put_original("1");
    put_original("2", R"({"SS":["a","b"]})");
    EXPECT_EQ(es::read_one(store_, {"users", 0, 100}).events.size(), 1U);
    const auto at = es::read_one(store_, {"users", 1, 100});
    EXPECT_EQ(at.status, es::ReadStatus::corrupt);
    EXPECT_THAT(at.reason, HasSubstr("'payload' is no map"));
    EXPECT_THAT(at.reason, HasSubstr("'users'"));
}

TEST_F(DynamoDbStore, ARecordThatIsNoEventParksItsStreamAlone) {
    put_original("1", R"({"SS":["a","b"]})");
    ASSERT_EQ(es::append_one(store_, {"good", 0, some_events("good", 0, 1)}).status,
              es::AppendStatus::stored);
    const auto feed = dynamodb_stream_feed(*client_, *client_, table_, fast_feed());
    const auto batch = feed->poll(feed->current_position(), 100, std::chrono::seconds(5));
    ASSERT_EQ(batch.events.size(), 2U);
    EXPECT_EQ(batch.events[0].stream, "users");
    EXPECT_EQ(batch.events[0].version, 1);
    EXPECT_EQ(batch.events[0].type, "unreadable: attribute 'payload' is no map");
    EXPECT_EQ(batch.events[1], some_events("good", 0, 1)[0]);
}

TEST_F(DynamoDbStore, AnEventOver400KilobytesIsRefusedWithTheReason) {
    for (const std::size_t count : {1u, 2u}) {
        auto events = some_events("s", 0, count);
        events.back().payload = R"({"x":")" + std::string(420'000, 'x') + "\"}";
        const auto outcome = es::append_one(store_, {"s", 0, events});
        EXPECT_EQ(outcome.status, es::AppendStatus::not_stored);
        EXPECT_THAT(outcome.reason, HasSubstr("Item size"));
    }
    EXPECT_TRUE(es::read_stream(store_, "s").empty());
}

TEST_F(DynamoDbStore, AConflictWithTheDeepestAndWidestEventIsOne) {
    std::string payload = "1";
    for (int i = 1; i < 30; ++i) payload = R"({"a":)" + payload + "}";
    payload = R"({"deep":)" + payload;
    for (int i = 0; i < 99; ++i) payload += ",\"m" + std::to_string(i) + "\":0";
    payload += "}";
    for (const std::size_t count : {1u, 2u}) {
        const es::StreamId stream = "s" + std::to_string(count);
        auto events = some_events(stream, 0, count);
        events[0].payload = payload;
        ASSERT_EQ(es::append_one(store_, {stream, 0, events}).status, es::AppendStatus::stored);
        EXPECT_EQ(es::append_one(store_, {stream, 0, events}).status, es::AppendStatus::conflict);
        EXPECT_EQ(es::read_stream(store_, stream).size(), count);
    }
}

TEST_F(DynamoDbStore, WhatIsNoJsonObjectIsNotStored) {
    auto events = some_events("s", 0, 1);
    events[0].payload = "[]";
    EXPECT_EQ(es::append_one(store_, {"s", 0, events}).status, es::AppendStatus::not_stored);
    EXPECT_EQ(
        es::append_one(store_, {"s", 0, some_events("s", 0, es::append_events_max + 1)}).status,
        es::AppendStatus::not_stored);
    EXPECT_EQ(es::append_one(store_, {"s", 0, {}}).status, es::AppendStatus::not_stored);
}

TEST_F(DynamoDbStore, ALongStreamIsReadPageByPage) {
    constexpr std::size_t total = 2'000;
    std::vector<es::RecordedEvent> expected = some_events("s", 0, total);
    for (auto& event : expected) {
        event.payload = R"({"n":)" + std::to_string(event.version) + R"(,"x":")" +
                        std::string(4'000, 'x') + "\"}";
    }
    for (std::size_t at = 0; at < total; at += 80) {
        const auto begin = expected.begin() + static_cast<std::ptrdiff_t>(at);
        ASSERT_EQ(
            es::append_one(store_, {"s", static_cast<es::Version>(at), {begin, begin + 80}}).status,
            es::AppendStatus::stored);
    }
    const auto first = es::read_one(store_, {"s", 0, total});
    EXPECT_TRUE(first.more) << "one read gives 4 MB at most";
    EXPECT_LT(first.events.size(), 1'100U);
    EXPECT_GT(first.events.size(), 900U) << "several of DynamoDB's pages of 1 MB";
    EXPECT_EQ(es::read_stream(store_, "s"), expected);
    const auto tail = es::read_one(store_, {"s", 1'500, 500});
    EXPECT_EQ(tail.events.size(), 500U);
    EXPECT_FALSE(tail.more);
}

TEST_F(DynamoDbStore, ManyWritersInTwoStoresHaveOneWinnerAVersion) {
    const auto other_client = test_client(engine().port());
    DynamoDbEventStore other(*other_client, table_);
    constexpr es::Version rounds = 30;
    std::mutex mutex;
    std::map<es::Version, int> winners;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 16; ++writer) {
        threads.emplace_back([&, writer] {
            for (es::Version version = 0; version < rounds;) {
                auto& store = writer % 2 == 0 ? store_ : other;
                const auto count = static_cast<std::size_t>(1 + writer % 3);
                const auto outcome =
                    es::append_one(store, {"s", version, some_events("s", version, count)});
                const std::lock_guard lock(mutex);
                if (outcome.status == es::AppendStatus::stored) {
                    for (std::size_t i = 1; i <= count; ++i) {
                        ++winners[version + static_cast<es::Version>(i)];
                    }
                    version += static_cast<es::Version>(count);
                } else {
                    EXPECT_EQ(outcome.status, es::AppendStatus::conflict) << outcome.reason;
                    EXPECT_GT(outcome.current, version);
                    version = outcome.current;
                }
            }
        });
    }
    for (auto& thread : threads) thread.join();
    const auto events = es::read_stream(store_, "s");
    EXPECT_EQ(events, some_events("s", 0, events.size()));
    EXPECT_EQ(winners.size(), events.size());
    for (const auto& [version, count] : winners) EXPECT_EQ(count, 1) << version;
}

}  // namespace
}  // namespace es::dynamodb
