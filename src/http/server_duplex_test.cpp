// Bodies that are read while they arrive, and answers that are written meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "http/problem.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/test_connection.hpp"
#include "http/test_echo.hpp"

namespace http {
namespace {

using std::chrono::milliseconds;
using test::Connection;
using test::Echo;
using test::eventually;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class ServerDuplex : public ::testing::Test {
protected:
    ServerDuplex() { router_.add("POST", "/echo", Echo::answer, Body::streamed); }

    Server& start(Limits limits = {}) {
        ServerOptions options;
        options.limits = limits;
        options.streams_body = [this](const Request& request) {
            return router_.streams_body(request);
        };
        server_.emplace(std::move(options), [this](Request request, const Responder& respond) {
            router_.route(std::move(request), respond);
        });
        server_->start();
        return *server_;
    }

    Router router_;
    std::optional<Server> server_;
};

std::string post(std::string_view path, std::string_view fields) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
}
const std::string chunked = "Transfer-Encoding: chunked\r\n";
std::string chunk(const std::string& data) {
    char head[32];
    std::snprintf(head, sizeof head, "%zx\r\n", data.size());
    return head + data + "\r\n";
}
std::string of_length(std::size_t size) {
    return "Content-Length: " + std::to_string(size) + "\r\n";
}
bool reads(Connection& connection, const std::string& text) {
    return connection.fill_until(
        [&] { return connection.input().find(text) != std::string::npos; });
}

TEST_F(ServerDuplex, AnswersWhileTheBodyStillComes) {
    start();
    Connection connection(*server_);
    connection.send(post("/echo", chunked) + chunk("one"));
    ASSERT_TRUE(reads(connection, "\r\n3\r\none\r\n"));
    connection.send(chunk("two"));
    ASSERT_TRUE(reads(connection, "3\r\ntwo\r\n"));
    connection.send("0\r\n\r\n");
    ASSERT_TRUE(reads(connection, "(end)\r\n0\r\n\r\n"));
}

TEST_F(ServerDuplex, TakesTheNextRequestAfterTheBody) {
    start();
    for (const std::string& first :
         {post("/echo", of_length(5)) + "hello",
          post("/echo", chunked) + chunk("hello") + "0\r\n\r\n", post("/echo", of_length(0))}) {
        Connection connection(*server_);
        connection.send(first + post("/echo", of_length(4) + "Connection: close\r\n") + "more");
        const std::string all = connection.read_all();
        EXPECT_THAT(all, HasSubstr("(end)\r\n0\r\n\r\nHTTP/1.1 200"));
        EXPECT_THAT(all, HasSubstr("more"));
        EXPECT_THAT(all, EndsWith("(end)\r\n0\r\n\r\n"));
    }
}

TEST_F(ServerDuplex, SaysContinueOnceTheHandlerWantsTheBody) {
    router_.add(
        "POST", "/wants",
        [](Request request, const Responder& respond) {
            const auto body = request.incoming_body;
            body->next([respond](const IncomingBody::Piece& piece) {
                respond(Response::text(200, piece.data));
            });
        },
        Body::streamed);
    router_.add(
        "POST", "/refuses",
        [](const Request&, const Responder& respond) { respond(Response::text(415, "no")); },
        Body::streamed);
    start();
    const std::string expects = "Expect: 100-continue\r\n" + of_length(2);
    Connection wanted(*server_);
    wanted.send(post("/wants", expects));
    ASSERT_TRUE(reads(wanted, "HTTP/1.1 100 Continue\r\n\r\n"));
    wanted.send("hi");
    ASSERT_TRUE(reads(wanted, "hi"));
    Connection refused(*server_);
    refused.send(post("/refuses", expects));
    const std::string all = refused.read_all();
    EXPECT_THAT(all, StartsWith("HTTP/1.1 415"));
    EXPECT_THAT(all, HasSubstr("Connection: close"));
}

TEST_F(ServerDuplex, EndsTheAnswerWithTheConnectionForHttp10) {
    start();
    Connection connection(*server_);
    connection.send("POST /echo HTTP/1.0\r\nConnection: keep-alive\r\n" + of_length(5) +
                    "\r\nhello");
    EXPECT_THAT(connection.read_all(), EndsWith("\r\n\r\nhello(end)"));
}

TEST_F(ServerDuplex, ReadsNothingThatTheHandlerDoesNotWant) {
    std::atomic<std::size_t> pieces = 0;
    router_.add(
        "POST", "/one",
        [&](Request request, const Responder& respond) {
            const auto body = request.incoming_body;
            // One piece, and then never any more; the answer stays open.
            body->next([&, respond, body](const IncomingBody::Piece&) {
                ++pieces;
                Response response = Response::text(200, "");
                response.stream =
                    BodyStream{[kept = std::make_shared<std::vector<BodyStream::Sink>>()](
                                   BodyStream::Sink sink) { kept->push_back(std::move(sink)); }};
                respond(std::move(response));
            });
        },
        Body::streamed);
    start();
    Connection connection(*server_);
    const timeval moment{0, 300'000};
    connection.set_send_patience(moment);
    // More than the kernel's buffers take.
    EXPECT_FALSE(
        connection.send(post("/one", of_length(60'000'000)) + std::string(60'000'000, 'x')));
    EXPECT_EQ(pieces, 1U);
}

TEST_F(ServerDuplex, StopsReadingForASenderWhoReadsNoAnswerAndEndsIt) {
    Limits limits;
    limits.write_time_max = milliseconds(200);
    start(limits);
    Connection connection(*server_);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(
        connection.send(post("/echo", of_length(60'000'000)) + std::string(60'000'000, 'x')));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(8));
    EXPECT_TRUE(eventually([&] { return server_->counters().connections == 0; }));
}

TEST_F(ServerDuplex, CarriesALargeBodyToAReaderWhoReadsMeanwhile) {
    start();
    Connection connection(*server_);
    constexpr std::size_t size = 20'000'000;
    std::thread sender([&] {
        connection.send(post("/echo", of_length(size) + "Connection: close\r\n") +
                        std::string(size, 'Q'));
    });
    const std::string all = connection.read_all();
    sender.join();
    EXPECT_EQ(std::ranges::count(all, 'Q'), size);
    EXPECT_THAT(all.substr(all.size() - 30), EndsWith("(end)\r\n0\r\n\r\n"));
}

TEST_F(ServerDuplex, HasALimitOfItsOwn) {
    Limits limits;
    limits.body_bytes_max = 10;
    limits.streamed_body_bytes_max = 100;
    router_.add("POST", "/whole", test::echo);
    start(limits);
    const std::string text(100, 'x');
    EXPECT_THAT(Connection(*server_).ask(post("/whole", of_length(100))).body,
                HasSubstr("larger than 10 bytes"));
    EXPECT_EQ(Connection(*server_).ask(post("/echo", of_length(101))).status, 413);
    Connection just(*server_);
    just.send(post("/echo", of_length(100)) + text);
    EXPECT_TRUE(reads(just, "(end)"));
    // In chunks it is known later: what came before has been taken.
    Connection later(*server_);
    later.send(post("/echo", chunked) + chunk(text) + chunk("y"));
    const std::string all = later.read_all();
    EXPECT_THAT(all, HasSubstr(text));
    EXPECT_THAT(all, HasSubstr("(413)"));
    EXPECT_THAT(all, EndsWith("0\r\n\r\n"));
    Connection whole(*server_);
    EXPECT_EQ(whole.ask(post("/whole", chunked) + chunk("12345678901")).status, 413);
}

TEST_F(ServerDuplex, RefusesWhatTwoReadersCouldReadDifferently) {
    start();
    for (const std::string& fields :
         {chunked + of_length(3), of_length(3) + of_length(3),
          std::string("Transfer-Encoding: xchunked\r\n"), std::string("Content-Length: +3\r\n")}) {
        Connection connection(*server_);
        EXPECT_EQ(connection.ask(post("/echo", fields) + "abc").status, 400) << fields;
    }
}

TEST_F(ServerDuplex, ReportsChunksThatAreNone) {
    start();
    Connection connection(*server_);
    connection.send(post("/echo", chunked) + chunk("one") + "zz\r\n" + test::get("/smuggled"));
    const std::string all = connection.read_all();
    EXPECT_THAT(all, HasSubstr("one"));
    EXPECT_THAT(all, EndsWith("(400)\r\n0\r\n\r\n"));
}

TEST_F(ServerDuplex, ReportsABodyThatIsCut) {
    start();
    Connection connection(*server_);
    connection.send(post("/echo", of_length(10)) + "half");
    connection.end_output();
    const std::string all = connection.read_all();
    EXPECT_THAT(all, HasSubstr("half"));
    EXPECT_THAT(all, EndsWith("(400)\r\n0\r\n\r\n"));
}

TEST_F(ServerDuplex, ReportsASenderWhoStops) {
    Limits limits;
    limits.streamed_idle_time_max = milliseconds(100);
    start(limits);
    Connection connection(*server_);
    connection.send(post("/echo", chunked) + chunk("one"));
    EXPECT_THAT(connection.read_all(), EndsWith("(408)\r\n0\r\n\r\n"));
}

TEST_F(ServerDuplex, ReportsASenderWhoTakesTooLongAsAWhole) {
    Limits limits;
    limits.streamed_time_max = milliseconds(200);
    start(limits);
    Connection connection(*server_);
    connection.send(post("/echo", chunked));
    std::atomic<bool> ended = false;
    std::thread sender([&] {
        while (!ended && connection.send(chunk("x"))) std::this_thread::sleep_for(milliseconds(20));
    });
    EXPECT_TRUE(reads(connection, "(408)\r\n0\r\n\r\n"));
    ended = true;
    sender.join();
}

TEST_F(ServerDuplex, ReportsThatTheServerStops) {
    start();
    Connection connection(*server_);
    connection.send(post("/echo", chunked) + chunk("one"));
    ASSERT_TRUE(reads(connection, "one"));
    server_->stop(std::chrono::seconds(5));
    EXPECT_THAT(connection.read_all(), EndsWith("(503)\r\n0\r\n\r\n"));
}

TEST_F(ServerDuplex, ForgetsTheHandlerOfASenderWhoHasGone) {
    std::weak_ptr<int> watch;
    router_.add(
        "POST", "/kept",
        [&](Request request, const Responder& respond) {
            const auto alive = std::make_shared<int>();
            watch = alive;
            Response response = Response::text(200, "");
            response.stream =
                BodyStream{[alive, body = request.incoming_body](BodyStream::Sink sink) {
                    body->next([alive, sink = std::move(sink)](const IncomingBody::Piece& piece) {
                        if (piece.failure) return;  // dropped: the stream fails
                        sink.done("got");
                    });
                }};
            respond(std::move(response));
        },
        Body::streamed);
    start();
    Connection connection(*server_);
    connection.send(post("/kept", chunked) + chunk("one"));
    ASSERT_TRUE(reads(connection, "got"));
    connection.close();
    EXPECT_TRUE(eventually([&] { return server_->counters().connections == 0; }));
    EXPECT_TRUE(eventually([&] { return watch.expired(); }));
    EXPECT_EQ(server_->counters().in_flight, 0U);
}

TEST_F(ServerDuplex, EndsTheConnectionOfAHandlerThatThrows) {
    router_.add(
        "POST", "/throws",
        [](Request request, const Responder& respond) {
            request.incoming_body->next(
                [respond](const IncomingBody::Piece&) { throw std::runtime_error("broken"); });
        },
        Body::streamed);
    start();
    Connection connection(*server_);
    connection.send(post("/throws", of_length(3)) + "abc");
    connection.read_all();
    EXPECT_TRUE(connection.was_reset());
    EXPECT_EQ(Connection(*server_).ask(test::get("/")).status, 404);
}

TEST_F(ServerDuplex, AnswersForeignPagesBeforeTheBodyIsRead) {
    start();
    Connection connection(*server_);
    const auto answer = connection.ask(post(
        "/echo", "Origin: http://elsewhere.example\r\nExpect: 100-continue\r\n" + of_length(9)));
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(connection.read_all(), IsEmpty());
}

TEST_F(ServerDuplex, GivesOtherRoutesTheirBodyWhole) {
    router_.add("POST", "/whole", test::echo);
    router_.add("GET", "/echo", test::echo);
    start();
    EXPECT_THAT(Connection(*server_).ask(post("/whole", of_length(3)) + "abc").body,
                EndsWith("/whole abc"));
    EXPECT_EQ(Connection(*server_).ask(test::get("/echo")).body, "GET /echo ");
    EXPECT_THAT(Connection(*server_).ask(test::get("/nowhere")).body, Not(HasSubstr("echo")));
}

}  // namespace
}  // namespace http
