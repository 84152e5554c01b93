// Many values in one request: over one connection, killed in the middle and sent again, and within
// its limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api.hpp"
#include "base/json.hpp"
#include "program.hpp"
#include "raw_socket.hpp"
#include "set_up.hpp"

namespace {

using namespace e2e;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::size_t body_bytes_max = 64UL * 1024 * 1024;

std::string head(std::string_view framing) {
    return "POST /values HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
           "Content-Type: application/x-ndjson\r\n" +
           std::string(framing) + "\r\n\r\n";
}
std::string with_length(const std::string& body) {
    return head("Content-Length: " + std::to_string(body.size())) + body;
}
std::string in_chunks(const std::string& body, std::size_t chunk_bytes) {
    std::string text = head("Transfer-Encoding: chunked");
    for (std::size_t at = 0; at < body.size(); at += chunk_bytes) {
        const std::string chunk = body.substr(at, chunk_bytes);
        char size[32];
        std::snprintf(size, sizeof size, "%zx\r\n", chunk.size());
        text += size + chunk + "\r\n";
    }
    return text + "0\r\n\r\n";
}

// What an answer consists of. A chunk that is not whole counts as far as it goes.
struct Answered {
    std::string head;
    std::vector<std::string> lines;
    bool complete = false;
};
Answered parse(std::string_view text) {
    Answered answered;
    const std::size_t end = text.find("\r\n\r\n");
    answered.head = text.substr(0, end);
    if (end == std::string_view::npos) return answered;
    text.remove_prefix(end + 4);
    std::string body;
    while (!text.empty()) {
        const std::size_t size = std::stoul(std::string(text.substr(0, 16)), nullptr, 16);
        text.remove_prefix(std::min(text.find("\r\n"), text.size() - 2) + 2);
        answered.complete = size == 0;
        body += text.substr(0, size);
        text.remove_prefix(std::min(size + 2, text.size()));
    }
    for (std::size_t at = 0; at < body.size();) {
        const std::size_t feed = body.find('\n', at);
        if (feed == std::string::npos) break;
        answered.lines.push_back(body.substr(at, feed - at));
        at = feed + 1;
    }
    return answered;
}

// Sends on a thread of its own and reads meanwhile, to the end of the connection.
Answered exchange(std::uint16_t port, const std::string& request) {
    RawSocket socket(port);
    std::thread sender([&] { socket.send(request); });
    EXPECT_TRUE(socket.ends(std::chrono::seconds(100)));
    sender.join();
    return parse(socket.rest());
}

std::string id_of(std::size_t number) {
    return "m" + std::to_string(number);
}

// A value for one metric after the other, each with a key.
std::string values(std::size_t lines, std::size_t metrics) {
    std::string text;
    for (std::size_t i = 0; i < lines; ++i) {
        text += R"({"id":")" + id_of(i % metrics) + R"(","value":)" + std::to_string(i) +
                R"(,"key":"k)" + std::to_string(i) + "\"}\n";
    }
    return text;
}

std::size_t count_containing(const std::vector<std::string>& lines, std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](const auto& line) { return line.find(text) != std::string::npos; }));
}

TEST(Bulk, FailsABadLineAlone) {
    const Folder folder;
    const Server server(folder);
    Api api(server);
    ASSERT_EQ(api.create("a").status, 201);
    const std::string line = R"({"id":"a","value":1,"key":"k"})";
    const std::string body = line + "\nbad\n{\"id\":\"b\",\"value\":1}\n" + line + "\n";
    const Answered answered = exchange(server.write_port(), with_length(body));
    EXPECT_THAT(answered.head, StartsWith("HTTP/1.1 200 OK"));
    EXPECT_THAT(answered.head, HasSubstr("Content-Type: application/x-ndjson"));
    EXPECT_TRUE(answered.complete);
    EXPECT_THAT(
        answered.lines,
        ElementsAre(R"({"line":1,"status":201,"id":"a","version":2})",
                    HasSubstr(R"("line":2,"status":400)"), HasSubstr(R"("line":3,"status":404)"),
                    R"({"line":4,"status":201,"id":"a","version":2,"replayed":true})"));
}

TEST(Bulk, RecordsEachLineOnceThoughItWasKilledAndSentAgain) {
    const std::size_t lines = is_distributed() ? 2'000 : 200'000;
    const std::size_t metrics = is_distributed() ? 20 : 100;
    const Folder folder;
    const std::string body = values(lines, metrics);
    Answered first;
    {
        Server server(folder, {.arguments = {"--no-access-log"}});
        Api api(server);
        for (std::size_t i = 0; i < metrics; ++i) ASSERT_EQ(api.create(id_of(i)).status, 201);
        RawSocket socket(server.write_port());
        std::thread sender([&] { socket.send(with_length(body)); });
        const bool came = socket.fill_until([&] { return socket.rest().size() > lines / 4 * 50; },
                                            std::chrono::seconds(60));
        server.kill();
        sender.join();
        ASSERT_TRUE(came);
        ASSERT_TRUE(socket.ends());
        first = parse(socket.rest());
    }
    EXPECT_FALSE(first.complete);
    ASSERT_LT(first.lines.size(), lines);

    Server server(folder, {.arguments = {"--no-access-log"}});
    const Answered again = exchange(server.write_port(), in_chunks(body, 10'000));
    EXPECT_TRUE(again.complete);
    ASSERT_THAT(again.lines, SizeIs(lines));
    for (std::size_t i = 0; i < lines; ++i) {
        const std::string expected = R"({"line":)" + std::to_string(i + 1) +
                                     R"(,"status":201,"id":")" + id_of(i % metrics) +
                                     R"(","version":)" + std::to_string(i / metrics + 2);
        ASSERT_THAT(again.lines[i], StartsWith(expected));
        if (i < first.lines.size()) {
            ASSERT_EQ(again.lines[i], expected + R"(,"replayed":true})");
            ASSERT_EQ(first.lines[i], expected + "}");
        }
    }
    Api api(server);
    for (std::size_t i = 0; i < metrics; ++i) {
        EXPECT_EQ(api.set_value(id_of(i), -1).version(),
                  static_cast<std::int64_t>(lines / metrics + 2));
    }
}

TEST(Bulk, AnswersWhatIsThereWhenTheServerIsStopped) {
    const Folder folder;
    Server server(folder, {.arguments = {"--no-access-log"}});
    Api api(server);
    ASSERT_EQ(api.create("m0").status, 201);
    RawSocket socket(server.write_port());
    const std::string body = values(is_distributed() ? 5'000 : 500'000, 1);
    std::thread sender([&] { socket.send(with_length(body)); });
    const bool came = socket.fill_until([&] { return socket.rest().size() > 10'000; }, patience);
    EXPECT_EQ(server.terminate(), 0);
    sender.join();
    ASSERT_TRUE(came);
    ASSERT_TRUE(socket.ends());
    const Answered answered = parse(socket.rest());
    EXPECT_TRUE(answered.complete);
    ASSERT_GT(answered.lines.size(), 1U);
    EXPECT_THAT(answered.lines.back(), HasSubstr(R"("status":503,"type":"/problems/overloaded")"));
    const std::size_t recorded = answered.lines.size() - 1;
    EXPECT_EQ(count_containing(answered.lines, R"("status":201)"), recorded);
    EXPECT_THAT(answered.lines.back(),
                StartsWith(R"({"line":)" + std::to_string(recorded + 1) + ","));
    const Server next(folder);
    EXPECT_EQ(Api(next).set_value("m0", -1).version(), static_cast<std::int64_t>(recorded + 2));
}

// Lines of 200 bytes for a metric that isn't there, so that memory for what is recorded doesn't
// count.
std::string as_large_as_may_be() {
    std::string line = R"({"id":"nowhere","value":1})";
    line.resize(199, ' ');
    line += '\n';
    std::string body;
    while (body.size() + line.size() <= body_bytes_max) body += line;
    body.resize(body_bytes_max, ' ');
    return body;
}

TEST(Bulk, KeepsNoneOf64MibInMemory) {
    const Folder folder;
    Server server(folder, {.arguments = {"--no-access-log"}});
    const std::string body = as_large_as_may_be();
    const std::uint64_t before = server.process().resident_bytes_max();
    const Answered answered = exchange(server.write_port(), with_length(body));
    EXPECT_TRUE(answered.complete);
    EXPECT_THAT(answered.lines, SizeIs(body_bytes_max / 200));
    EXPECT_LT(server.process().resident_bytes_max() - before, 16UL * 1024 * 1024);
}

// The kernel's buffers hold some of the answers, the server hardly any.
TEST(Bulk, KeepsNoAnswersForWhoReadsNone) {
    const Folder folder;
    Server server(folder, {.arguments = {"--no-access-log"}});
    std::string body;
    while (body.size() < body_bytes_max / 2) body += "no\n";
    const std::uint64_t before = server.process().resident_bytes_max();
    RawSocket socket(server.write_port());
    EXPECT_FALSE(socket.send(with_length(body)));  // nobody reads the rest
    EXPECT_LT(server.process().resident_bytes_max() - before, 16UL * 1024 * 1024);
    EXPECT_EQ(Api(server).create("a").status, 201);
}

TEST(Bulk, RefusesMoreThan64Mib) {
    const Folder folder;
    const Server server(folder, {.arguments = {"--no-access-log"}});
    RawSocket declared(server.write_port());
    declared.send(head("Content-Length: " + std::to_string(body_bytes_max + 1)));
    EXPECT_EQ(declared.read_answer().status, 413);
    const std::string body = as_large_as_may_be() + " ";
    const Answered answered = exchange(server.write_port(), in_chunks(body, 1'000'000));
    EXPECT_TRUE(answered.complete);
    EXPECT_THAT(answered.lines.back(), HasSubstr(R"("status":413,"type":"/problems/too-large")"));
    EXPECT_LT(answered.lines.size(), body_bytes_max / 200 + 2);
}

}  // namespace
