#include "yardstick/healthy.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>

#include "http/server.hpp"
#include "yardstick/exit_codes.hpp"

namespace yardstick {
namespace {

using ::testing::ElementsAre;

// A server that answers so when it is asked whether it runs, and knows nothing else.
class Answering {
public:
    explicit Answering(int status)
        : server_({}, [status](http::Request request, http::Responder respond) {
              const bool asked = request.path == "/-/healthy";
              respond(http::Response::text(asked ? status : 404, "so it is\n"));
          }) {
        server_.start();
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

private:
    http::Server server_;
};

// A port that is taken: connections to it are made, and nothing is ever said.
class Mute {
public:
    Mute() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_, any, size), 0);
        EXPECT_EQ(::getsockname(socket_, any, &size), 0);
        port_ = ntohs(address.sin_port);
    }
    ~Mute() { ::close(socket_); }
    Mute(const Mute&) = delete;
    Mute& operator=(const Mute&) = delete;

    void listen() const { EXPECT_EQ(::listen(socket_, 1), 0); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    int socket_;
    int port_ = 0;
};

TEST(Healthy, AsksWhereServersListenByDefault) {
    EXPECT_THAT(
        local_servers([](const char*) { return std::string(); }),
        ElementsAre("http://127.0.0.1:3000", "http://127.0.0.1:3001", "http://127.0.0.1:3002"));
}

TEST(Healthy, AsksOnThisMachineWhatListensEverywhere) {
    const std::map<std::string, std::string> variables{{"YARDSTICK_WRITE_LISTEN", "0.0.0.0:80"},
                                                       {"YARDSTICK_READ_LISTEN", "[::]:81"},
                                                       {"YARDSTICK_PROJECTOR_LISTEN", "[::1]:82"}};
    EXPECT_THAT(local_servers([&](const char* name) { return variables.at(name); }),
                ElementsAre("http://127.0.0.1:80", "http://[::1]:81", "http://[::1]:82"));
}

TEST(Healthy, IsWhoeverAnswersWherePartsDontRun) {
    const Answering server(200);
    const Mute closed;
    EXPECT_EQ(healthy({server.url(), closed.url()}), exit_done);
}

TEST(Healthy, TakesAnAddressWithASlashBehindIt) {
    const Answering server(200);
    EXPECT_EQ(healthy({server.url() + "/"}), exit_done);
}

TEST(Healthy, IsNobodyWhereNobodyListens) {
    const Mute closed;
    EXPECT_EQ(healthy({closed.url()}), exit_failure);
}

TEST(Healthy, IsNotWhoAnswersOtherwiseOrNotAtAll) {
    const Answering server(200);
    const Answering failing(500);
    const Mute mute;
    mute.listen();
    EXPECT_EQ(healthy({server.url(), failing.url()}), exit_failure);
    EXPECT_EQ(healthy({server.url(), mute.url()}, std::chrono::milliseconds(100)), exit_failure);
}

}  // namespace
}  // namespace yardstick
