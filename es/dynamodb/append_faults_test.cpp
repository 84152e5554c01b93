// What an append says when throttling, errors and cut connections come between it and its table (a
// scripted server before a real engine).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <optional>

#include "es/dynamodb/engine_fixture.hpp"
#include "es/dynamodb/scripted_dynamodb_fixture.hpp"
#include "es/errors.hpp"
#include "es/testing/event_store_suite.hpp"

namespace es::dynamodb {
namespace {

using es::AppendStatus;
using es::testing::some_events;
using std::chrono::milliseconds;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// A table on the engine, a store that reaches it through the script, and one that does so directly.
class AppendFaults : public ::testing::Test {
protected:
    // The answer to the n-th call (from 0) of an operation; nullopt: the engine's.
    using Fault =
        std::function<std::optional<http::Response>(const ScriptedCall&, int count, Behind&)>;

    void begin(Fault fault) {
        server_ = std::make_unique<ScriptedDynamoDb>(
            [this, fault = std::move(fault)](const ScriptedCall& call,
                                             const http::Responder& respond) {
                auto answer = fault(call, counts_[call.operation]++, behind_);
                respond(answer ? *std::move(answer) : behind_.answer(call));
            });
        client_ = test_client(server_->port());
        store_ = std::make_unique<DynamoDbEventStore>(
            *client_, table_,
            DynamoDbEventStoreOptions{.append_time = milliseconds(1'500),
                                      .confirm_time = milliseconds(500),
                                      .read_time = milliseconds(1'000)});
    }
    es::AppendOutcome append(es::Version expected, std::size_t count) {
        return es::append_one(*store_, {"s", expected, some_events("s", expected, count)});
    }
    std::vector<es::RecordedEvent> stored() { return es::read_stream(direct_, "s"); }

    std::unique_ptr<aws::JsonClient> direct_client_ = test_client(engine().port());
    const std::string table_ = fresh_table(*direct_client_);
    DynamoDbEventStore direct_{*direct_client_, table_};
    Behind behind_{engine().port()};
    std::map<std::string, int> counts_;
    std::unique_ptr<ScriptedDynamoDb> server_;
    std::unique_ptr<aws::JsonClient> client_;
    std::unique_ptr<DynamoDbEventStore> store_;
};

bool writes(const ScriptedCall& call) {
    return call.operation == "PutItem" || call.operation == "TransactWriteItems";
}

TEST_F(AppendFaults, AThrottledAppendIsTriedAgain) {
    begin([](const auto& call, int count, Behind&) -> std::optional<http::Response> {
        if (writes(call) && count < 3) return refusal("ProvisionedThroughputExceededException");
        return std::nullopt;
    });
    EXPECT_EQ(append(0, 1).status, AppendStatus::stored);
    EXPECT_EQ(append(1, 3).status, AppendStatus::stored);
    EXPECT_EQ(stored(), some_events("s", 0, 4));
}

TEST_F(AppendFaults, WhatIsThrottledToTheEndIsNotStored) {
    begin([](const auto& call, int, Behind&) -> std::optional<http::Response> {
        if (writes(call)) return refusal("ThrottlingException", "slow down");
        return std::nullopt;
    });
    const auto outcome = append(0, 1);
    EXPECT_EQ(outcome.status, AppendStatus::not_stored);
    EXPECT_THAT(outcome.reason, HasSubstr("slow down"));
    EXPECT_TRUE(stored().empty());
}

TEST_F(AppendFaults, AnErrorBeforeTheWriteIsTriedAgain) {
    begin([](const auto& call, int count, Behind&) -> std::optional<http::Response> {
        if (writes(call) && count < 2) return server_error();
        return std::nullopt;
    });
    EXPECT_EQ(append(0, 1).status, AppendStatus::stored);
    EXPECT_EQ(append(1, 2).status, AppendStatus::stored);
    EXPECT_EQ(stored(), some_events("s", 0, 3));
}

TEST_F(AppendFaults, AWriteWhoseAnswerWasAnErrorIsRecognised) {
    begin([](const auto& call, int count, Behind& behind) -> std::optional<http::Response> {
        if (!writes(call) || count > 0) return std::nullopt;
        behind.answer(call);
        return server_error();
    });
    EXPECT_EQ(append(0, 1).status, AppendStatus::stored);
    EXPECT_EQ(append(1, 5).status, AppendStatus::stored);
    EXPECT_EQ(stored(), some_events("s", 0, 6));
}

TEST_F(AppendFaults, AWriteWhoseConnectionWasCutIsRecognised) {
    begin([](const auto& call, int count, Behind& behind) -> std::optional<http::Response> {
        // Every other one, so that both new and old connections are cut.
        if (!writes(call) || count % 2 == 1) return std::nullopt;
        behind.answer(call);
        return cut();
    });
    for (es::Version version = 0; version < 4; ++version) {
        EXPECT_EQ(append(version, 1).status, AppendStatus::stored);
    }
    EXPECT_EQ(append(4, 5).status, AppendStatus::stored);
    EXPECT_EQ(stored(), some_events("s", 0, 9));
}

// A transaction's token is forgotten after ten minutes, its items are not.
TEST_F(AppendFaults, ATransactionIsRecognisedByItsItems) {
    begin([](const auto& call, int count, Behind& behind) -> std::optional<http::Response> {
        if (call.operation != "TransactWriteItems") return std::nullopt;
        ScriptedCall without_token = call;
        std::string& body = without_token.request.body;
        const auto token = body.find("\"ClientRequestToken\"");
        EXPECT_NE(token, std::string::npos);
        body.erase(token, body.find("\"TransactItems\"") - token);
        auto answer = behind.answer(without_token);
        return count == 0 ? server_error() : std::move(answer);
    });
    EXPECT_EQ(append(0, 3).status, AppendStatus::stored);
    EXPECT_EQ(stored(), some_events("s", 0, 3));
}

TEST_F(AppendFaults, WhenNoAnswerComesItIsLookedFor) {
    begin([](const auto& call, int, Behind& behind) -> std::optional<http::Response> {
        if (!writes(call)) return std::nullopt;
        behind.answer(call);
        return server_error();
    });
    EXPECT_EQ(append(0, 1).status, AppendStatus::stored);
    EXPECT_EQ(append(1, 4).status, AppendStatus::stored);
    EXPECT_EQ(stored(), some_events("s", 0, 5));
}

TEST_F(AppendFaults, WhatCannotBeFoundIsUnknown) {
    begin([](const auto& call, int, Behind&) -> std::optional<http::Response> {
        if (writes(call)) return server_error();
        return std::nullopt;
    });
    EXPECT_EQ(append(0, 1).status, AppendStatus::unknown);
}

TEST_F(AppendFaults, AnUnknownOutcomeComesInTime) {
    begin([](const auto&, int, Behind&) { return std::optional(server_error()); });
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(append(0, 1).status, AppendStatus::unknown);
    EXPECT_LT(std::chrono::steady_clock::now() - began, milliseconds(3'000));
}

TEST_F(AppendFaults, AnothersEventInItsPlaceIsAConflict) {
    begin([](const auto& call, int, Behind&) -> std::optional<http::Response> {
        if (writes(call)) return server_error();
        return std::nullopt;
    });
    ASSERT_EQ(es::append_one(direct_, {"s", 0, some_events("s", 0, 2)}).status,
              AppendStatus::stored);
    const auto outcome = append(0, 1);
    EXPECT_EQ(outcome.status, AppendStatus::conflict);
    EXPECT_EQ(outcome.current, 2);
}

TEST_F(AppendFaults, AConflictAfterAnErrorIsOneUnlessTheEventIsOurs) {
    begin([this](const auto& call, int count, Behind&) -> std::optional<http::Response> {
        if (!writes(call) || count > 0) return std::nullopt;
        // Somebody else is first; with the very same events and command ids.
        EXPECT_EQ(es::append_one(direct_, {"s", 0, some_events("s", 0, 1)}).status,
                  AppendStatus::stored);
        return server_error();
    });
    const auto outcome = append(0, 1);
    EXPECT_EQ(outcome.status, AppendStatus::conflict);
    EXPECT_EQ(outcome.current, 1);
}

TEST_F(AppendFaults, ARefusalThatDoesNotSayWhoseEventIsThereIsLookedInto) {
    begin([](const auto& call, int count, Behind& behind) -> std::optional<http::Response> {
        if (call.operation != "PutItem") return std::nullopt;
        behind.answer(call);
        return count == 0 ? server_error() : refusal("ConditionalCheckFailedException");
    });
    EXPECT_EQ(append(0, 1).status, AppendStatus::stored) << "it is ours";
    EXPECT_EQ(append(0, 1).status, AppendStatus::conflict) << "it is the first one's";
    EXPECT_EQ(stored(), some_events("s", 0, 1));
}

http::Response cancelled(const std::string& reasons) {
    return http::Response::json(
        400, R"({"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",)"
             R"("Message":"cancelled","CancellationReasons":[)" +
                 reasons + "]}");
}

TEST_F(AppendFaults, ATransactionThatMetAnotherIsTriedAgain) {
    begin([](const auto& call, int count, Behind&) -> std::optional<http::Response> {
        if (call.operation != "TransactWriteItems" || count > 2) return std::nullopt;
        if (count == 0) return cancelled(R"({"Code":"None"},{"Code":"TransactionConflict"})");
        return cancelled(R"({"Code":"ThrottlingError"},{"Code":"ProvisionedThroughputExceeded"})");
    });
    EXPECT_EQ(append(0, 2).status, AppendStatus::stored);
    EXPECT_EQ(stored(), some_events("s", 0, 2));
}

TEST_F(AppendFaults, ATransactionThatIsWrongIsNotTriedAgain) {
    begin([](const auto& call, int, Behind&) -> std::optional<http::Response> {
        if (call.operation != "TransactWriteItems") return std::nullopt;
        return cancelled(
            R"({"Code":"TransactionConflict"},{"Code":"ValidationError","Message":"too odd"})");
    });
    const auto outcome = append(0, 2);
    EXPECT_EQ(outcome.status, AppendStatus::not_stored);
    EXPECT_THAT(outcome.reason, HasSubstr("too odd"));
    EXPECT_EQ(counts_["TransactWriteItems"], 1);
}

TEST_F(AppendFaults, AConflictWhoseVersionCannotBeReadIsNotStored) {
    begin([](const auto& call, int, Behind&) -> std::optional<http::Response> {
        if (call.operation == "Query") return refusal("AccessDeniedException");
        return std::nullopt;
    });
    ASSERT_EQ(append(0, 1).status, AppendStatus::stored);
    const auto outcome = append(0, 1);
    EXPECT_EQ(outcome.status, AppendStatus::not_stored);
    EXPECT_THAT(outcome.reason, HasSubstr("AccessDenied"));
}

TEST_F(AppendFaults, OneEventBehindAKnownOneIsASinglePut) {
    begin([](const auto&, int, Behind&) { return std::nullopt; });
    ASSERT_EQ(append(0, 1).status, AppendStatus::stored);
    ASSERT_EQ(append(1, 1).status, AppendStatus::stored);
    EXPECT_THAT(server_->operations(), Not(Contains("TransactWriteItems")));

    DynamoDbEventStore another(*client_, table_);
    ASSERT_EQ(es::append_one(another, {"s", 2, some_events("s", 2, 1)}).status,
              AppendStatus::stored);
    EXPECT_EQ(counts_["TransactWriteItems"], 1) << "its predecessor has to be looked at";
    es::read_stream(another, "s");
    ASSERT_EQ(es::append_one(another, {"s", 3, some_events("s", 3, 1)}).status,
              AppendStatus::stored);
    EXPECT_EQ(counts_["TransactWriteItems"], 1);
}

TEST_F(AppendFaults, ASlowStreamHoldsUpNoOther) {
    std::optional<http::Responder> held;
    std::promise<void> holds;
    ScriptedDynamoDb server([&](const ScriptedCall& call, const http::Responder& respond) {
        if (!call.mentions("\"slow\"")) return respond(behind_.answer(call));
        held = respond;
        holds.set_value();
    });
    const auto client = test_client(server.port());
    DynamoDbEventStore store(*client, table_);
    std::promise<void> slow_settled;
    std::vector<es::Append> batch{{"slow", 0, some_events("slow", 0, 1)}};
    for (const char* stream : {"a", "b", "c"}) {
        batch.push_back({stream, 0, some_events(stream, 0, 1)});
    }
    std::atomic<int> fast{0};
    std::promise<void> fast_settled;
    store.append(std::move(batch), [&](std::size_t index, const es::AppendOutcome& outcome) {
        EXPECT_EQ(outcome.status, AppendStatus::stored);
        if (index == 0) slow_settled.set_value();
        if (index > 0 && ++fast == 3) fast_settled.set_value();
    });
    fast_settled.get_future().wait();
    holds.get_future().wait();
    auto slow = slow_settled.get_future();
    EXPECT_EQ(slow.wait_for(milliseconds(0)), std::future_status::timeout);
    (*held)(http::Response::json(200, "{}"));
    slow.wait();
}

TEST_F(AppendFaults, AWriteThatGetsNoAnswerIsSentAgainInTime) {
    std::vector<http::Responder> held;
    ScriptedDynamoDb server([&](const ScriptedCall& call, const http::Responder& respond) {
        if (writes(call) && held.empty()) {
            held.push_back(respond);  // lost on the way
        } else {
            respond(behind_.answer(call));
        }
    });
    const auto client = test_client(server.port());
    DynamoDbEventStore store(*client, table_);
    const auto outcome = es::append_one(store, {"s", 0, some_events("s", 0, 1)});
    EXPECT_EQ(outcome.status, AppendStatus::stored) << outcome.reason;
    EXPECT_EQ(stored(), some_events("s", 0, 1));
    for (const auto& respond : held) respond(cut());
}

TEST_F(AppendFaults, AReadWithoutAnAnswerIsUnavailable) {
    begin([](const auto&, int, Behind&) {
        return std::optional(http::Response::text(200, "<html>gateway</html>"));
    });
    EXPECT_EQ(es::read_one(*store_, {"s", 0, 10}).status, es::ReadStatus::unavailable);
}

}  // namespace
}  // namespace es::dynamodb
