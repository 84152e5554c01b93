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
    EXPECT_TRUE(pool.post([] {}, WorkerPool::Admission::always));
    const auto refused = ask(pool.handler([](const http::Request&, const http::Responder&) {}));
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.body.find("/problems/overloaded"), std::string::npos);
    EXPECT_NE(refused.headers.find("Retry-After"), nullptr);
    go.count_down();
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
