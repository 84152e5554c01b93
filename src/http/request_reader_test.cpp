#include "http/request_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace http {
namespace {

using Stage = RequestReader::Stage;
using testing::ElementsAre;
using testing::Pair;

constexpr Limits limits{.header_bytes_max = 1024, .body_bytes_max = 100};

// What the reader makes of bytes that come all at once.
struct Result {
    Stage stage;
    Request request;
    std::optional<Problem> refusal;
};
Result read(std::string_view bytes) {
    RequestReader reader(limits);
    reader.append(bytes);
    const Stage stage = reader.advance();
    if (stage == Stage::refused) return {stage, {}, reader.refusal()};
    return {stage, reader.take_request(), {}};
}

int refusal_status(std::string_view bytes) {
    const Result result = read(bytes);
    return result.refusal ? result.refusal->status : 0;
}

const std::string chunked_head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(RequestReader, ReadsARequest) {
    const auto [stage, request, refusal] = read(
        "POST /a%20b?x=1&y=%C3%A9+z&x= HTTP/1.1\r\nHost: h\r\nA:  b \r\nContent-Length: "
        "3\r\n\r\nabc");
    EXPECT_EQ(stage, Stage::complete);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/a%20b?x=1&y=%C3%A9+z&x=");
    EXPECT_EQ(request.path, "/a%20b");
    EXPECT_THAT(request.query, ElementsAre(Pair("x", "1"), Pair("y", "\u00e9 z"), Pair("x", "")));
    EXPECT_EQ(*request.headers.find("a"), "b");
    EXPECT_EQ(request.body, "abc");
}

TEST(RequestReader, ReadsTheSameHoweverTheBytesArePacked) {
    const std::string bytes = "\r\n" + chunked_head +
                              "3;ext=\"q\"\r\nabc\r\n0A\r\n0123456789\r\n0\r\n" +
                              "Trailer: t\r\n\r\n";
    for (std::size_t packet = 1; packet <= bytes.size(); ++packet) {
        RequestReader reader(limits);
        Stage stage = Stage::idle;
        for (std::size_t at = 0; at < bytes.size(); at += packet) {
            ASSERT_NE(stage, Stage::complete);
            reader.append(std::string_view(bytes).substr(at, packet));
            stage = reader.advance();
        }
        ASSERT_EQ(stage, Stage::complete) << packet;
        const Request request = reader.take_request();
        EXPECT_EQ(request.body, "abc0123456789");
        EXPECT_EQ(request.headers.find("Trailer"), nullptr);
    }
}

// The parser of Boost 1.81 asserts that five bytes are there when a last chunk came in pieces.
TEST(RequestReader, ReadsALastChunkThatComesInPieces) {
    for (const std::string end : {"0\r\n\r\n", "00;a=b\r\nA: b\r\n\r\n"}) {
        for (const std::string data : {"", "1\r\nx\r\n"}) {
            RequestReader reader(limits);
            reader.append(chunked_head + data);
            for (const char byte : end) {
                ASSERT_EQ(reader.advance(), Stage::body) << data << end;
                reader.append({&byte, 1});
            }
            EXPECT_EQ(reader.advance(), Stage::complete) << data << end;
        }
    }
}

TEST(RequestReader, TakesNothingFromATrailer) {
    RequestReader reader(limits);
    reader.append(chunked_head +
                  "0\r\nConnection: close\r\nHost: y\r\nExpect: 100-continue\r\n\r\n");
    ASSERT_EQ(reader.advance(), Stage::complete);
    EXPECT_TRUE(reader.keep_alive());
    EXPECT_FALSE(reader.take_wish_to_continue());
    const Request request = reader.take_request();
    EXPECT_EQ(request.headers.find("Connection"), nullptr);
    EXPECT_EQ(*request.headers.find("Host"), "x");
}

TEST(RequestReader, RefusesATrailerThatSpeaksOfTheBodysLength) {
    EXPECT_EQ(refusal_status(chunked_head + "0\r\nContent-Length: 0\r\n\r\n"), 400);
    EXPECT_EQ(refusal_status(chunked_head + "0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(RequestReader, KeepsWhatFollowsForTheNextRequest) {
    RequestReader reader(limits);
    reader.append("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.0\r\n\r\nGET ");
    EXPECT_EQ(reader.advance(), Stage::complete);
    EXPECT_TRUE(reader.keep_alive());
    EXPECT_EQ(reader.take_request().target, "/1");
    reader.next();
    EXPECT_EQ(reader.advance(), Stage::complete);
    EXPECT_FALSE(reader.keep_alive());
    EXPECT_EQ(reader.take_request().target, "/2");
    reader.next();
    EXPECT_EQ(reader.advance(), Stage::header);
}

TEST(RequestReader, KnowsWhichConnectionsGoOn) {
    const auto keeps = [](const std::string& bytes) {
        RequestReader reader(limits);
        reader.append(bytes);
        EXPECT_EQ(reader.advance(), Stage::complete);
        return reader.keep_alive();
    };
    EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

// Each of these could be two different requests to two different readers.
TEST(RequestReader, RefusesWhatCouldBeReadInTwoWays) {
    const std::string get = "GET / HTTP/1.1\r\n";
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
    const std::string chunks = "\r\n0\r\n\r\n";
    const std::vector<std::string> gaps = {
        get + "\r\n",                            // no Host
        get + "Host: x\r\nHost: x\r\n\r\n",      //
        get + "Host: x\r\nA: b\r\n c\r\n\r\n",   // folded
        get + "Host: x\r\nA: b\r\n\tc\r\n\r\n",  //
        get + " Host: x\r\nHost: x\r\n\r\n",     // begins with a space
        get + "Host : x\r\n\r\n",                // space before the colon
        get + "Host\r\n\r\n",                    // no colon
        get + ": x\r\nHost: x\r\n\r\n",          // no name
        get + "Host: x\nA: b\r\n\r\n",           // LF alone
        get + "Host: x\rA: b\r\n\r\n",           // CR alone
        get + std::string("Host: x\0\r\n\r\n", 12),
        post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        post + "Content-Length: 3,3\r\n\r\nabc",
        post + "Content-Length: +3\r\n\r\nabc",
        post + "Content-Length: 0x3\r\n\r\nabc",
        post + "Content-Length: -3\r\n\r\nabc",
        post + "Content-Length:\r\n\r\nabc",
        post + "Content-Length: 99999999999999999999999999\r\n\r\nabc",
        post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" + chunks,
        post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n" + chunks,
        post + "Transfer-Encoding: xchunked\r\n" + chunks,
        post + "Transfer-Encoding: gzip, chunked\r\n" + chunks,
        post + "Transfer-Encoding: chunked, chunked\r\n" + chunks,
        post + "Transfer-Encoding: chunked, identity\r\n" + chunks,
        post + "Transfer-Encoding: identity\r\n" + chunks,
        post + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" + chunks,
        post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + chunks,
        post + "Transfer-Encoding:\r\n" + chunks,
        post +
            "Transfer-Encoding: \x0b"
            "chunked\r\n" +
            chunks,
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" + chunks,
        chunked_head + "3\r\nabcd\r\n0\r\n\r\n",
        chunked_head + "3\r\nabc0\r\n\r\n",
        chunked_head + "0x3\r\nabc\r\n0\r\n\r\n",
        chunked_head + "-3\r\nabc\r\n0\r\n\r\n",
        chunked_head + "ffffffffffffffff3\r\nabc\r\n0\r\n\r\n",
        chunked_head + "3\nabc\r\n0\r\n\r\n",
        chunked_head + "\r\nabc\r\n0\r\n\r\n",
        chunked_head + "0\r\nnonsense\r\n\r\n",
        chunked_head + "0\r\nA: b\r\n c\r\n\r\n",
        chunked_head + "0\r\nA: b\nB: c\r\n\r\n",
        chunked_head + "3;a=\"\n\"\r\nabc\r\n0\r\n\r\n",
        chunked_head + "3;a=\"\r\nabc\r\n0\r\n\"\r\n\r\n",
        chunked_head + "0;a=\"\r\n\r\n",
        chunked_head + "3\r\nabc\n\n0\r\n\r\n",
        chunked_head + "3\r\nabc\r\n\r\n0\r\n\r\n",
    };
    for (const std::string& bytes : gaps) EXPECT_NE(refusal_status(bytes), 0) << bytes;
    for (const std::string& bytes : gaps) {
        const int status = refusal_status(bytes);
        EXPECT_TRUE(status == 400 || status == 413) << bytes;
    }
}

TEST(RequestReader, RefusesARequestLineThatIsNotHttp) {
    for (const std::string line :
         {"GET / HTTP/2.0", "GET / HTTP/1.2", "GET / HTTP/0.9", "GET / HTTP/1.1 ", "GET /",
          "GET  / HTTP/1.1", " GET / HTTP/1.1", "G(T / HTTP/1.1", "GET / http/1.1", "GET / HTTP/11",
          "GET /a b HTTP/1.1", "hello"}) {
        EXPECT_EQ(refusal_status(line + "\r\nHost: x\r\n\r\n"), 400) << line;
    }
}

TEST(RequestReader, RefusesOtherTargetsThanPaths) {
    for (const std::string target :
         {"*", "x:80", "a", "http", "HTTPS", "/a#b", "/\xC3\xA9", "/\x7F", "ftp://x/", "http:/a",
          "http://", "http:///a", "http://:80/", "http://u@x/", "http://x y/", "http://x:y/",
          "http://x#a", "http://x/#a", "://x/"}) {
        EXPECT_EQ(refusal_status("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n"), 400) << target;
    }
}

TEST(RequestReader, RefusesTheServerWideOptions) {
    EXPECT_EQ(refusal_status("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

// RFC 9112, 3.2.2: a server must take it, and its host counts instead of the Host field's.
TEST(RequestReader, TakesATargetWithItsHost) {
    const Request request =
        read("GET HTTP://Example.org:81/a?b=c HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n").request;
    EXPECT_EQ(request.target, "/a?b=c");
    EXPECT_EQ(request.path, "/a");
    EXPECT_THAT(request.query, ElementsAre(Pair("b", "c")));
    EXPECT_EQ(request.host, (Host{"example.org", 81}));
    EXPECT_THAT(request.headers.all("Host"), ElementsAre("Example.org:81"));
    EXPECT_EQ(read("GET http://x HTTP/1.1\r\nHost: x\r\n\r\n").request.target, "/");
    EXPECT_EQ(read("GET https://[::1]?a HTTP/1.1\r\nHost: x\r\n\r\n").request.target, "/?a");
    EXPECT_EQ(read("GET http://x/ HTTP/1.0\r\n\r\n").request.host.name, "x");
    EXPECT_EQ(refusal_status("GET http://x/ HTTP/1.1\r\n\r\n"), 400) << "without Host";
    EXPECT_EQ(refusal_status("GET http://x/ HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
}

TEST(RequestReader, KnowsForWhichHostARequestIs) {
    const auto host_of = [](const std::string& host) {
        return read("GET / HTTP/1.1\r\nHost:" + host + "\r\n\r\n").request.host;
    };
    EXPECT_EQ(host_of(" LOCALHOST:3000 "), (Host{"localhost", 3000}));
    EXPECT_EQ(host_of(""), Host{});
    EXPECT_EQ(read("GET / HTTP/1.0\r\n\r\n").request.host, Host{});
}

TEST(RequestReader, RefusesAHostThatIsNone) {
    for (const std::string host : {"a b", "a/b", "u@a", "a:b", "a, b", "[::1", "\xC3\xA9"}) {
        EXPECT_EQ(refusal_status("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"), 400) << host;
        EXPECT_EQ(refusal_status("GET / HTTP/1.0\r\nHost: " + host + "\r\n\r\n"), 400) << host;
    }
}

TEST(RequestReader, RefusesATargetThatDoesNotDecode) {
    for (const std::string target : {"/%", "/%4", "/%4g", "/%ff", "/?a=%", "/?%zz=1", "/?a=%C3",
                                     "/?a=%C0%80", "/?a=%ED%A0%80", "/?a=%F4%90%80%80"}) {
        EXPECT_EQ(refusal_status("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n"), 400) << target;
    }
    EXPECT_EQ(refusal_status("GET /%00?a=%F0%9F%98%80 HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
}

TEST(RequestReader, RefusesAHeaderOverTheLimit) {
    const std::string head = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
    const std::string exact(limits.header_bytes_max - head.size() - 4, 'a');
    EXPECT_EQ(read(head + exact + "\r\n\r\n").stage, Stage::complete);
    EXPECT_EQ(refusal_status(head + exact + "a\r\n\r\n"), 431);
    EXPECT_EQ(refusal_status(head + exact + "aaaaa"), 431) << "before its end has come";
    EXPECT_EQ(refusal_status(head + exact + "aaaaa\r\n folded\r\n\r\n"), 431) << "whatever follows";
    EXPECT_EQ(refusal_status("GET /" + std::string(2000, 'a')), 431);
}

TEST(RequestReader, RefusesABodyOverTheLimit) {
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ";
    EXPECT_EQ(read(post + "100\r\n\r\n" + std::string(100, 'a')).stage, Stage::complete);
    EXPECT_EQ(refusal_status(post + "101\r\n\r\n"), 413) << "before any of it has come";
    EXPECT_EQ(read(chunked_head + "64\r\n" + std::string(100, 'a') + "\r\n0\r\n\r\n").stage,
              Stage::complete);
    EXPECT_EQ(refusal_status(chunked_head + "64\r\n" + std::string(100, 'a') + "\r\n1\r\n"), 413);
}

TEST(RequestReader, RefusesAChunkExtensionOrTrailerWithoutEnd) {
    EXPECT_EQ(refusal_status(chunked_head + "1;" + std::string(2000, 'a')), 400);
    EXPECT_EQ(refusal_status(chunked_head + "0\r\nA: " + std::string(2000, 'a')), 400);
}

TEST(RequestReader, RefusesAChunkExtensionOrTrailerOverTheLimit) {
    const auto with_extension = [](std::size_t size) {  // of the line
        return chunked_head + "1;" + std::string(size - 4, 'a') + "\r\nx\r\n0\r\n\r\n";
    };
    const auto with_trailer = [](std::size_t size) {  // of the last chunk
        return chunked_head + "0\r\nA: " + std::string(size - 10, 'a') + "\r\n\r\n";
    };
    EXPECT_EQ(refusal_status(with_extension(limits.header_bytes_max)), 0);
    EXPECT_EQ(refusal_status(with_extension(limits.header_bytes_max + 1)), 400);
    EXPECT_EQ(refusal_status(with_trailer(limits.header_bytes_max)), 0);
    EXPECT_EQ(refusal_status(with_trailer(limits.header_bytes_max + 1)), 400);
}

TEST(RequestReader, SaysOnceWhenTheSenderWaitsToContinue) {
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n";
    RequestReader reader(limits);
    reader.append(head + "Expect: 100-Continue\r\n\r\n");
    EXPECT_EQ(reader.advance(), Stage::body);
    EXPECT_TRUE(reader.take_wish_to_continue());
    EXPECT_FALSE(reader.take_wish_to_continue());
}

TEST(RequestReader, DoesNotInviteABodyThatComesAnyway) {
    RequestReader reader(limits);
    reader.append(
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nab");
    EXPECT_EQ(reader.advance(), Stage::body);
    EXPECT_FALSE(reader.take_wish_to_continue());
}

}  // namespace
}  // namespace http
