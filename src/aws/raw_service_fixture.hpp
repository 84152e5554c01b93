// For tests: a service that ends connections where HTTP servers don't.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace aws {

// Takes one connection after the other, and on each of them one request after the other.
class RawService {
public:
    // Bytes to answer a request with.
    using Step = std::string;
    static inline const Step end_connection{};
    static Step answer(int status, const std::string& body) {
        return "HTTP/1.1 " + std::to_string(status) +
               " x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    // Each request takes the next step; without a further one it isn't answered.
    explicit RawService(std::vector<Step> steps)
        : steps_(std::move(steps)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_, plain, size) != 0 || ::listen(listener_, 16) != 0 ||
            ::getsockname(listener_, plain, &size) != 0) {
            throw std::runtime_error("no port to listen on");
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~RawService() {
        ::shutdown(listener_, SHUT_RDWR);  // ends accept()
        thread_.join();
        ::close(listener_);
    }
    RawService(const RawService&) = delete;
    RawService& operator=(const RawService&) = delete;

    [[nodiscard]] std::string endpoint() const {
        return "http://127.0.0.1:" + std::to_string(port_);
    }

private:
    void serve() {
        for (int peer = 0; (peer = ::accept(listener_, nullptr, nullptr)) >= 0;) {
            while (read_request(peer) && take_step(peer)) {
            }
            ::close(peer);
        }
    }

    // False at the end of the connection.
    static bool read_request(int peer) {
        std::string input;
        std::array<char, 16UL * 1024> bytes{};
        while (!is_whole(input)) {
            const auto size = ::recv(peer, bytes.data(), bytes.size(), 0);
            if (size <= 0) return false;
            input.append(bytes.data(), static_cast<std::size_t>(size));
        }
        return true;
    }

    static bool is_whole(const std::string& input) {
        constexpr std::string_view field = "Content-Length: ";
        const auto head_end = input.find("\r\n\r\n");
        const auto length = input.find(field);
        if (head_end == std::string::npos || length == std::string::npos) return false;
        return input.size() >= head_end + 4 + std::stoul(input.substr(length + field.size()));
    }

    // False when the connection is to end.
    bool take_step(int peer) {
        if (next_ == steps_.size()) return false;
        std::string_view rest = steps_[next_++];
        if (rest.empty()) return false;
        while (!rest.empty()) {
            const auto size = ::send(peer, rest.data(), rest.size(), MSG_NOSIGNAL);
            if (size <= 0) return false;
            rest.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }

    const std::vector<Step> steps_;
    std::size_t next_ = 0;
    const int listener_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace aws
