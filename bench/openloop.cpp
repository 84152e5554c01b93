// An open-loop client: commands leave by a fixed schedule, whether or not earlier ones are
// answered, and each one's latency counts from the moment it was due, so that a stall shows in all
// the commands that it held up. Of some commands it also measures how long after their answer they
// are visible: it asks the read API for the version with `minVersion`.
//
//   bench_openloop WRITE_PORT READ_PORT RATE SECONDS METRICS
//
// Prints one line: answered failed p50 p99 max visible_p50 visible_p99 (milliseconds; failed: of
// both kinds, those without an answer in time included; of the
// visible ones from the command's answer to the read API's). On loopback only.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

constexpr int write_connections = 64;
constexpr int read_connections = 32;
// At most so many commands a second are also looked for in the views.
constexpr long looked_for_a_second = 500;
constexpr std::chrono::seconds drain_max{15};

double ms(Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

struct Asked {
    Time due;
    long metric = 0;
};

// One keep-alive connection with at most one request on its way.
class Connection {
public:
    Connection(int epoll, int port) : file_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const auto* where = reinterpret_cast<const sockaddr*>(&address);
        if (::connect(file_, where, sizeof address) != 0 && errno != EINPROGRESS) {
            give_up("connect");
        }
        const int on = 1;
        ::setsockopt(file_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.ptr = this;
        if (::epoll_ctl(epoll, EPOLL_CTL_ADD, file_, &event) != 0) give_up("epoll_ctl");
    }
    ~Connection() { ::close(file_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] bool busy() const { return busy_; }
    [[nodiscard]] const Asked& asked() const { return asked_; }

    void send(std::string request, const Asked& asked) {
        busy_ = true;
        asked_ = asked;
        out_ = std::move(request);
        in_.clear();
        flush();
    }

    void flush() {
        while (!out_.empty()) {
            const ssize_t sent = ::send(file_, out_.data(), out_.size(), MSG_NOSIGNAL);
            if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
            if (sent < 0) give_up("send");
            out_.erase(0, static_cast<std::size_t>(sent));
        }
    }

    // Reads what is there; true when the answer is whole.
    bool receive() {
        std::array<char, 16384> buffer;
        for (;;) {
            const ssize_t size = ::recv(file_, buffer.data(), buffer.size(), 0);
            if (size == 0) give_up("the server closed the connection");
            if (size < 0 && errno == EAGAIN) break;
            if (size < 0 && errno == ENOTCONN) return false;
            if (size < 0) give_up("recv");
            in_.append(buffer.data(), static_cast<std::size_t>(size));
        }
        const auto head = in_.find("\r\n\r\n");
        if (!busy_ || head == std::string::npos) return false;
        const auto length = in_.find("Content-Length: ");
        if (length == std::string::npos || length > head) return false;
        const auto body = std::strtoul(in_.c_str() + length + 16, nullptr, 10);
        if (in_.size() < head + 4 + body) return false;
        busy_ = false;
        return true;
    }

    [[nodiscard]] int status() const { return std::atoi(in_.c_str() + 9); }
    [[nodiscard]] long version() const {
        const auto at = in_.find("\"version\":");
        return at == std::string::npos ? 0 : std::atol(in_.c_str() + at + 10);
    }

private:
    int file_;
    bool busy_ = false;
    Asked asked_;
    std::string out_;
    std::string in_;
};

class Side {
public:
    Side(int epoll, int port, int count) {
        for (int i = 0; i < count; ++i) {
            connections_.push_back(std::make_unique<Connection>(epoll, port));
        }
        for (const auto& connection : connections_) idle_.push_back(connection.get());
    }

    // Sent as soon as a connection is free.
    void ask(std::string request, const Asked& asked) {
        waiting_.emplace_back(std::move(request), asked);
        pump();
    }
    void idle(Connection& connection) {
        idle_.push_back(&connection);
        pump();
    }
    [[nodiscard]] bool owns(const Connection& connection) const {
        return std::any_of(connections_.begin(), connections_.end(),
                           [&](const auto& own) { return own.get() == &connection; });
    }
    [[nodiscard]] bool quiet() const {
        return waiting_.empty() && idle_.size() == connections_.size();
    }

private:
    void pump() {
        while (!idle_.empty() && !waiting_.empty()) {
            Connection* connection = idle_.back();
            idle_.pop_back();
            auto [request, asked] = std::move(waiting_.front());
            waiting_.pop_front();
            connection->send(std::move(request), asked);
        }
    }

    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<Connection*> idle_;
    std::deque<std::pair<std::string, Asked>> waiting_;
};

double percentile(std::vector<double>& values, double part) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

std::string command(long number, long metrics) {
    const std::string body = R"({"id":"m)" + std::to_string(number * 7919 % metrics) +
                             R"(","props":{"value":)" + std::to_string(number) + "}}";
    return "POST /metrics/UpdateMetricValueCommand HTTP/1.1\r\nHost: localhost\r\n"
           "Content-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string look(long metric, long version) {
    return "GET /metrics/m" + std::to_string(metric) +
           "?wait=10000&minVersion=" + std::to_string(version) +
           " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

class Run {
public:
    Run(int write_port, int read_port, long rate, long seconds, long metrics)
        : rate_(rate),
          total_(rate * seconds),
          metrics_(metrics),
          sample_every_(std::max(1L, rate / looked_for_a_second)),
          epoll_(::epoll_create1(0)),
          writes_(epoll_, write_port, write_connections),
          reads_(epoll_, read_port, read_connections) {}
    ~Run() { ::close(epoll_); }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    void go() {
        began_ = Clock::now();
        long sent = 0;
        while (sent < total_ || !writes_.quiet() || !reads_.quiet()) {
            const Time now = Clock::now();
            for (; sent < total_ && due(sent) <= now; ++sent) {
                writes_.ask(command(sent, metrics_), {due(sent), sent * 7919 % metrics_});
            }
            if (sent == total_ && now > due(total_) + drain_max) break;
            wait(sent);
        }
        const long unanswered =
            total_ + looked_for_ - failed_ - static_cast<long>(latencies_.size() + visible_.size());
        failed_ += unanswered;
        std::printf("%zu %ld %.2f %.2f %.2f %.2f %.2f\n", latencies_.size(), failed_,
                    percentile(latencies_, 0.5), percentile(latencies_, 0.99),
                    percentile(latencies_, 1), percentile(visible_, 0.5),
                    percentile(visible_, 0.99));
    }

private:
    [[nodiscard]] Time due(long number) const {
        return began_ + std::chrono::nanoseconds(1'000'000'000 / rate_ * number);
    }

    void wait(long sent) {
        std::array<epoll_event, 256> events;
        const auto until = sent < total_ ? due(sent) - Clock::now() : std::chrono::milliseconds(10);
        const auto pause =
            std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(until)).count();
        const timespec timeout{0, std::min<long>(pause, 10'000'000)};
        const int count = ::epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
        for (int i = 0; i < count; ++i) {
            auto& connection =
                *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
            connection.flush();
            if (connection.receive()) answered(connection);
        }
    }

    void answered(Connection& connection) {
        const Time now = Clock::now();
        const Asked asked = connection.asked();
        if (!writes_.owns(connection)) {
            if (connection.status() == 200) {
                visible_.push_back(ms(now - asked.due));
            } else {
                ++failed_;
            }
            reads_.idle(connection);
            return;
        }
        if (connection.status() != 201) {
            ++failed_;
        } else {
            latencies_.push_back(ms(now - asked.due));
            const bool sampled = static_cast<long>(latencies_.size()) % sample_every_ == 0;
            if (sampled) {
                ++looked_for_;
                reads_.ask(look(asked.metric, connection.version()), {now, asked.metric});
            }
        }
        writes_.idle(connection);
    }

    const long rate_;
    const long total_;
    const long metrics_;
    const long sample_every_;
    const int epoll_;
    Side writes_;
    Side reads_;
    Time began_;
    std::vector<double> latencies_;
    std::vector<double> visible_;
    long failed_ = 0;
    long looked_for_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) return 64;
    Run(std::atoi(argv[1]), std::atoi(argv[2]), std::atol(argv[3]), std::atol(argv[4]),
        std::atol(argv[5]))
        .go();
    return 0;
}
