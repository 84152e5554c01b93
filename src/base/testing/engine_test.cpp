#include "base/testing/engine.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <thread>
#include <vector>

namespace {

// Whether a server can listen there.
bool listens(std::uint16_t port, bool reuse_address) {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = reuse_address ? 1 : 0;
    ::setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool done =
        ::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::listen(handle, 1) == 0;
    ::close(handle);
    return done;
}

TEST(LastingPort, IsKeptForTheServersOfThisProcess) {
    const auto port = base::testing::lasting_port();
    for (int start = 0; start < 3; ++start) {
        EXPECT_TRUE(listens(port, true)) << "the server it is for";
        EXPECT_FALSE(listens(port, false)) << "another test, which looks for a port";
    }
}

TEST(LastingPort, IsGivenOnce) {
    std::vector<std::set<std::uint16_t>> ports(4);
    {
        std::vector<std::jthread> threads;
        for (auto& own : ports) {
            threads.emplace_back([&own] {
                for (int i = 0; i < 50; ++i) own.insert(base::testing::lasting_port());
            });
        }
    }
    std::set<std::uint16_t> all;
    for (const auto& own : ports) all.insert(own.begin(), own.end());
    EXPECT_EQ(all.size(), 200U);
}

}  // namespace
