// What comes over the wire that is no well-behaved request: it is refused with a clear answer, and
// nobody else is held up by it.
#include <gtest/gtest.h>

#include <vector>

#include "fold.hpp"
#include "raw_socket.hpp"

namespace {

using namespace e2e;

std::string post(const std::string& path, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string smuggled() {
    return post(create_path, create_body("smuggled"));
}

void expect_refused(RawSocket& socket, int status, const std::string& type) {
    const auto answer = socket.read_answer();
    EXPECT_EQ(answer.status, status) << answer.head;
    EXPECT_NE(answer.head.find("application/problem+json"), std::string::npos) << answer.head;
    EXPECT_NE(answer.head.find("X-Request-Id: "), std::string::npos) << answer.head;
    EXPECT_NE(answer.body.find("\"/problems/" + type + "\""), std::string::npos) << answer.body;
    EXPECT_TRUE(socket.ends());
    EXPECT_EQ(socket.rest(), "");
}

TEST(HttpEdge, PipelinedCommandsAreAnsweredInTheirOrder) {
    const Folder folder;
    Server server(folder);
    RawSocket socket(server.write_port());
    std::string bytes = post(create_path, create_body("visits"));
    constexpr int values = 30;
    for (int i = 0; i < values; ++i) {
        bytes += post(value_path, value_body("visits", i));
        bytes += "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }
    ASSERT_TRUE(socket.send(bytes));
    EXPECT_EQ(socket.read_answer().body, R"({"id":"visits","version":1})");
    for (int i = 0; i < values; ++i) {
        EXPECT_EQ(socket.read_answer().body,
                  R"({"id":"visits","version":)" + std::to_string(i + 2) + "}");
        EXPECT_EQ(socket.read_answer().body, "healthy\n");
    }
    Api api(server);
    expect_view_equals_fold(api, "visits");
}

// Once this ended the process, on every port.
TEST(HttpEdge, ALastChunkMayComeInPieces) {
    const Folder folder;
    Server server(folder);
    for (const auto port : {server.write_port(), server.read_port()}) {
        RawSocket other(port);
        RawSocket socket(port);
        socket.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (const std::string_view piece : {"0\r\n", "\r", "\n"}) {
            socket.send(piece);
            // The piece has been read when the other connection is answered.
            other.send("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n");
            EXPECT_EQ(other.read_answer().status, 200);
        }
        EXPECT_EQ(socket.read_answer().status, 405);
    }
}

// As clients send it that think they speak to a proxy.
TEST(HttpEdge, ATargetMayNameItsHost) {
    const Folder folder;
    Server server(folder);
    RawSocket write(server.write_port());
    const std::string body = create_body("visits");
    write.send(
        "POST http://localhost" + std::string(create_path) +
        " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_EQ(write.read_answer().status, 201);
    RawSocket read(server.read_port());
    read.send("GET http://localhost/metrics?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(read.read_answer().status, 200);
    for (const auto port : {server.write_port(), server.read_port()}) {
        RawSocket socket(port);
        socket.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
        expect_refused(socket, 400, "malformed");
    }
}

TEST(HttpEdge, ASlowHeaderIsCutOffAfterTenSeconds) {
    const Folder folder;
    Server server(folder);
    RawSocket socket(server.write_port());
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_TRUE(socket.send("POST /metrics/CreateMetricCommand HTTP/1.1\r\nHo"));
    expect_refused(socket, 408, "timeout");
    const auto took = std::chrono::steady_clock::now() - begun;
    EXPECT_GT(took, std::chrono::seconds(9));
    EXPECT_LT(took, std::chrono::seconds(14));
}

TEST(HttpEdge, ATwoMegabyteBodyIsRefused) {
    const Folder folder;
    Server server(folder);
    const std::string body(2'000'000, 'x');
    RawSocket socket(server.write_port());
    // Whether all of it was taken doesn't matter, as long as the answer arrives.
    socket.send(post(create_path, body));
    expect_refused(socket, 413, "too-large");

    RawSocket chunked(server.write_port());
    chunked.send(
        "POST /metrics/CreateMetricCommand HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/json\r\nTransfer-Encoding: chunked\r\n\r\n1e8480\r\n" +
        body);
    expect_refused(chunked, 413, "too-large");
}

TEST(HttpEdge, AHeaderOverSixteenKilobytesIsRefused) {
    const Folder folder;
    Server server(folder);
    RawSocket socket(server.read_port());
    socket.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + std::string(20'000, 'x') +
                "\r\n\r\n");
    expect_refused(socket, 431, "header-too-large");
}

TEST(HttpEdge, GarbageIsRefused) {
    const Folder folder;
    Server server(folder);
    const std::vector<std::string> garbage{
        "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 not TLS here\r\n\r\n",
        "hello\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        std::string("GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 36),
    };
    for (const std::string& bytes : garbage) {
        SCOPED_TRACE(bytes);
        RawSocket socket(server.write_port());
        ASSERT_TRUE(socket.send(bytes));
        expect_refused(socket, 400, "malformed");
    }
}

// Each head lets some servers see another end of its body than a proxy before them does.
TEST(HttpEdge, ASmuggledRequestIsNeverExecuted) {
    const Folder folder;
    Server server(folder);
    const std::string target = std::string("POST ") + value_path;
    const std::string type = "Content-Type: application/json\r\n";
    const std::string host = "Host: localhost\r\n";
    const std::vector<std::string> heads{
        target + " HTTP/1.0\r\n" + host + type + "Transfer-Encoding: chunked\r\n",
        target + " HTTP/1.1\r\n" + host + type + "Transfer-Encoding: xchunked\r\n",
        target + " HTTP/1.1\r\n" + host + type + "Transfer-Encoding: gzip, chunked\r\n",
        target + " HTTP/1.1\r\n" + host + type + "Transfer-Encoding: chunked, chunked\r\n",
        target + " HTTP/1.1\r\n" + host + type +
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        target + " HTTP/1.1\r\n" + host + type +
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        target + " HTTP/1.1\r\n" + host + type + "Content-Length: 0\r\nContent-Length: 5\r\n",
        target + " HTTP/1.1\r\n" + host + type + "Content-Length: +0\r\n",
        target + " HTTP/1.1\r\n" + host + type + "Transfer-Encoding : chunked\r\n",
        target + " HTTP/1.1\r\n" + type + "Content-Length: 0\r\n",
        target + " HTTP/1.1\r\n" + host + "Host: y\r\n" + type + "Content-Length: 0\r\n",
        target + " HTTP/1.1\r\n" + host + type + "X-Folded: a\r\n b\r\nContent-Length: 0\r\n",
    };
    for (const std::string& head : heads) {
        SCOPED_TRACE(head);
        RawSocket socket(server.write_port());
        ASSERT_TRUE(socket.send(head + "\r\n0\r\n\r\n" + smuggled()));
        expect_refused(socket, 400, "malformed");
    }
    Api api(server);
    EXPECT_TRUE(read_events(api, "smuggled").empty());
    EXPECT_EQ(api.create("visits").version(), 1);
}

TEST(HttpEdge, OthersAreServedBesideFourHundredHalfSentRequests) {
    const Folder folder;
    Server server(folder);
    const std::string whole = post(create_path, create_body("never"));
    std::vector<RawSocket> half_sent;
    for (std::size_t i = 0; i < 400; ++i) {
        const auto port = i % 2 == 0 ? server.write_port() : server.read_port();
        RawSocket& socket = half_sent.emplace_back(port);
        // Some stop in the header, some in the body.
        const std::size_t size = i % 3 == 0 ? 20 : whole.size() - 10;
        ASSERT_TRUE(socket.send(std::string_view(whole).substr(0, size)));
    }
    Api api(server);
    ASSERT_EQ(api.create("visits").status, 201);
    for (int i = 0; i < 100; ++i) {
        const Answer answer = api.set_value("visits", i);
        ASSERT_EQ(answer.status, 201) << answer.body;
        const std::string version = std::to_string(answer.version());
        ASSERT_EQ(api.get("/metrics/visits?minVersion=" + version).status, 200);
    }
    EXPECT_LT(server.process().resident_bytes_max(), 200'000'000U);
    EXPECT_TRUE(read_events(api, "never").empty());
    // What is left of a request still counts.
    ASSERT_TRUE(half_sent[4].send(std::string_view(whole).substr(whole.size() - 10)));
    EXPECT_EQ(half_sent[4].read_answer().body, R"({"id":"never","version":1})");
}

TEST(HttpEdge, MemoryStaysBoundedWhenManySendTooMuch) {
    const Folder folder;
    Server server(folder);
    const std::string body(1'000'000, 'x');
    for (int round = 0; round < 5; ++round) {
        std::vector<RawSocket> sockets;
        for (int i = 0; i < 20; ++i) sockets.emplace_back(server.write_port());
        for (RawSocket& socket : sockets) socket.send(post(create_path, body));
        for (RawSocket& socket : sockets) EXPECT_EQ(socket.read_answer().status, 413);
    }
    EXPECT_LT(server.process().resident_bytes_max(), 200'000'000U);
}

}  // namespace
