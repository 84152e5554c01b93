#include "http/duplex_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/problem.hpp"
#include "http/server.hpp"
#include "http/test_echo.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto longest = 20s;  // also on a slow machine

std::string address(const Server& server) {
    return "http://127.0.0.1:" + std::to_string(server.port());
}

// At /echo with what comes, while it comes; elsewhere 404.
struct EchoServer : Server {
    EchoServer()
        : Server(options(), [](Request request, const Responder& respond) {
              if (request.path == "/echo") return test::Echo::answer(std::move(request), respond);
              respond(Problem(404, "not-found", "Nothing here.").response("request"));
          }) {
        start();
    }
    static ServerOptions options() {
        ServerOptions options;
        options.streams_body = [](const Request&) { return true; };
        return options;
    }
};

// Of the answer until it has so many bytes, or is complete.
std::string take(DuplexClient& client, std::size_t bytes_min) {
    std::string text = client.take();
    const auto until = std::chrono::steady_clock::now() + longest;
    while (text.size() < bytes_min && !client.ended() && std::chrono::steady_clock::now() < until) {
        client.wait(100ms);
        text += client.take();
    }
    return text;
}
std::string rest(DuplexClient& client) {
    return take(client, std::string::npos);
}

TEST(DuplexClient, TakesTheAnswerWhileItStillSends) {
    const EchoServer server;
    DuplexClient client(address(server));
    client.begin("/echo", {});
    EXPECT_EQ(client.status(), 0);
    for (const std::string piece : {"one", "two", "three"}) {
        client.send(piece);
        EXPECT_EQ(take(client, piece.size()), piece);
        EXPECT_EQ(client.status(), 200);
        EXPECT_FALSE(client.ended());
    }
    client.finish();
    EXPECT_EQ(rest(client), "(end)");
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(client.answer().status, 200);
    EXPECT_EQ(*client.answer().headers.find("Content-Type"), "text/plain; charset=utf-8");
}

TEST(DuplexClient, SendsAndTakesMoreThanAnyBufferHolds) {
    const EchoServer server;
    DuplexClient client(address(server));
    client.begin("/echo", {});
    std::string sent;
    std::string taken;
    for (int i = 0; i < 200; ++i) {
        const std::string piece(100'000, static_cast<char>('a' + i % 26));
        sent += piece;
        client.send(piece);
        while (client.unsent_bytes() > 0) {
            client.wait(longest);
            taken += client.take();
        }
    }
    client.finish();
    taken += rest(client);
    EXPECT_EQ(taken.size(), sent.size() + 5);
    EXPECT_TRUE(taken == sent + "(end)");
}

TEST(DuplexClient, KeepsItsConnection) {
    const EchoServer server;
    DuplexClient client(address(server));
    for (int i = 0; i < 3; ++i) {
        client.begin("/echo", {});
        client.send("x");
        client.finish();
        EXPECT_EQ(rest(client), "x(end)");
    }
    EXPECT_EQ(server.counters().connections, 1U);
}

TEST(DuplexClient, BreaksOffARequestForAnother) {
    const EchoServer server;
    DuplexClient client(address(server));
    client.begin("/echo", {});
    client.send("lost");
    EXPECT_EQ(take(client, 4), "lost");
    client.send("never sent");
    client.begin("/echo", {});
    client.send("x");
    client.finish();
    EXPECT_EQ(rest(client), "x(end)");
    client.cancel();
    EXPECT_TRUE(client.ended());
}

TEST(DuplexClient, TakesAnErrorForAnAnswerAlsoBeforeTheBodyIsComplete) {
    const EchoServer server;
    DuplexClient client(address(server));
    client.begin("/elsewhere", {});
    client.send(std::string(10'000, 'x'));
    EXPECT_THAT(rest(client), HasSubstr("Nothing here."));
    EXPECT_EQ(client.answer().status, 404);
}

TEST(DuplexClient, SaysHowFarTheAnswerCameThatWasCut) {
    auto server = std::make_unique<EchoServer>();
    DuplexClient client(address(*server));
    client.begin("/echo", {});
    client.send("some");
    client.wait(longest);
    EXPECT_EQ(take(client, 4), "some");
    server->stop(0ms);
    const auto wait_for_the_end = [&] {
        while (!client.ended()) client.wait(longest);
    };
    EXPECT_THROW(wait_for_the_end(), ClientError);
    EXPECT_TRUE(client.ended());
}

TEST(DuplexClient, SaysWhenNobodyIsThere) {
    std::string nobody;
    {
        const EchoServer server;
        nobody = address(server);
    }
    DuplexClient client(nobody);
    client.begin("/echo", {});
    EXPECT_THROW(rest(client), Refused);
}

TEST(DuplexClient, WaitsNoLongerThanItMay) {
    const EchoServer server;
    DuplexClient client(address(server));
    client.begin("/echo", {});
    const auto begun = std::chrono::steady_clock::now();
    client.wait(50ms);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 50ms);
    EXPECT_FALSE(client.ended());
}

}  // namespace
}  // namespace http
