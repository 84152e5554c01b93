// For tests: a raw connection that sends any bytes and reads answers.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "http/message.hpp"
#include "http/server.hpp"

namespace http::test {

// Waits for a condition; false when it does not come true in time.
inline bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

class Connection {
public:
    Connection() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval patience{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    }
    explicit Connection(const Server& server) : Connection() { connect(server); }
    // From an address of this machine: "127.0.0.2" is another caller than 127.0.0.1.
    Connection(const Server& server, const char* from) : Connection() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        ::inet_pton(AF_INET, from, &address.sin_addr);
        const auto* plain = reinterpret_cast<const sockaddr*>(&address);
        if (::bind(socket_, plain, sizeof address) != 0) throw std::runtime_error("bind");
        connect(server);
    }
    Connection(Connection&& other) noexcept
        : socket_(std::exchange(other.socket_, -1)), input_(std::move(other.input_)) {}
    Connection& operator=(Connection&&) = delete;
    ~Connection() { close(); }

    void connect(const Server& server) const {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // The sockets interface asks for this cast.
        const auto* plain = reinterpret_cast<const sockaddr*>(&address);
        if (::connect(socket_, plain, sizeof address) != 0) throw std::runtime_error("connect");
    }
    void close() {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }
    void set_send_patience(timeval patience) const {
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    }
    void end_output() const { ::shutdown(socket_, SHUT_WR); }

    // False when the server has gone.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (size <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }

    struct Answer {
        int status = 0;
        std::string head;
        std::string body;
        [[nodiscard]] bool says(std::string_view text) const {
            return head.find(text) != std::string::npos;
        }
    };
    // One answer with a Content-Length, or to a HEAD one without a body. Status 0: the connection
    // ended (or nothing came in time) before it was complete.
    Answer read_answer(bool head_only = false) {
        Answer answer;
        if (!fill_until([&] { return input_.find("\r\n\r\n") != std::string::npos; }))
            return answer;
        const std::size_t end = input_.find("\r\n\r\n") + 4;
        answer.head = input_.substr(0, end);
        input_.erase(0, end);
        const std::size_t field = answer.head.find("Content-Length: ");
        const std::size_t size = head_only || field == std::string::npos
                                     ? 0
                                     : std::stoul(answer.head.substr(field + 16));
        if (!fill_until([&] { return input_.size() >= size; })) return answer;
        answer.body = input_.substr(0, size);
        input_.erase(0, size);
        answer.status = std::stoi(answer.head.substr(9, 3));
        return answer;
    }
    Answer ask(std::string_view request) {
        send(request);
        return read_answer();
    }

    // Everything up to the end of the connection.
    std::string read_all() {
        fill_until([] { return false; });
        return std::exchange(input_, {});
    }
    // Whether the connection has ended in good order, nothing more having come.
    bool is_at_end() { return read_all().empty() && ended_ == End::orderly; }
    [[nodiscard]] bool was_reset() const { return ended_ == End::reset; }
    bool fill_until(const std::function<bool()>& enough) {
        while (!enough()) {
            char bytes[16 * 1024];
            const auto size = ::recv(socket_, bytes, sizeof bytes, 0);
            if (size <= 0) {
                ended_ = size == 0 ? End::orderly : errno == ECONNRESET ? End::reset : End::no;
                return false;
            }
            input_.append(bytes, static_cast<std::size_t>(size));
        }
        return true;
    }
    [[nodiscard]] const std::string& input() const { return input_; }

private:
    enum class End { no, orderly, reset };
    int socket_;
    std::string input_;
    End ended_ = End::no;
};

inline std::string get(std::string_view target) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

// A handler that answers "method target body".
inline void echo(const Request& request, const Responder& respond) {
    respond(Response::text(200, request.method + " " + request.target + " " + request.body));
}

}  // namespace http::test
