// What the program tells systemd (Type=notify): when it serves, and when it stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <string>

#include "program.hpp"

namespace {

using namespace e2e;

// systemd's end of the socket.
class NotifySocket {
public:
    explicit NotifySocket(const std::filesystem::path& path)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::ranges::copy(path.string(), std::begin(address.sun_path));
        if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error("no socket");
        }
    }
    ~NotifySocket() { ::close(socket_); }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    // The next notice; empty when none comes in this time.
    [[nodiscard]] std::string next(std::chrono::milliseconds at_most = patience) const {
        pollfd come{socket_, POLLIN, 0};
        if (::poll(&come, 1, static_cast<int>(at_most.count())) != 1) return {};
        std::array<char, 4096> text{};
        const ssize_t size = ::recv(socket_, text.data(), text.size(), 0);
        return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }

private:
    int socket_;
};

TEST(ServiceNotice, SaysWhenItServesAndWhenItStops) {
    const Folder folder;
    const auto path = folder.path() / "notify";
    const NotifySocket systemd(path);
    Server server(folder, {.environment = {{"NOTIFY_SOCKET", path.string()}}});
    EXPECT_EQ(systemd.next(), "READY=1\nSTATUS=");
    EXPECT_EQ(http::Client(server.read_url()).get("/-/healthy").status, 200);
    EXPECT_EQ(server.terminate(), 0);
    EXPECT_EQ(systemd.next(), "STOPPING=1");
}

TEST(ServiceNotice, AProjectorThatWaitsForItsStoreIsStarted) {
    const Folder folder;
    const auto path = folder.path() / "notify";
    const NotifySocket systemd(path);
    const Process projector(
        {.arguments = {"projector", "--data", folder.data().string(), "--listen", "127.0.0.1:0"},
         .environment = {{"NOTIFY_SOCKET", path.string()}}});
    const std::string waits = "READY=1\nSTATUS=waiting for the event store";
    EXPECT_EQ(systemd.next(), waits);
    // Once it is there, nothing says any more that it is waited for.
    const Process write_api(
        {.arguments = {"write-api", "--data", folder.data().string(), "--listen", "127.0.0.1:0"}});
    std::string last = waits;
    while (last == waits) last = systemd.next();
    EXPECT_EQ(last, "READY=1\nSTATUS=");
}

TEST(ServiceNotice, OfRefusedSettingsIsNone) {
    const Folder folder;
    const auto path = folder.path() / "notify";
    const NotifySocket systemd(path);
    const Finished finished = run({.arguments = {"serve", "--write-listen", "nowhere"},
                                   .working_folder = folder.path(),
                                   .environment = {{"NOTIFY_SOCKET", path.string()}}});
    EXPECT_EQ(finished.exit_code, 64);
    EXPECT_EQ(systemd.next(std::chrono::milliseconds(0)), "");
}

}  // namespace
