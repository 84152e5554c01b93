#include "http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string address(const Server& server) {
    return "http://127.0.0.1:" + std::to_string(server.port());
}

// Answers with the request as it came.
void mirror(const Request& request, const Responder& respond) {
    std::string text = request.method + " " + request.target + "\n";
    for (const auto& [name, value] : request.headers) text += name + ": " + value + "\n";
    Response response =
        Response::text(request.target == "/teapot" ? 418 : 200, text + "\n" + request.body);
    response.headers.add("X-Empty", "");
    respond(std::move(response));
}

struct Mirror : Server {
    Mirror() : Server({}, mirror) { start(); }
};

TEST(Client, SendsARequestAndTakesItsAnswer) {
    const Mirror server;
    Client client(address(server));
    const Response answer =
        client.send("PUT", "/a/../b?c=%20", {{"X-A", "b"}, {"X-None", ""}}, "body");
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr("PUT /a/../b?c=%20\n"));
    EXPECT_THAT(answer.body, HasSubstr("X-A: b\n"));
    EXPECT_THAT(answer.body, HasSubstr("X-None: \n"));
    EXPECT_THAT(answer.body, HasSubstr("Content-Length: 4\n"));
    EXPECT_TRUE(answer.body.ends_with("\nbody"));
    EXPECT_EQ(*answer.headers.find("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(*answer.headers.find("X-Empty"), "");
}

TEST(Client, SendsJson) {
    const Mirror server;
    const Response answer = Client(address(server)).post_json("/", "{}", {{"If-Match", "\"1\""}});
    EXPECT_THAT(answer.body, HasSubstr("POST /\n"));
    EXPECT_THAT(answer.body, HasSubstr("Content-Type: application/json\n"));
    EXPECT_THAT(answer.body, HasSubstr("If-Match: \"1\"\n"));
}

TEST(Client, SendsMethodsWithoutABody) {
    const Mirror server;
    Client client(address(server));
    EXPECT_THAT(client.send("POST", "/").body, HasSubstr("POST /\n"));
    EXPECT_THAT(client.send("DELETE", "/").body, HasSubstr("DELETE /\n"));
    const Response head = client.send("HEAD", "/");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.body, "");
    EXPECT_THAT(client.get("/").body, HasSubstr("GET /\n"));
}

TEST(Client, TakesAnErrorForAnAnswer) {
    const Mirror server;
    EXPECT_EQ(Client(address(server)).get("/teapot").status, 418);
}

TEST(Client, KeepsItsConnection) {
    const Mirror server;
    Client client(address(server));
    for (int i = 0; i < 5; ++i) client.get("/");
    EXPECT_EQ(server.counters().connections, 1U);
}

TEST(Client, TakesALargeStreamedBody) {
    int left = 50;
    Server server({}, [&](const Request&, const Responder& respond) {
        Response response = Response::text(200, "");
        response.stream = BodyStream{[&](const BodyStream::Sink& sink) {
            sink.done(left-- > 0 ? std::optional(std::string(100'000, 'x')) : std::nullopt);
        }};
        respond(std::move(response));
    });
    server.start();
    EXPECT_EQ(Client(address(server)).get("/").body.size(), 5'000'000U);
}

TEST(Client, ThrowsWhenTheStreamIsCut) {
    Server server({}, [&](const Request&, const Responder& respond) {
        Response response = Response::text(200, "");
        response.stream = BodyStream{[&](const BodyStream::Sink& sink) { sink.fail(); }};
        respond(std::move(response));
    });
    server.start();
    EXPECT_THROW(Client(address(server)).get("/"), ClientError);
}

TEST(Client, ThrowsWhenNobodyIsThere) {
    std::string nobody;
    {
        const Mirror server;
        nobody = address(server);
    }
    EXPECT_THROW(Client(nobody).get("/"), ClientError);
}

TEST(Client, ThrowsWhenTheAnswerDoesNotComeInTime) {
    std::vector<Responder> held;
    Server server({}, [&](auto, auto respond) { held.push_back(respond); });
    server.start();
    EXPECT_THROW(Client(address(server), 50ms).get("/"), ClientError);
    server.stop(0ms);
}

TEST(Client, SpeaksOnlyHttp) {
    EXPECT_THROW(Client("file:///etc").get("/hostname"), ClientError);
    EXPECT_THROW(Client("ftp://127.0.0.1").get("/"), ClientError);
}

}  // namespace
}  // namespace http
