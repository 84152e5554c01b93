#include "api/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>

#include "es/errors.hpp"

namespace api {
namespace {

// Sends a request through a handler and waits for the answer.
http::Response ask(const http::Handler& handler) {
    std::promise<http::Response> promise;
    auto answer = promise.get_future();
    http::Request request;
    request.id = "r1";
    handler(std::move(request), http::Responder([&](http::Response response) {
                promise.set_value(std::move(response));
            }));
    return answer.get();
}

TEST(WorkerPool, AnswersOnAThreadOfItsOwn) {
    WorkerPool pool({});
    std::thread::id answered_on;
    const auto response =
        ask(pool.handler([&](const http::Request&, const http::Responder& respond) {
            answered_on = std::this_thread::get_id();
            respond(http::Response::text(200, "yes"));
        }));
    EXPECT_EQ(response.body, "yes");
    EXPECT_NE(answered_on, std::this_thread::get_id());
}

TEST(WorkerPool, RefusesWhatItsQueueCantHold) {
    std::latch go(1);
    std::latch busy(1);
    WorkerPool pool({.threads = 1, .queue_max = 1});
    ASSERT_TRUE(pool.post([&] {
        busy.count_down();
        go.wait();
    }));
    busy.wait();
    ASSERT_TRUE(pool.post([] {}));
    EXPECT_FALSE(pool.post([] {}));
    EXPECT_TRUE(pool.post([] {}, {}, WorkerPool::Admission::always));
    const auto refused = ask(pool.handler([](const http::Request&, const http::Responder&) {}));
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.body.find("/problems/overloaded"), std::string::npos);
    EXPECT_NE(refused.headers.find("Retry-After"), nullptr);
    go.count_down();
}

// Posts until the lane refuses, and counts.
int fill(WorkerPool& pool, const JobOrigin& origin) {
    int taken = 0;
    while (pool.post([] {}, origin)) ++taken;
    return taken;
}

TEST(WorkerPool, KeepsAThreadAndPlacesForQuickWork) {
    std::latch go(1);
    std::latch busy(2);
    std::latch answered(1);
    WorkerPool pool({.threads = 3, .slow_threads_max = 2, .queue_max = 10});
    const JobOrigin lists{"127.0.0.1", Lane::slow};
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(pool.post(
            [&] {
                busy.count_down();
                go.wait();
            },
            lists));
    }
    busy.wait();  // else their places become free after the lane was filled
    EXPECT_GT(fill(pool, lists), 3);
    EXPECT_FALSE(pool.post([] {}, lists));
    // The same caller's quick question, and another one's list, have places.
    EXPECT_TRUE(pool.post([] {}, {"127.0.0.2", Lane::slow}));
    ASSERT_TRUE(pool.post([&] { answered.count_down(); }, {"127.0.0.1", Lane::quick}));
    answered.wait();
    EXPECT_GE(pool.refused(), 2U);
    go.count_down();
}

TEST(WorkerPool, CallersTakeTurns) {
    std::latch busy(1);
    std::latch go(1);
    std::latch done(6);
    std::string order;
    WorkerPool pool({.threads = 1, .slow_threads_max = 1, .queue_max = 100});
    ASSERT_TRUE(pool.post([&] {
        busy.count_down();
        go.wait();
    }));
    busy.wait();
    const auto post = [&](const char* caller) {
        EXPECT_TRUE(pool.post(
            [&, caller] {
                order += caller;
                done.count_down();
            },
            {caller, Lane::slow}));
    };
    for (int i = 0; i < 4; ++i) post("a");
    post("b");
    post("c");
    go.count_down();
    done.wait();
    EXPECT_EQ(order, "abcaaa");
}

TEST(WorkerPool, TurnsExceptionsIntoProblemsAndTellsTheOperator) {
    std::string told;
    WorkerPool pool({.on_error = [&](std::string_view text) { told = text; }});
    const auto unavailable = ask(pool.handler([](const http::Request&, const http::Responder&) {
        throw es::Unavailable("disk on fire");
    }));
    EXPECT_EQ(unavailable.status, 503);
    EXPECT_NE(unavailable.body.find("/problems/store-unavailable"), std::string::npos);
    const auto internal = ask(pool.handler(
        [](const http::Request&, const http::Responder&) { throw std::logic_error("secret"); }));
    EXPECT_EQ(internal.status, 500);
    EXPECT_EQ(internal.body.find("secret"), std::string::npos);
    EXPECT_EQ(told, "request r1: secret");
}

TEST(WorkerPool, StopFinishesWhatIsAtHandAndDropsTheRest) {
    std::latch begun(1);
    std::latch dropped(1);
    std::atomic<int> done = 0;
    WorkerPool pool({.threads = 1, .queue_max = 100});
    ASSERT_TRUE(pool.post([&] {
        begun.count_down();
        dropped.wait();
        ++done;
    }));
    begun.wait();
    // Only when the queue is dropped may the job at hand end.
    struct Notice {
        std::latch& gone;
        ~Notice() { gone.count_down(); }
    };
    ASSERT_TRUE(
        pool.post([kept = std::shared_ptr<Notice>(new Notice{dropped}), &done] { done += 100; }));
    pool.stop();
    EXPECT_EQ(done, 1);
    EXPECT_FALSE(pool.post([] {}));
}

}  // namespace
}  // namespace api
