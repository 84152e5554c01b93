// What becomes of calls whose credentials or clock the service doesn't accept, or that have none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/json_client.hpp"
#include "aws/scripted_service_fixture.hpp"

namespace {

using namespace aws;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = Reply::Kind;

Credentials named(const std::string& id) {
    return {id, "secret", "", std::nullopt};
}

// "old" ones until they are rejected, then "new" ones; those only when the test lets them be had.
class OldThenNew : public CredentialsProvider {
public:
    std::optional<Credentials> at_hand() override {
        const std::lock_guard lock(mutex_);
        if (rejections_ == 0) return named("old");
        return fetched_ ? std::optional(named("new")) : std::nullopt;
    }
    Credentials get() override {
        if (auto ready = at_hand()) return *ready;
        asked_.set_value();
        may_fetch_.get_future().wait();
        const std::lock_guard lock(mutex_);
        fetched_ = true;
        return named("new");
    }
    void reject(const Credentials& rejected) override {
        EXPECT_EQ(rejected.access_key_id, rejections() == 0 ? "old" : "new");
        const std::lock_guard lock(mutex_);
        ++rejections_;
    }

    void wait_until_asked() { asked_.get_future().wait(); }
    void let_fetch() { may_fetch_.set_value(); }
    [[nodiscard]] int rejections() const {
        const std::lock_guard lock(mutex_);
        return rejections_;
    }

private:
    mutable std::mutex mutex_;
    int rejections_ = 0;
    bool fetched_ = false;
    std::promise<void> asked_;
    std::promise<void> may_fetch_;
};

bool is_signed_by(const http::Request& request, const std::string& id) {
    return request.headers.find("Authorization")->find("Credential=" + id + "/") !=
           std::string::npos;
}

// Accepts what is signed by "new".
void accept_new(int, const http::Request& request, const http::Responder& respond) {
    respond(is_signed_by(request, "new") ? good() : refusal("ExpiredTokenException"));
}

// Accepts times that are right to five minutes, as AWS does.
void accept_right_time(int, const http::Request& request, const http::Responder& respond) {
    const bool right = std::chrono::abs(signed_at(request) - base::system_now()) < 5min;
    respond(right ? good() : refusal("InvalidSignatureException", "Signature expired"));
}

base::TimePoint an_hour_late() {
    return base::system_now() - 1h;
}
base::TimePoint an_hour_early() {
    return base::system_now() + 1h;
}

TEST(JsonClientCredentials, ExpiredOnesAreFetchedAgain) {
    const ScriptedService service(accept_new);
    const auto provider = std::make_shared<OldThenNew>();
    provider->let_fetch();
    JsonClientOptions options = options_for(service.endpoint());
    options.credentials = provider;
    JsonClient client(options);
    const Reply reply = client.call(patient_call());
    EXPECT_EQ(reply.kind, Kind::answered) << reply.message;
    EXPECT_EQ(reply.attempts, 2);
    EXPECT_FALSE(reply.may_have_happened);
    EXPECT_EQ(client.call(patient_call()).attempts, 1);
}

TEST(JsonClientCredentials, ACallTriesOthersButOnce) {
    const ScriptedService service({refusal("UnrecognizedClientException", "who are you")});
    const auto provider = std::make_shared<OldThenNew>();
    provider->let_fetch();
    JsonClientOptions options = options_for(service.endpoint());
    options.credentials = provider;
    const Reply reply = JsonClient(options).call(patient_call());
    EXPECT_EQ(reply.kind, Kind::refused);
    EXPECT_EQ(reply.error, "UnrecognizedClientException");
    EXPECT_EQ(reply.attempts, 2);
    EXPECT_EQ(provider->rejections(), 1);
}

TEST(JsonClientCredentials, FetchingThemHoldsUpNoCallInFlightAndNoDeadline) {
    Held held;
    const ScriptedService service(
        [&](int n, const http::Request& request, const http::Responder& respond) {
            if (n == 1) {
                held.add(respond);
            } else {
                accept_new(n, request, respond);
            }
        });
    const auto provider = std::make_shared<OldThenNew>();
    JsonClientOptions options = options_for(service.endpoint());
    options.credentials = provider;
    JsonClient client(options);
    auto in_flight = send(client, patient_call());
    ASSERT_TRUE(held.wait_for(1));
    auto rejected = send(client, patient_call());
    provider->wait_until_asked();

    held.release(good());
    EXPECT_EQ(in_flight.get().kind, Kind::answered);
    const Reply late = client.call(call_within(50ms));
    EXPECT_EQ(late.kind, Kind::failed);
    EXPECT_EQ(late.attempts, 0);

    provider->let_fetch();
    EXPECT_EQ(rejected.get().kind, Kind::answered);
}

TEST(JsonClientCredentials, WithoutAnyACallFailsAndSaysWhy) {
    class None : public CredentialsProvider {
        Credentials get() override { throw NoCredentials("there are none today"); }
        void reject(const Credentials&) override {}
    };
    const ScriptedService service({good()});
    JsonClientOptions options = options_for(service.endpoint());
    options.credentials = std::make_shared<None>();
    const Reply reply = JsonClient(options).call(patient_call());
    EXPECT_EQ(reply.kind, Kind::failed);
    EXPECT_EQ(reply.error, "NoCredentials");
    EXPECT_EQ(reply.message, "there are none today");
    EXPECT_EQ(reply.attempts, 0);
}

TEST(JsonClientCredentials, AnHourOfClockSkewIsCorrectedAndRemembered) {
    const ScriptedService service(accept_right_time);
    for (const auto& clock : {an_hour_late, an_hour_early}) {
        std::vector<std::string> log;
        const auto provider = std::make_shared<OldThenNew>();
        JsonClientOptions options = options_for(service.endpoint());
        options.credentials = provider;
        options.clock = clock;
        options.log = [&](std::string_view line) { log.emplace_back(line); };
        {
            JsonClient client(options);
            const Reply reply = client.call(patient_call());
            EXPECT_EQ(reply.kind, Kind::answered) << reply.message;
            EXPECT_EQ(reply.attempts, 2);
            EXPECT_FALSE(reply.may_have_happened);
            EXPECT_EQ(client.call(patient_call()).attempts, 1);
        }
        EXPECT_THAT(log, ElementsAre(HasSubstr("the clock is off by ")));
        EXPECT_EQ(provider->rejections(), 0);
    }
}

TEST(JsonClientCredentials, ACorrectedClockDoesNotHideThatTheyHaveExpired) {
    const ScriptedService service(
        [](int n, const http::Request& request, const http::Responder& respond) {
            (n <= 3 ? accept_right_time : accept_new)(n, request, respond);
        });
    const auto provider = std::make_shared<OldThenNew>();
    provider->let_fetch();
    JsonClientOptions options = options_for(service.endpoint());
    options.credentials = provider;
    options.clock = an_hour_early;
    JsonClient client(options);
    EXPECT_EQ(client.call(patient_call()).attempts, 2);  // the clock
    EXPECT_EQ(client.call(patient_call()).attempts, 1);
    EXPECT_EQ(client.call(patient_call()).attempts, 2);  // the credentials
    EXPECT_EQ(provider->rejections(), 1);
}

TEST(JsonClientCredentials, ManyCallsWithAWrongTimeAtOnceCostNoCredentials) {
    constexpr std::size_t count = 8;
    Held held;
    const ScriptedService service(
        [&](int n, const http::Request& request, const http::Responder& respond) {
            if (n <= static_cast<int>(count)) {
                held.add(respond);
            } else {
                accept_right_time(n, request, respond);
            }
        });
    const auto provider = std::make_shared<OldThenNew>();
    JsonClientOptions options = options_for(service.endpoint());
    options.credentials = provider;
    options.clock = an_hour_early;
    JsonClient client(options);
    std::vector<std::future<Reply>> replies;
    for (std::size_t i = 0; i < count; ++i) replies.push_back(send(client, patient_call()));
    ASSERT_TRUE(held.wait_for(count));
    held.release(refusal("InvalidSignatureException", "Signature expired"));
    for (auto& reply : replies) EXPECT_EQ(reply.get().kind, Kind::answered);
    EXPECT_EQ(provider->rejections(), 0);
}

// AWS quotes the request that it has seen.
TEST(JsonClientCredentials, NoMessageHoldsTheSessionToken) {
    const ScriptedService service({refusal("SignatureDoesNotMatch",
                                           "The canonical request should have been "
                                           "x-amz-security-token:very-private, very-private")});
    std::vector<std::string> log;
    JsonClientOptions options = options_for(service.endpoint());
    options.credentials = fixed_credentials({"AKIDEXAMPLE", "secret", "very-private", {}});
    options.log = [&](std::string_view line) { log.emplace_back(line); };
    JsonClient client(options);
    const Reply reply = client.call(patient_call());
    EXPECT_EQ(reply.kind, Kind::refused);
    EXPECT_THAT(reply.message, HasSubstr("x-amz-security-token:***"));
    EXPECT_THAT(reply.message, Not(HasSubstr("very-private")));
    EXPECT_THAT(log, ElementsAre(Not(HasSubstr("very-private"))));
}

TEST(JsonClientCredentials, TheLogHearsOfThoseThatAreNotAcceptedOnce) {
    const ScriptedService service({refusal("ExpiredTokenException")});
    std::vector<std::string> log;
    JsonClientOptions options = options_for(service.endpoint());
    options.log = [&](std::string_view line) { log.emplace_back(line); };
    JsonClient client(options);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.call(patient_call()).kind, Kind::refused);
    EXPECT_THAT(log, ElementsAre(HasSubstr("not accepted (ExpiredTokenException)")));
}

}  // namespace
