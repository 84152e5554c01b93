// What the server does with clients that are too slow, too large or too many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <deque>

#include "http/server.hpp"
#include "http/test_connection.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using test::Connection;
using test::eventually;
using test::get;
using testing::HasSubstr;

struct Running : Server {
    explicit Running(Limits limits, Handler handler = test::echo)
        : Server({.limits = limits}, std::move(handler)) {
        start();
    }
};

void expect_problem(const Connection::Answer& answer, int status, const std::string& type) {
    EXPECT_EQ(answer.status, status);
    EXPECT_TRUE(answer.says("\r\nContent-Type: application/problem+json\r\n"));
    EXPECT_TRUE(answer.says("\r\nX-Request-Id: "));
    EXPECT_THAT(answer.body, HasSubstr("\"/problems/" + type + "\""));
}

void expect_problem_and_end(Connection& connection, int status, const std::string& type) {
    const auto answer = connection.read_answer();
    expect_problem(answer, status, type);
    EXPECT_TRUE(answer.says("\r\nConnection: close\r\n"));
    EXPECT_TRUE(connection.is_at_end());
}

TEST(ServerLimits, HoldsOnlySoMuchOfLargeAnswersAtOnce) {
    constexpr std::size_t large = 8 * 1024 * 1024;  // more than sockets take without a reader
    const Running server({.answer_bytes_max = large + large / 2},
                         [](const Request& request, const Responder& respond) {
                             const bool small = request.path == "/small";
                             respond(Response::text(200, std::string(small ? 10 : large, 'x')));
                         });
    Connection unread(server);
    unread.send(get("/large"));
    Connection second(server);
    eventually([&] {
        second.send(get("/large"));
        return second.read_answer().status == 503;
    });
    second.send(get("/small"));
    EXPECT_EQ(second.read_answer().status, 200);
    EXPECT_EQ(unread.read_answer().body.size(), large);
    eventually([&] {
        second.send(get("/large"));
        return second.read_answer().status == 200;
    });
}

TEST(ServerLimits, RefusesAHeaderThatTakesTooLong) {
    const Running server({.header_time_max = 50ms});
    Connection connection(server);
    connection.send("GET / HTTP/1.1\r\n");
    expect_problem_and_end(connection, 408, "timeout");
}

TEST(ServerLimits, GivesTheHeaderNoMoreTimeForEachByte) {
    const Running server({.header_time_max = 100ms});
    Connection connection(server);
    connection.send("GET / HTTP/1.1\r\nA: ");
    std::atomic<bool> answered = false;
    std::thread dripping([&] {
        while (!answered && connection.send("a")) std::this_thread::sleep_for(5ms);
    });
    expect_problem(connection.read_answer(), 408, "timeout");
    answered = true;
    dripping.join();
}

TEST(ServerLimits, RefusesABodyThatTakesTooLong) {
    const Running server({.body_time_max = 50ms});
    Connection connection(server);
    connection.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    expect_problem_and_end(connection, 408, "timeout");
}

TEST(ServerLimits, ClosesIdleConnectionsSilently) {
    const Running server({.idle_time_max = 50ms});
    Connection fresh(server);
    EXPECT_TRUE(fresh.is_at_end());
    Connection used(server);
    EXPECT_EQ(used.ask(get("/")).status, 200);
    EXPECT_TRUE(used.is_at_end());
}

TEST(ServerLimits, CutsAReaderThatTakesNothing) {
    const std::string large(20'000'000, 'x');
    const Running server({.write_time_max = 50ms},
                         [&](auto, auto respond) { respond(Response::text(200, large)); });
    const Connection connection(server);
    connection.send(get("/"));
    EXPECT_TRUE(eventually([&] { return server.counters().connections == 1; }));
    EXPECT_TRUE(eventually([&] { return server.counters().connections == 0; }));
}

TEST(ServerLimits, RefusesMalformedRequestsAndCloses) {
    const Running server({});
    Connection connection(server);
    connection.send("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n" + get("/smuggled"));
    expect_problem_and_end(connection, 400, "malformed");
}

TEST(ServerLimits, AnswersWhatCameBeforeAMalformedRequest) {
    const Running server({});
    Connection connection(server);
    connection.send(get("/1") + "GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(connection.read_answer().body, "GET /1 ");
    expect_problem_and_end(connection, 400, "malformed");
}

TEST(ServerLimits, RefusesATooLargeHeader) {
    const Running server({});
    Connection connection(server);
    connection.send("GET / HTTP/1.1\r\nA: " + std::string(16 * 1024, 'a'));
    expect_problem_and_end(connection, 431, "header-too-large");
}

TEST(ServerLimits, RefusesATooLargeBody) {
    const Running server({});
    for (const std::string size : {"Content-Length: 65537", "Transfer-Encoding: chunked"}) {
        Connection connection(server);
        connection.send("PUT / HTTP/1.1\r\nHost: x\r\n" + size + "\r\n\r\n10001\r\n");
        expect_problem_and_end(connection, 413, "too-large");
    }
}

// The answer must not be lost to a reset because the client is still sending.
TEST(ServerLimits, LetsTheRefusalArriveWhileTheClientIsSending) {
    const Running server({});
    Connection connection(server);
    connection.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n");
    EXPECT_TRUE(connection.send(std::string(3'000'000, 'a')));
    connection.end_output();
    expect_problem_and_end(connection, 413, "too-large");
}

TEST(ServerLimits, DoesNotReadOnForEver) {
    const Running server({});
    const Connection connection(server);
    connection.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n");
    const std::string much(100'000, 'a');
    while (connection.send(much)) continue;
    EXPECT_TRUE(eventually([&] { return server.counters().connections == 0; }));
}

TEST(ServerLimits, TurnsAwayConnectionsBeyondTheLimit) {
    const Running server({.connections_max = 2});
    Connection first(server);
    Connection second(server);
    EXPECT_EQ(first.ask(get("/")).status, 200);
    EXPECT_EQ(second.ask(get("/")).status, 200);
    Connection third(server);
    third.send(get("/"));
    const auto answer = third.read_answer();
    expect_problem(answer, 503, "overloaded");
    EXPECT_TRUE(answer.says("\r\nRetry-After: 1\r\n"));
    EXPECT_TRUE(third.is_at_end());
    first.close();
    EXPECT_TRUE(eventually([&] { return Connection(server).ask(get("/")).status == 200; }));
}

TEST(ServerLimits, OneAddressLeavesConnectionsForOthers) {
    const Running server({.connections_max = 10});
    std::vector<Connection> held;
    while (held.size() < 10) {
        held.emplace_back(server);
        if (held.back().ask(get("/")).status == 503) break;
    }
    EXPECT_EQ(held.size(), 7U) << "six, and the one that was turned away";
    EXPECT_EQ(server.counters().turned_away, 1U);
    Connection other(server, "127.0.0.2");
    EXPECT_EQ(other.ask(get("/")).status, 200);
    other.close();
    held.front().close();
    EXPECT_TRUE(eventually([&] { return Connection(server).ask(get("/")).status == 200; }));
}

TEST(ServerLimits, TellsTheHandlerWhoseConnectionItIs) {
    const Running server({}, [](const Request& request, const Responder& respond) {
        respond(Response::text(200, request.caller));
    });
    EXPECT_EQ(Connection(server).ask(get("/")).body, "127.0.0.1");
    EXPECT_EQ(Connection(server, "127.0.0.2").ask(get("/")).body, "127.0.0.2");
}

TEST(ServerLimits, RefusesRequestsBeyondTheLimitAtOnce) {
    std::deque<Responder> held;
    const Running server({.in_flight_max = 1}, [&](const auto& request, const auto& respond) {
        if (request.target == "/hold") held.push_back(respond);
        if (request.target != "/hold") test::echo(request, respond);
    });
    Connection first(server);
    first.send(get("/hold"));
    EXPECT_TRUE(eventually([&] { return server.counters().in_flight == 1; }));
    Connection second(server);
    const auto answer = second.ask(get("/"));
    expect_problem(answer, 503, "overloaded");
    EXPECT_TRUE(answer.says("\r\nRetry-After: 1\r\n"));
    held.front()(Response::text(200, "held"));
    EXPECT_EQ(first.read_answer().body, "held");
    EXPECT_EQ(second.ask(get("/again")).body, "GET /again ");
}

TEST(ServerLimits, ServesOnBesideManyHalfSentRequests) {
    const Running server({});
    std::vector<Connection> half_sent;
    for (int i = 0; i < 400; ++i) {
        half_sent.emplace_back(server);
        half_sent.back().send(
            i % 2 == 0 ? "GET / HT" : "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\na");
    }
    Connection connection(server);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(connection.ask(get("/")).status, 200);
    EXPECT_TRUE(half_sent[0].send("TP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_EQ(half_sent[0].read_answer().status, 200);
}

TEST(ServerLimits, OutlivesAWantOfFileDescriptors) {
    std::atomic<bool> reported = false;
    Server server({.on_error = [&](std::string_view) { reported = true; }}, test::echo);
    server.start();
    Connection served(server);
    EXPECT_EQ(served.ask(get("/")).status, 200);
    Connection waiting;

    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit none_left = before;
    none_left.rlim_cur = 1;
    ::setrlimit(RLIMIT_NOFILE, &none_left);
    waiting.connect(server);
    waiting.send(get("/late"));
    EXPECT_TRUE(eventually([&] { return reported.load(); }));
    EXPECT_EQ(served.ask(get("/")).status, 200);
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(waiting.read_answer().body, "GET /late ");
}

}  // namespace
}  // namespace http
