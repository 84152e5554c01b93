// Bodies that are made piece by piece.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>

#include "http/server.hpp"
#include "http/test_connection.hpp"

namespace http {
namespace {

using test::Connection;
using test::eventually;
using test::get;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

using Sink = BodyStream::Sink;

Response streamed(std::function<void(Sink)> next) {
    Response response = Response::text(200, "");
    response.stream = BodyStream{std::move(next)};
    return response;
}

// Answers every request with these pieces, then as `end` does.
Handler pieces(std::deque<std::string> all, std::function<void(Sink)> end) {
    return [all, end](const Request&, const Responder& respond) {
        auto left = std::make_shared<std::deque<std::string>>(all);
        respond(streamed([left, end](const Sink& sink) {
            if (left->empty()) return end(sink);
            std::string piece = left->front();
            left->pop_front();
            sink.done(std::move(piece));
        }));
    };
}

void ends(const Sink& sink) {
    sink.done(std::nullopt);
}
void fails(const Sink& sink) {
    sink.fail();
}

const std::string last_get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

TEST(ServerStream, SendsPiecesAsChunks) {
    Server server({}, pieces({"hello", "", std::string(20, 'x')}, ends));
    server.start();
    Connection connection(server);
    connection.send(get("/") + last_get);
    const std::string all = connection.read_all();
    EXPECT_THAT(all, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_THAT(all, Not(HasSubstr("Content-Length")));
    const std::string body =
        "\r\n\r\n5\r\nhello\r\n14\r\n" + std::string(20, 'x') + "\r\n0\r\n\r\n";
    EXPECT_THAT(all, HasSubstr(body + "HTTP/1.1 200 OK"));
    EXPECT_THAT(all, EndsWith(body));
}

TEST(ServerStream, EndsWithTheConnectionForHttp10) {
    Server server({}, pieces({"hello", "you"}, ends));
    server.start();
    Connection connection(server);
    connection.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const std::string all = connection.read_all();
    EXPECT_THAT(all, EndsWith("\r\n\r\nhelloyou"));
    EXPECT_THAT(all, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(all, Not(HasSubstr("chunked")));
}

TEST(ServerStream, HasNoBodyForHead) {
    std::atomic<int> asked = 0;
    Server server({}, [&](const Request&, const Responder& respond) {
        respond(streamed([&](const Sink& sink) {
            ++asked;
            sink.done(std::nullopt);
        }));
    });
    server.start();
    Connection connection(server);
    connection.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(connection.read_all(), EndsWith("\r\n\r\n"));
    EXPECT_EQ(asked, 0);
}

TEST(ServerStream, IsCutWhenItFails) {
    Server server({}, pieces({"hello"}, fails));
    server.start();
    for (const std::string& request : {get("/"), std::string("GET / HTTP/1.0\r\n\r\n")}) {
        Connection connection(server);
        connection.send(request);
        EXPECT_THAT(connection.read_all(), Not(HasSubstr("0\r\n\r\n")));
        EXPECT_TRUE(connection.was_reset());
    }
}

TEST(ServerStream, IsCutWhenItsSinkIsDroppedOrItThrows) {
    const auto drops = [](const Sink&) {};
    const auto throws = [](const Sink&) { throw std::runtime_error("broken"); };
    for (const std::function<void(Sink)>& end : {std::function<void(Sink)>(drops), {throws}}) {
        Server server({}, pieces({"hello"}, end));
        server.start();
        Connection connection(server);
        connection.send(get("/"));
        connection.read_all();
        EXPECT_TRUE(connection.was_reset());
    }
}

TEST(ServerStream, TakesPiecesFromOtherThreads) {
    std::vector<std::thread> threads;
    std::atomic<int> left = 100;
    Server server({}, [&](const Request&, const Responder& respond) {
        respond(streamed([&](const Sink& sink) {
            threads.emplace_back([&, sink] {
                sink.done(left-- > 0 ? std::optional<std::string>("piece") : std::nullopt);
            });
        }));
    });
    server.start();
    Connection connection(server);
    connection.send(last_get);
    const std::string all = connection.read_all();
    EXPECT_THAT(all, EndsWith("0\r\n\r\n"));
    connection.close();
    server.stop(std::chrono::seconds(1));
    EXPECT_EQ(threads.size(), 101U);
    for (auto& thread : threads) thread.join();
}

TEST(ServerStream, StopsAskingWhenTheReaderHasGone) {
    // Destroyed with the stream.
    const auto alive = std::make_shared<int>();
    const std::weak_ptr<int> watch = alive;
    Server server({}, [&](const Request&, const Responder& respond) {
        respond(
            streamed([kept = alive](const Sink& sink) { sink.done(std::string(100'000, 'x')); }));
    });
    server.start();
    Connection connection(server);
    connection.send(get("/"));
    EXPECT_TRUE(connection.fill_until([&] { return connection.input().size() > 1'000'000; }));
    connection.close();
    EXPECT_TRUE(eventually([&] { return server.counters().connections == 0; }));
    EXPECT_EQ(watch.use_count(), 1);
}

TEST(ServerStream, IsCutByStop) {
    std::vector<Sink> held;
    Server server({}, [&](const Request&, const Responder& respond) {
        respond(streamed([&](const Sink& sink) { held.push_back(sink); }));
    });
    server.start();
    Connection connection(server);
    connection.send(get("/"));
    EXPECT_TRUE(connection.fill_until([] { return true; }));
    EXPECT_TRUE(eventually([&] { return server.counters().in_flight == 1; }));
    server.stop(std::chrono::milliseconds(10));
    EXPECT_THAT(connection.read_all(), Not(HasSubstr("0\r\n\r\n")));
    for (const Sink& sink : held) sink.done("too late");
}

}  // namespace
}  // namespace http
