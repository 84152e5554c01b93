// What becomes of calls when the service, or the way to it, is at fault.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/json_client.hpp"
#include "aws/raw_service_fixture.hpp"
#include "aws/scripted_service_fixture.hpp"

namespace {

using namespace aws;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Kind = Reply::Kind;
using std::chrono::steady_clock;

// A pause that no test's time allows (but once in millions): what fails is not tried again.
JsonClientOptions without_retries(const std::string& endpoint) {
    JsonClientOptions options = options_for(endpoint);
    options.backoff_base = 24'000h;
    options.backoff_max = 24'000h;
    return options;
}

Reply reply_of(const ScriptedService& service, Call call = patient_call()) {
    return JsonClient(options_for(service.endpoint())).call(std::move(call));
}

http::Response with_checksum(http::Response response, const std::string& checksum) {
    response.headers.set("x-amz-crc32", checksum);
    return response;
}

TEST(JsonClientFaults, ThrottledCallsAreTriedAgain) {
    const ScriptedService service({refusal("ThrottlingException"),
                                   refusal("ProvisionedThroughputExceededException"), good()});
    const Reply reply = reply_of(service);
    EXPECT_EQ(reply.kind, Kind::answered) << reply.message;
    EXPECT_EQ(reply.attempts, 3);
    EXPECT_FALSE(reply.may_have_happened);
}

TEST(JsonClientFaults, ThrottlingToTheEndFailsByTheDeadlineAndSaysWhy) {
    const ScriptedService service({refusal("ThrottlingException", "slower")});
    const auto start = steady_clock::now();
    const Reply reply = reply_of(service, call_within(300ms));
    EXPECT_LT(steady_clock::now() - start, 300ms + 200ms);
    EXPECT_EQ(reply.kind, Kind::failed);
    EXPECT_EQ(reply.error, "ThrottlingException");
    EXPECT_EQ(reply.message, "slower");
    EXPECT_GT(reply.attempts, 1);
    EXPECT_FALSE(reply.may_have_happened);
}

TEST(JsonClientFaults, ARetryThatCantFinishIsNotStarted) {
    const ScriptedService service({refusal("ThrottlingException")});
    const auto start = steady_clock::now();
    const Reply reply = JsonClient(without_retries(service.endpoint())).call(call_within(20s));
    EXPECT_LT(steady_clock::now() - start, 5s);
    EXPECT_EQ(reply.kind, Kind::failed);
    EXPECT_EQ(reply.attempts, 1);
}

TEST(JsonClientFaults, ARefusalIsNotTriedAgain) {
    const ScriptedService service({refusal("ConditionalCheckFailedException"), good()});
    const Reply reply = reply_of(service);
    EXPECT_EQ(reply.kind, Kind::refused);
    EXPECT_EQ(reply.error, "ConditionalCheckFailedException");
    EXPECT_THAT(reply.body, HasSubstr("ConditionalCheckFailedException"));
    EXPECT_EQ(reply.attempts, 1);
    EXPECT_FALSE(reply.may_have_happened);
}

TEST(JsonClientFaults, ARefusalThatTheCallerKnowsToBeTemporaryIsTriedAgain) {
    const ScriptedService service({refusal("TransactionCanceledException", "[TransactionConflict]"),
                                   refusal("TransactionCanceledException", "[ConditionalCheck]"),
                                   good()});
    Call call = patient_call();
    call.try_again = [](const Reply& reply) {
        EXPECT_EQ(reply.kind, Kind::refused);
        return reply.message == "[TransactionConflict]";
    };
    const Reply reply = reply_of(service, std::move(call));
    EXPECT_EQ(reply.kind, Kind::refused);
    EXPECT_EQ(reply.message, "[ConditionalCheck]");
    EXPECT_EQ(reply.attempts, 2);
}

TEST(JsonClientFaults, AServersErrorIsTriedAgainAndMayHaveTakenEffect) {
    const ScriptedService service({server_error(), good()});
    const Reply reply = reply_of(service);
    EXPECT_EQ(reply.kind, Kind::answered) << reply.message;
    EXPECT_EQ(reply.attempts, 2);
    EXPECT_TRUE(reply.may_have_happened);
}

// The write took effect, and the next attempt meets it.
TEST(JsonClientFaults, ARefusalAfterAServersErrorTellsThatItMayHaveHappened) {
    const ScriptedService service({server_error(), refusal("ConditionalCheckFailedException")});
    const Reply reply = reply_of(service);
    EXPECT_EQ(reply.kind, Kind::refused);
    EXPECT_TRUE(reply.may_have_happened);
}

TEST(JsonClientFaults, AnAnswerThatIsCutIsTriedAgainAndMayHaveTakenEffect) {
    const ScriptedService service({cut(), good()});
    const Reply reply = reply_of(service);
    EXPECT_EQ(reply.kind, Kind::answered) << reply.message;
    EXPECT_EQ(reply.attempts, 2);
    EXPECT_TRUE(reply.may_have_happened);
}

TEST(JsonClientFaults, AConnectionThatEndsWithoutAnAnswerMayHaveTakenEffect) {
    RawService service({RawService::end_connection});
    const Reply reply = JsonClient(without_retries(service.endpoint())).call(patient_call());
    EXPECT_EQ(reply.kind, Kind::failed);
    EXPECT_EQ(reply.error, "NoAnswer");
    EXPECT_TRUE(reply.may_have_happened);
}

// libcurl sends a request again by itself when a kept connection ends before the answer begins.
TEST(JsonClientFaults, AKeptConnectionThatEndsWithoutAnAnswerMayHaveTakenEffect) {
    RawService service(
        {RawService::answer(200, "{}"), RawService::end_connection,
         RawService::answer(400, R"({"__type":"ConditionalCheckFailedException"})")});
    JsonClient client(without_retries(service.endpoint()));
    EXPECT_FALSE(client.call(patient_call()).may_have_happened);
    const Reply reply = client.call(patient_call());
    EXPECT_EQ(reply.kind, Kind::refused);
    EXPECT_EQ(reply.error, "ConditionalCheckFailedException");
    EXPECT_TRUE(reply.may_have_happened);
}

TEST(JsonClientFaults, WithNobodyListeningNothingCanHaveHappened) {
    std::string endpoint;
    {
        RawService service({});
        endpoint = service.endpoint();
    }
    const Reply reply = JsonClient(options_for(endpoint)).call(call_within(200ms));
    EXPECT_EQ(reply.kind, Kind::failed);
    EXPECT_EQ(reply.error, "NoAnswer");
    EXPECT_GT(reply.attempts, 1);
    EXPECT_FALSE(reply.may_have_happened);
}

TEST(JsonClientFaults, AnAddressThatIsNoneFailsTheCall) {
    const Reply reply = JsonClient(without_retries("http://a b")).call(patient_call());
    EXPECT_EQ(reply.kind, Kind::failed);
    EXPECT_FALSE(reply.may_have_happened);
}

TEST(JsonClientFaults, ASlowAnswerIsAskedForAgainOnAnotherConnection) {
    Held held;
    const ScriptedService service([&](int n, const http::Request&, const http::Responder& respond) {
        if (n == 1) {
            held.add(respond);
        } else {
            respond(good());
        }
    });
    JsonClientOptions options = options_for(service.endpoint());
    options.attempt_timeout = 100ms;
    const Reply reply = JsonClient(options).call(patient_call());
    EXPECT_EQ(reply.kind, Kind::answered) << reply.message;
    EXPECT_EQ(reply.attempts, 2);
    EXPECT_TRUE(reply.may_have_happened);
    held.release(good());
}

TEST(JsonClientFaults, AnAnswerThatDoesNotComeFailsByTheDeadline) {
    Held held;
    const ScriptedService service(
        [&](int, const http::Request&, const http::Responder& respond) { held.add(respond); });
    const auto start = steady_clock::now();
    const Reply reply = reply_of(service, call_within(150ms));
    EXPECT_LT(steady_clock::now() - start, 150ms + 200ms);
    EXPECT_EQ(reply.kind, Kind::failed);
    EXPECT_EQ(reply.attempts, 1);
    EXPECT_TRUE(reply.may_have_happened);
    held.release(good());
}

TEST(JsonClientFaults, AWrongChecksumIsTriedAgain) {
    const ScriptedService service(
        {with_checksum(good(), "17"), with_checksum(good(), "2745614147")});
    const Reply reply = reply_of(service);
    EXPECT_EQ(reply.kind, Kind::answered) << reply.message;
    EXPECT_EQ(reply.attempts, 2);
    EXPECT_TRUE(reply.may_have_happened);
}

TEST(JsonClientFaults, HtmlForJsonIsTriedAgainAndShown) {
    const ScriptedService once({http::Response::text(200, "<html>hello</html>"), good()});
    EXPECT_EQ(reply_of(once).kind, Kind::answered);
    const ScriptedService always({http::Response::text(200, "<html>hello</html>")});
    const Reply reply = reply_of(always, call_within(100ms));
    EXPECT_EQ(reply.kind, Kind::failed);
    EXPECT_THAT(reply.message, HasSubstr("<html>hello</html>"));
}

TEST(JsonClientFaults, AnAnswerBeyondAllMeasureIsNotTakenIn) {
    RawService service({RawService::answer(200, std::string(65UL * 1024 * 1024, ' '))});
    const Reply reply = JsonClient(without_retries(service.endpoint())).call(patient_call());
    EXPECT_EQ(reply.kind, Kind::failed);
    EXPECT_EQ(reply.error, "NoAnswer");
    EXPECT_TRUE(reply.body.empty());
    EXPECT_TRUE(reply.may_have_happened);
}

TEST(JsonClientFaults, ACallThatIsThrottledHoldsUpNoOther) {
    const ScriptedService service(
        [](int, const http::Request& request, const http::Responder& respond) {
            respond(request.body == "{}" ? good() : refusal("ThrottlingException"));
        });
    JsonClient client(options_for(service.endpoint()));
    auto throttled = send(client, call_within(2s, R"({"hot":1})"));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(client.call(patient_call()).attempts, 1);
    EXPECT_EQ(throttled.wait_for(0s), std::future_status::timeout);
}

}  // namespace
