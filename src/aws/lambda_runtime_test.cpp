// The four calls of Lambda's Runtime API.
#include "aws/lambda_runtime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "aws/scripted_service_fixture.hpp"

namespace {

using namespace aws;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string in_ms(std::chrono::milliseconds time) {
    return std::to_string((base::system_now() + time).time_since_epoch().count());
}

http::Response invocation(const std::string& id, const std::string& event,
                          const std::string& deadline = in_ms(std::chrono::seconds(30))) {
    auto response = http::Response::json(200, event);
    response.headers.add("Lambda-Runtime-Aws-Request-Id", id);
    response.headers.add("Lambda-Runtime-Deadline-Ms", deadline);
    return response;
}

// A Runtime API that answers one thing and notes what it was asked.
class Api {
public:
    explicit Api(const http::Response& answer)
        : service_(
              [this, answer](int, const http::Request& request, const http::Responder& respond) {
                  {
                      const std::lock_guard lock(mutex_);
                      asked_.push_back(request.method + " " + request.target + " " + request.body);
                      const auto* type = request.headers.find("Lambda-Runtime-Function-Error-Type");
                      if (type != nullptr) error_type_ = *type;
                  }
                  respond(answer);
              }) {}

    [[nodiscard]] std::string address() const {
        return "127.0.0.1:" + std::to_string(service_.port());
    }
    std::vector<std::string> asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    std::string error_type() {
        const std::lock_guard lock(mutex_);
        return error_type_;
    }
    [[nodiscard]] std::size_t connections() const { return service_.connections(); }

private:
    std::mutex mutex_;
    std::vector<std::string> asked_;
    std::string error_type_;
    ScriptedService service_;
};

const std::function<bool()> never = [] { return false; };

TEST(LambdaRuntime, AsksForAnInvocationAndTellsWhatCameOfIt) {
    Api api(invocation("8476a536", R"({"Records":[]})"));
    LambdaRuntime runtime(api.address(), never);
    const auto next = runtime.next();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->id, "8476a536");
    EXPECT_EQ(next->event, R"({"Records":[]})");
    const auto left = next->deadline - steady_clock::now();
    EXPECT_GT(left, std::chrono::seconds(25));
    EXPECT_LT(left, std::chrono::seconds(31));
    EXPECT_TRUE(runtime.answer(*next, R"({"a":1})"));
    EXPECT_THAT(api.asked(),
                ElementsAre("GET /2018-06-01/runtime/invocation/next ",
                            R"(POST /2018-06-01/runtime/invocation/8476a536/response {"a":1})"));
    EXPECT_EQ(api.connections(), 1U) << "the connection is kept";
}

TEST(LambdaRuntime, TheAddressMayCarryAPath) {
    Api api(invocation("1", "{}"));
    LambdaRuntime runtime(api.address() + "/.rt/projector", never);
    ASSERT_TRUE(runtime.next());
    EXPECT_THAT(api.asked(), ElementsAre("GET /.rt/projector/2018-06-01/runtime/invocation/next "));
}

TEST(LambdaRuntime, WhatIsNoAddressIsRefusedWithoutBeingShown) {
    for (const char* address : {"someone:hidden@127.0.0.1:1", "https://hidden:1", "hidden?:1",
                                "127.0.0.1:hidden", "hidden host:1", "127.0.0.1:1#hidden"}) {
        try {
            const LambdaRuntime runtime(address, never);
            FAIL() << address;
        } catch (const RuntimeGone& error) {
            EXPECT_STREQ(error.what(), "AWS_LAMBDA_RUNTIME_API is not of the form host:port");
        }
    }
}

TEST(LambdaRuntime, FailuresAreOfTheServicesForm) {
    Api api(invocation("1", "{}"));
    LambdaRuntime runtime(api.address(), never);
    EXPECT_TRUE(runtime.fail(*runtime.next(), {"Yardstick.NotABatch", "it is \"none\""}));
    EXPECT_EQ(api.asked().back(),
              R"(POST /2018-06-01/runtime/invocation/1/error {"errorType":"Yardstick.NotABatch",)"
              R"("errorMessage":"it is \"none\"","stackTrace":[]})");
    EXPECT_EQ(api.error_type(), "Yardstick.NotABatch");
    runtime.fail_to_begin({"Yardstick.Unusable", "no table"});
    EXPECT_EQ(api.asked().back(),
              R"(POST /2018-06-01/runtime/init/error {"errorType":"Yardstick.Unusable",)"
              R"("errorMessage":"no table","stackTrace":[]})");
    EXPECT_EQ(api.error_type(), "Yardstick.Unusable");
}

TEST(LambdaRuntime, AnAnswerThatComesTooLateIsNoReasonToEnd) {
    Api api(http::Response::json(400, R"({"errorType":"InvalidRequestID"})"));
    LambdaRuntime runtime(api.address(), never);
    EXPECT_FALSE(runtime.answer({"1", "{}", {}}, "{}"));
}

TEST(LambdaRuntime, IsGoneWhenItAnswersWithAnErrorOfItsOwn) {
    Api api(http::Response::json(500, "{}"));
    LambdaRuntime runtime(api.address(), never);
    EXPECT_THROW(runtime.next(), RuntimeGone);
    EXPECT_THROW(runtime.answer({"1", "{}", {}}, "{}"), RuntimeGone);
}

TEST(LambdaRuntime, IsGoneWhenNobodyListens) {
    std::string address;
    {
        Api api(good());
        address = api.address();
    }
    LambdaRuntime runtime(address, never);
    try {
        runtime.next();
        FAIL() << "somebody answered";
    } catch (const RuntimeGone& error) {
        EXPECT_THAT(error.what(), HasSubstr(address));
    }
}

TEST(LambdaRuntime, AnInvocationWithoutIdIsNone) {
    Api api(http::Response::json(200, "{}"));
    LambdaRuntime runtime(api.address(), never);
    EXPECT_THROW(runtime.next(), RuntimeGone);
}

TEST(LambdaRuntime, ADeadlineThatCannotBeSetsNone) {
    for (const std::string deadline : {"", "soon", "-1", "600000", "99999999999999"}) {
        Api api(invocation("1", "{}", deadline));
        LambdaRuntime runtime(api.address(), never);
        const auto left = runtime.next()->deadline - steady_clock::now();
        EXPECT_GT(left, std::chrono::hours(23)) << deadline;
        EXPECT_LT(left, std::chrono::hours(25)) << deadline;
    }
}

TEST(LambdaRuntime, WaitsWithoutEndAndStopsSoon) {
    Held held;
    ScriptedService silent(
        [&](int, const http::Request&, const http::Responder& respond) { held.add(respond); });
    std::atomic<bool> stop = false;
    LambdaRuntime runtime("127.0.0.1:" + std::to_string(silent.port()),
                          [&] { return stop.load(); });
    std::thread stopper([&] {
        EXPECT_TRUE(held.wait_for(1));
        stop = true;
    });
    const auto began = steady_clock::now();
    EXPECT_FALSE(runtime.next());
    EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(5));
    stopper.join();
    held.release(good());
}

}  // namespace
