#include "raw_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace e2e {
namespace {

bool ready(int socket, short event, std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd file{socket, event, 0};
    return ::poll(&file, 1, static_cast<int>(std::max<std::int64_t>(0, left.count()))) == 1;
}

}  // namespace

RawSocket::RawSocket(std::uint16_t port, const char* from)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    // The sockets interface asks for this cast.
    const auto* plain = reinterpret_cast<const sockaddr*>(&address);
    const bool bound = ::inet_pton(AF_INET, from, &address.sin_addr) == 1 &&
                       ::bind(socket_, plain, sizeof address) == 0;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!bound || ::connect(socket_, plain, sizeof address) != 0) {
        ::close(socket_);
        throw std::runtime_error("no connection");
    }
}

RawSocket::~RawSocket() {
    if (socket_ >= 0) ::close(socket_);
}

RawSocket::RawSocket(RawSocket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      input_(std::move(other.input_)),
      ended_(other.ended_) {}

bool RawSocket::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto deadline = std::chrono::steady_clock::now() + patience;  // of this step
        if (!ready(socket_, POLLOUT, deadline)) return false;
        const ssize_t size =
            ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (size <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

bool RawSocket::fill_until(const std::function<bool()>& enough, std::chrono::milliseconds at_most) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    while (!enough()) {
        if (ended_ || !ready(socket_, POLLIN, deadline)) return false;
        std::array<char, 16384> bytes{};
        const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
        if (size <= 0) {
            ended_ = true;
        } else {
            input_.append(bytes.data(), static_cast<std::size_t>(size));
        }
    }
    return true;
}

RawSocket::Answer RawSocket::read_answer(std::chrono::milliseconds at_most) {
    constexpr std::string_view field = "Content-Length: ";
    Answer answer;
    if (!fill_until([&] { return input_.find("\r\n\r\n") != std::string::npos; }, at_most)) {
        return answer;
    }
    const std::size_t end = input_.find("\r\n\r\n") + 4;
    answer.head = input_.substr(0, end);
    const std::size_t length = answer.head.find(field);
    if (length == std::string::npos) return answer;
    const std::size_t size = std::stoul(answer.head.substr(length + field.size()));
    if (!fill_until([&] { return input_.size() >= end + size; }, at_most)) return answer;
    answer.body = input_.substr(end, size);
    answer.status = std::stoi(answer.head.substr(9, 3));
    input_.erase(0, end + size);
    return answer;
}

bool RawSocket::ends(std::chrono::milliseconds at_most) {
    fill_until([this] { return ended_; }, at_most);
    return ended_;
}

}  // namespace e2e
