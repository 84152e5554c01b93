#include "http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/assert.hpp>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "http/test_connection.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using test::Connection;
using test::eventually;
using test::get;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Keeps Responders until the test answers them; filled on the io thread.
class Held {
public:
    Handler handler() {
        return [this](const Request&, const Responder& respond) {
            const std::lock_guard lock(mutex_);
            held_.push_back(respond);
        };
    }
    // Waits for one.
    Responder take() {
        std::optional<Responder> first;
        EXPECT_TRUE(eventually([&] {
            const std::lock_guard lock(mutex_);
            if (held_.empty()) return false;
            first = held_.front();
            held_.pop_front();
            return true;
        }));
        return first.value();
    }

private:
    std::mutex mutex_;
    std::deque<Responder> held_;
};

struct Running : Server {
    explicit Running(Handler handler, ServerOptions options = {})
        : Server(std::move(options), std::move(handler)) {
        start();
    }
};

TEST(Server, AnswersARequest) {
    const Running server(test::echo);
    const auto answer =
        Connection(server).ask("PUT /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "PUT /a?b body");
    EXPECT_THAT(answer.head, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
    EXPECT_TRUE(answer.says("\r\nContent-Type: text/plain; charset=utf-8\r\n"));
}

TEST(Server, TellsTheTimeOfItsClock) {
    ServerOptions options;
    options.clock = [] { return base::TimePoint(std::chrono::seconds(1'795'594'351)); };
    const Running server(test::echo, options);
    EXPECT_TRUE(
        Connection(server).ask(get("/")).says("\r\nDate: Wed, 25 Nov 2026 08:12:31 GMT\r\n"));
}

TEST(Server, KeepsTheConnectionAsTheVersionAsks) {
    const Running server(test::echo);
    Connection connection(server);
    EXPECT_FALSE(connection.ask(get("/1")).says("Connection"));
    EXPECT_EQ(connection.ask(get("/2")).body, "GET /2 ");
    const auto old = connection.ask("GET /3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(old.says("\r\nConnection: keep-alive\r\n"));
    EXPECT_TRUE(connection.ask("GET /4 HTTP/1.0\r\n\r\n").says("\r\nConnection: close\r\n"));
    EXPECT_TRUE(connection.is_at_end());
}

TEST(Server, ClosesWhenTheClientAsksForIt) {
    const Running server(test::echo);
    Connection connection(server);
    const auto answer = connection.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(answer.says("\r\nConnection: close\r\n"));
    EXPECT_TRUE(connection.is_at_end());
}

TEST(Server, AnswersHeadWithoutBody) {
    const Running server(test::echo);
    Connection connection(server);
    connection.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answer = connection.read_answer(true);
    EXPECT_TRUE(answer.says("\r\nContent-Length: 10\r\n"));
    EXPECT_EQ(connection.ask(get("/next")).body, "GET /next ");
}

// What was sent on one connection has been read when another one is answered.
TEST(Server, AnswersARequestWhoseBodyComesInPieces) {
    const Running server(test::echo);
    Connection other(server);
    Connection connection(server);
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string body : {"0\r\n\r\n", "1\r\na\r\n0\r\nConnection: close\r\n\r\n"}) {
        connection.send(head);
        for (const char byte : body) {
            EXPECT_EQ(other.ask(get("/")).status, 200);
            connection.send({&byte, 1});
        }
        EXPECT_EQ(connection.read_answer().status, 200) << body;
    }
    EXPECT_EQ(connection.ask(get("/next")).body, "GET /next ");
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
    Held held;
    const Running server(held.handler());
    Connection connection(server);
    std::string requests;
    for (int i = 0; i < 20; ++i) requests += get("/" + std::to_string(i));
    connection.send(requests);
    connection.end_output();
    std::thread other([&] {
        for (int i = 0; i < 20; ++i) held.take()(Response::text(200, std::to_string(i)));
    });
    for (int i = 0; i < 20; ++i) EXPECT_EQ(connection.read_answer().body, std::to_string(i));
    other.join();
    EXPECT_TRUE(connection.is_at_end());
}

// A server whose io thread is held by a request to /hold until it is released, so that what is sent
// meanwhile waits for it all at once.
class HeldServer : public ::testing::Test {
protected:
    // Returns when the server is held.
    void hold(Connection& connection, const std::string& requests) {
        connection.send(get("/hold") + requests);
        holds_.get_future().wait();
    }
    void release() { release_.set_value(); }
    // How many requests the server had begun before that one.
    [[nodiscard]] std::ptrdiff_t place_of(const std::string& target) const {
        return std::find(order_.begin(), order_.end(), target) - order_.begin();
    }
    static std::string many(int count) {
        std::string requests;
        for (int i = 0; i < count; ++i) requests += get("/many");
        return requests;
    }

private:
    std::promise<void> holds_;
    std::promise<void> release_;
    std::vector<std::string> order_;  // the io thread's, until all is answered

protected:
    const Running server{[this](const Request& request, const Responder& respond) {
        order_.push_back(request.target);
        if (request.target == "/hold") {
            holds_.set_value();
            release_.get_future().wait();
        }
        respond(Response::text(200, "x"));
    }};
};

// Thousands of small requests in one packet are cheap to send.
TEST_F(HeldServer, PipelinedRequestsOfOneDoNotHoldUpAnother) {
    constexpr int pipelined = 300;
    Connection busy(server);
    Connection other(server);
    EXPECT_EQ(other.ask(get("/first")).status, 200);
    hold(busy, many(pipelined));
    other.send(get("/other"));
    release();
    EXPECT_EQ(other.read_answer().status, 200);
    for (int i = 0; i <= pipelined; ++i) EXPECT_EQ(busy.read_answer().status, 200);
    EXPECT_LT(place_of("/other"), pipelined / 10);
}

// Also not one who comes after many of them.
TEST_F(HeldServer, ManyWhoPipelineDoNotHoldUpOneWhoComesLater) {
    constexpr int connections = 50;
    constexpr int pipelined = 20;
    Connection holding(server);
    hold(holding, "");
    std::deque<Connection> busy;
    for (int i = 0; i < connections; ++i) busy.emplace_back(server).send(many(pipelined));
    Connection other(server);
    other.send(get("/other"));
    release();
    EXPECT_EQ(other.read_answer().status, 200);
    for (Connection& connection : busy) {
        for (int i = 0; i < pipelined; ++i) EXPECT_EQ(connection.read_answer().status, 200);
    }
    EXPECT_LT(place_of("/other"), connections * pipelined / 2);
}

TEST(Server, SendsEarlierAnswersBeforeALaterOneIsReady) {
    Held held;
    const Running server([&](Request request, Responder respond) {
        if (request.target == "/slow") return held.handler()(request, respond);
        test::echo(request, respond);
    });
    Connection connection(server);
    connection.send(get("/quick") + get("/slow"));
    EXPECT_EQ(connection.read_answer().body, "GET /quick ");
    held.take()(Response::text(200, "at last"));
    EXPECT_EQ(connection.read_answer().body, "at last");
}

TEST(Server, AnswersManyConnectionsFromManyThreads) {
    Held held;
    const Running server(held.handler());
    std::atomic<int> left = 400;
    std::vector<std::thread> answering;
    for (int i = 0; i < 2; ++i) {
        answering.emplace_back([&] {
            while (left-- > 0) held.take()(Response::text(200, "x"));
        });
    }
    std::vector<Connection> connections;
    for (int i = 0; i < 20; ++i) connections.emplace_back(server);
    for (int round = 0; round < 20; ++round) {
        for (auto& connection : connections) connection.send(get("/"));
        for (auto& connection : connections) EXPECT_EQ(connection.read_answer().status, 200);
    }
    for (auto& thread : answering) thread.join();
}

TEST(Server, SendsALargeBodyWhole) {
    const std::string large(3'000'000, 'x');
    const Running server([&](auto, auto respond) { respond(Response::text(200, large)); });
    Connection connection(server);
    connection.send(get("/") + get("/"));
    EXPECT_EQ(connection.read_answer().body, large);
    EXPECT_EQ(connection.read_answer().body, large);
}

TEST(Server, KeepsAFitRequestIdAndMakesOneOtherwise) {
    const Running server(
        [](auto request, auto respond) { respond(Response::text(200, request.id)); });
    Connection connection(server);
    const auto ask = [&](const std::string& id) {
        return connection.ask("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + id + "\r\n\r\n");
    };
    EXPECT_EQ(ask("a.B_9-").body, "a.B_9-");
    EXPECT_TRUE(ask("a.B_9-").says("\r\nX-Request-Id: a.B_9-\r\n"));
    std::set<std::string> made;
    for (const std::string& unfit : {std::string(), std::string("a b"), std::string(129, 'a')}) {
        const auto answer = ask(unfit);
        EXPECT_NE(answer.body, unfit);
        EXPECT_TRUE(answer.says("\r\nX-Request-Id: " + answer.body + "\r\n"));
        made.insert(answer.body);
    }
    EXPECT_EQ(made.size(), 3U);
    EXPECT_EQ(ask(std::string(128, 'a')).body, std::string(128, 'a'));
}

TEST(Server, InvitesABodyThatIsWaitedFor) {
    const Running server(test::echo);
    Connection connection(server);
    connection.send(
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_TRUE(connection.fill_until([&] { return connection.input().ends_with("\r\n\r\n"); }));
    EXPECT_EQ(connection.input(), "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send("ab");
    static_cast<void>(connection.read_answer());  // the 100
    EXPECT_EQ(connection.read_answer().body, "PUT / ab");
}

TEST(Server, AnswersInternalWhenTheHandlerThrows) {
    std::promise<std::string> reported;
    ServerOptions options;
    options.on_error = [&](std::string_view what) { reported.set_value(std::string(what)); };
    const Running server([](auto, auto) { throw std::runtime_error("secret"); }, options);
    const auto answer = Connection(server).ask(get("/"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, HasSubstr("/problems/internal"));
    EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
    EXPECT_THAT(reported.get_future().get(), HasSubstr("secret"));
}

// The assertions of Boost that input could reach must not end the process (docs/adr/0013).
TEST(Server, AnswersInternalWhenAnAssertionOfALibraryFails) {
    const Running server([](const Request& request, const Responder& respond) {
        BOOST_ASSERT(request.path != "/asserts");
        test::echo(request, respond);
    });
    Connection neighbour(server);
    EXPECT_EQ(neighbour.ask(get("/1")).status, 200);
    EXPECT_EQ(Connection(server).ask(get("/asserts")).status, 500);
    EXPECT_EQ(neighbour.ask(get("/2")).body, "GET /2 ");
}

TEST(Server, AnswersInternalWhenTheResponderIsDropped) {
    Held held;
    const Running server(held.handler());
    Connection connection(server);
    connection.send("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n");
    held.take();
    const auto answer = connection.read_answer();
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, HasSubstr("urn:request:mine"));
    connection.send(get("/"));
    held.take()(Response::text(200, "still there"));
    EXPECT_EQ(connection.read_answer().body, "still there");
}

TEST(Server, TellsWhatItAnswered) {
    std::vector<Access> accesses;
    ServerOptions options;
    options.on_access = [&](const Access& access) { accesses.push_back(access); };
    Running server(test::echo, options);
    Connection(server).ask("GET /a?b HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n");
    Connection(server).ask("nonsense\r\n\r\n");
    server.stop(5s);
    ASSERT_EQ(accesses.size(), 2U);
    EXPECT_THAT(accesses[0].client, StartsWith("127.0.0.1:"));
    EXPECT_EQ(accesses[0].method, "GET");
    EXPECT_EQ(accesses[0].target, "/a?b");
    EXPECT_EQ(accesses[0].status, 200);
    EXPECT_EQ(accesses[0].bytes, 9U);
    EXPECT_EQ(accesses[0].id, "mine");
    EXPECT_EQ(accesses[1].status, 400);
}

TEST(Server, LetsASinglePortBeHadOnce) {
    const Running first(test::echo);
    Server second({.port = first.port()}, test::echo);
    try {
        second.start();
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::address_in_use);
        EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:" + std::to_string(first.port())));
    }
    EXPECT_THROW(Server({.address = "nowhere"}, test::echo).start(), std::system_error);
}

TEST(ServerStop, ClosesIdleConnectionsAtOnce) {
    Running server(test::echo);
    Connection fresh(server);
    Connection used(server);
    used.ask(get("/"));
    EXPECT_TRUE(eventually([&] { return server.counters().connections == 2; }));
    const auto begun = std::chrono::steady_clock::now();
    server.stop(60s);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 30s);
    EXPECT_TRUE(fresh.is_at_end());
    EXPECT_TRUE(used.is_at_end());
}

TEST(ServerStop, LetsRequestsInFlightBeAnswered) {
    Held held;
    Running server(held.handler());
    Connection connection(server);
    connection.send(get("/"));
    const Responder respond = held.take();
    std::thread stopping([&] { server.stop(60s); });
    EXPECT_TRUE(eventually([&] {
        try {
            return !Connection(server).send("x");
        } catch (const std::runtime_error&) {
            return true;
        }
    }));
    respond(Response::text(200, "done"));
    const auto answer = connection.read_answer();
    EXPECT_EQ(answer.body, "done");
    EXPECT_TRUE(answer.says("\r\nConnection: close\r\n"));
    connection.close();
    stopping.join();
}

TEST(ServerStop, ClosesEverythingWhenPatienceEnds) {
    Held held;
    Running server(held.handler());
    Connection waiting(server);
    waiting.send(get("/"));
    const Responder too_late = held.take();
    Connection half(server);
    half.send("GET / HT");
    EXPECT_TRUE(eventually([&] { return server.counters().connections == 2; }));
    server.stop(20ms);
    EXPECT_EQ(waiting.read_answer().status, 0);
    EXPECT_EQ(half.read_answer().status, 0);
    EXPECT_EQ(server.counters().connections, 0U);
    EXPECT_EQ(server.counters().in_flight, 0U);
    too_late(Response::text(200, ""));
    server.stop(20ms);
}

TEST(ServerStop, OutlivesNoResponder) {
    Held held;
    auto server = std::make_unique<Running>(held.handler());
    Connection connection(*server);
    connection.send(get("/"));
    const Responder respond = held.take();
    server.reset();
    respond(Response::text(200, "nobody listens"));
}

TEST(ServerStop, NeedsNoStart) {
    Server({}, test::echo).stop(1s);
}

}  // namespace
}  // namespace http
