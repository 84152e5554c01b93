// How calls go out and answers come back when nothing is wrong with the service.
#include "aws/json_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "aws/scripted_service_fixture.hpp"

namespace {

using namespace aws;
using namespace std::chrono_literals;
using ::testing::StartsWith;
using Kind = Reply::Kind;

void answer(int, const http::Request&, const http::Responder& respond) {
    respond(good());
}

ScriptedService::Script hold(Held& held) {
    return
        [&held](int, const http::Request&, const http::Responder& respond) { held.add(respond); };
}

TEST(JsonClient, SendsASignedPostAndReturnsTheBody) {
    http::Request seen;
    ScriptedService service([&](int, const http::Request& request, const auto& respond) {
        seen = request;
        respond(http::Response::json(200, R"({"a":1})"));
    });
    JsonClient client(options_for(service.endpoint()));
    const Reply reply = client.call(call_within(10s, R"({"TableName":"t"})"));
    EXPECT_EQ(reply.kind, Kind::answered) << reply.message;
    EXPECT_EQ(reply.body, R"({"a":1})");
    EXPECT_EQ(reply.attempts, 1);
    EXPECT_FALSE(reply.may_have_happened);
    EXPECT_EQ(seen.method + " " + seen.target, "POST /");
    EXPECT_EQ(seen.body, R"({"TableName":"t"})");
    EXPECT_EQ(*seen.headers.find("Content-Type"), "application/x-amz-json-1.0");
    EXPECT_EQ(*seen.headers.find("X-Amz-Target"), "DynamoDB_20120810.PutItem");
    EXPECT_THAT(*seen.headers.find("Authorization"),
                StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
}

TEST(JsonClient, KeepsItsConnection) {
    ScriptedService service(answer);
    JsonClient client(options_for(service.endpoint()));
    for (int i = 0; i < 20; ++i) ASSERT_EQ(client.call(patient_call()).kind, Kind::answered);
    EXPECT_EQ(service.connections(), 1);
}

TEST(JsonClient, ManyCallsAreInFlightFromOneThread) {
    constexpr std::size_t count = 200;
    Held held;
    ScriptedService service(hold(held));
    JsonClient client(options_for(service.endpoint()));
    std::vector<std::future<Reply>> replies;
    for (std::size_t i = 0; i < count; ++i) replies.push_back(send(client, patient_call()));
    ASSERT_TRUE(held.wait_for(count));  // all at once: none has its answer yet
    held.release(good());
    for (auto& reply : replies) EXPECT_EQ(reply.get().kind, Kind::answered);
}

TEST(JsonClient, RepliesComeOnOneThreadOfItsOwn) {
    ScriptedService service(answer);
    JsonClient client(options_for(service.endpoint()));
    const auto thread_of_a_reply = [&] {
        std::promise<std::thread::id> thread;
        client.send(patient_call(),
                    [&](const Reply&) { thread.set_value(std::this_thread::get_id()); });
        return thread.get_future().get();
    };
    const auto first = thread_of_a_reply();
    EXPECT_NE(first, std::this_thread::get_id());
    EXPECT_EQ(first, thread_of_a_reply());
}

TEST(JsonClient, NoMoreThanItsLimitAreInFlightAndTheOthersFollow) {
    Held held;
    ScriptedService service(hold(held));
    JsonClientOptions options = options_for(service.endpoint());
    options.in_flight_max = 2;
    JsonClient client(options);
    std::vector<std::future<Reply>> replies;
    for (int i = 0; i < 4; ++i) replies.push_back(send(client, patient_call()));
    ASSERT_TRUE(held.wait_for(2));
    EXPECT_EQ(client.call(call_within(100ms)).attempts, 0);  // time enough for a third to be sent
    EXPECT_EQ(held.release(good()), 2);
    ASSERT_TRUE(held.wait_for(2));
    EXPECT_EQ(held.release(good()), 2);
    for (auto& reply : replies) EXPECT_EQ(reply.get().kind, Kind::answered);
}

TEST(JsonClient, ACallThatFindsNoRoomFailsAtOnce) {
    Held held;
    ScriptedService service(hold(held));
    JsonClientOptions options = options_for(service.endpoint());
    options.in_flight_max = 1;
    options.waiting_max = 1;
    JsonClient client(options);
    auto first = send(client, patient_call());
    auto second = send(client, patient_call());
    const Reply third = client.call(patient_call());
    EXPECT_EQ(third.kind, Kind::failed);
    EXPECT_EQ(third.error, "Overloaded");
    EXPECT_FALSE(third.may_have_happened);
    for (auto* reply : {&first, &second}) {
        ASSERT_TRUE(held.wait_for(1));
        held.release(good());
        EXPECT_EQ(reply->get().kind, Kind::answered);
    }
}

TEST(JsonClient, TheTimeOfACallRunsWhileItWaitsForItsTurn) {
    Held held;
    ScriptedService service(hold(held));
    JsonClientOptions options = options_for(service.endpoint());
    options.in_flight_max = 1;
    JsonClient client(options);
    auto first = send(client, patient_call());
    ASSERT_TRUE(held.wait_for(1));
    const Reply second = client.call(call_within(100ms));
    EXPECT_EQ(second.kind, Kind::failed);
    EXPECT_EQ(second.error, "Timeout");
    EXPECT_EQ(second.attempts, 0);
    EXPECT_FALSE(second.may_have_happened);
    held.release(good());
    EXPECT_EQ(first.get().kind, Kind::answered);
}

TEST(JsonClient, ACallThatMayOnlyBeSentTooLateFailsByItsDeadline) {
    ScriptedService service(answer);
    JsonClient client(options_for(service.endpoint()));
    const auto start = std::chrono::steady_clock::now();
    Call call = call_within(100ms);
    call.not_before = start + 20s;
    const Reply reply = client.call(std::move(call));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
    EXPECT_EQ(reply.kind, Kind::failed);
    EXPECT_EQ(reply.error, "Timeout");
    EXPECT_EQ(reply.attempts, 0);
}

TEST(JsonClient, ACallMayBeSentFromWithinAReply) {
    ScriptedService service(answer);
    JsonClient client(options_for(service.endpoint()));
    std::promise<Reply> last;
    client.send(patient_call(), [&](const Reply&) {
        client.send(patient_call(), [&](Reply reply) { last.set_value(std::move(reply)); });
    });
    EXPECT_EQ(last.get_future().get().kind, Kind::answered);
}

TEST(JsonClient, OpenCallsFailWhenItEndsAndTellWhichWereSent) {
    Held held;
    ScriptedService service(hold(held));
    JsonClientOptions options = options_for(service.endpoint());
    options.in_flight_max = 1;
    auto client = std::make_unique<JsonClient>(options);
    auto sent = send(*client, patient_call());
    ASSERT_TRUE(held.wait_for(1));
    auto waiting = send(*client, patient_call());
    client.reset();
    const Reply of_sent = sent.get();
    EXPECT_EQ(of_sent.kind, Kind::failed);
    EXPECT_EQ(of_sent.error, "Stopped");
    EXPECT_TRUE(of_sent.may_have_happened);
    const Reply of_waiting = waiting.get();
    EXPECT_EQ(of_waiting.kind, Kind::failed);
    EXPECT_FALSE(of_waiting.may_have_happened);
    held.release(good());
}

}  // namespace
