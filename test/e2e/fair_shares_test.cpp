// One caller, or connections that nobody uses, leave others their share. 127.0.0.1 and 127.0.0.2
// are two callers.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <vector>

#include "api.hpp"
#include "raw_socket.hpp"

namespace {

using namespace e2e;

constexpr const char* other = "127.0.0.2";

std::string get(const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string post(const std::string& path, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

RawSocket::Answer ask(std::uint16_t port, const std::string& request) {
    RawSocket socket(port, other);
    socket.send(request);
    return socket.read_answer();
}

// The test itself may open as many files as it likes.
void allow_many_files() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(FairShares, WaitsOfOneAddressLeaveOthersTheirs) {
    allow_many_files();
    const Folder folder;
    Server server(folder);
    ASSERT_EQ(ask(server.write_port(), post(create_path, create_body("visits"))).status, 201);
    std::vector<RawSocket> waiting;
    for (int i = 0; i < 1'100; ++i) {
        waiting.emplace_back(server.read_port());
        waiting.back().send(
            get("/metrics/unknown" + std::to_string(i) + "?minVersion=1&wait=10000"));
    }
    // This address has its share of the 2,000 waits: half and one.
    const auto refused = waiting.back().read_answer();
    EXPECT_EQ(refused.status, 503) << refused.body;
    EXPECT_NE(refused.body.find("/problems/overloaded"), std::string::npos) << refused.body;
    EXPECT_NE(refused.head.find("Retry-After: "), std::string::npos) << refused.head;
    EXPECT_EQ(ask(server.read_port(), get("/metrics/visits?minVersion=1&wait=5000")).status, 200);
    ASSERT_EQ(ask(server.write_port(), post(value_path, value_body("visits", 5))).status, 201);
    EXPECT_EQ(ask(server.read_port(), get("/metrics/visits?minVersion=2&wait=5000")).status, 200);
    EXPECT_EQ(ask(server.read_port(), get("/metrics")).status, 200);
    const auto figures = ask(server.read_port(), get("/-/prometheus")).body;
    EXPECT_NE(figures.find("yardstick_read_waiting 1001"), std::string::npos);
    EXPECT_NE(figures.find("yardstick_overloaded_total{api=\"read\",limit=\"waits\"} 99"),
              std::string::npos);
}

TEST(FairShares, IdleConnectionsLeaveDescriptorsToStoresAndListeners) {
    const Folder folder;
    Server server(folder, {.open_files_max = 512});
    EXPECT_NE(server.log().find("the limit of open files allows fewer connections"),
              std::string::npos);
    std::vector<RawSocket> idle;
    for (int i = 0; i < 600; ++i) idle.emplace_back(server.read_port());
    ASSERT_EQ(ask(server.write_port(), post(create_path, create_body("visits"))).status, 201);
    for (int i = 1; i <= 20; ++i) {
        ASSERT_EQ(ask(server.write_port(), post(value_path, value_body("visits", i))).status, 201);
    }
    const auto seen = ask(server.read_port(), get("/metrics/visits?minVersion=21&wait=10000"));
    EXPECT_EQ(seen.status, 200) << seen.body;
    EXPECT_EQ(ask(server.write_port(), get("/-/ready")).status, 200);
}

}  // namespace
