#include "http/duplex_client.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/curl/transfers.hpp"
#include "http/curl_transfer.hpp"

namespace http {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int first_refusal = 300;  // of the status codes

}  // namespace

struct DuplexClient::Exchange {
    Exchange(std::string base, milliseconds connect_timeout, std::string ca_file)
        : transfer(std::move(base), connect_timeout, std::move(ca_file)) {}
    ~Exchange() { leave(); }
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    // What libcurl asks for in wait().
    std::optional<std::size_t> give(std::span<char> buffer) {
        const std::size_t size = std::min(buffer.size(), unsent());
        if (size == 0 && !finished) {
            paused = true;
            return std::nullopt;
        }
        body.copy(buffer.data(), size, sent);
        sent += size;
        if (sent == body.size()) {
            body.clear();
            sent = 0;
        }
        return size;
    }
    [[nodiscard]] std::size_t unsent() const { return body.size() - sent; }

    void resume() {
        if (std::exchange(paused, false)) transfer.transfer().resume();
    }
    // What can be done at once, or else what the next event brings.
    void move(Clock::time_point until) {
        const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
        transfers.wait(std::max(left, milliseconds(0)));
        if (const auto ended = transfers.take_ended()) {
            at_work = false;
            answer = transfer.result(transfer.transfer().end(ended->code));
            return;
        }
        if (!paused) return;
        if (transfer.transfer().status() >= first_refusal) {  // nobody reads what follows
            finished = true;
            resume();
        } else if (transfers.watched_sockets() == 0) {
            leave();
            transfer.fail("the answer ended before the body was complete");
        }
    }
    void leave() {
        if (std::exchange(at_work, false)) transfers.remove(transfer.handle());
    }

    curl::Transfers transfers{1};
    CurlTransfer transfer;  // ends before them
    bool at_work = false;
    bool paused = false;    // libcurl waits for resume()
    bool finished = false;  // the body
    std::string body;
    std::size_t sent = 0;  // of `body`
    std::string received;
    Response answer;
};

DuplexClient::DuplexClient(std::string base, milliseconds connect_timeout, std::string ca_file)
    : exchange_(std::make_unique<Exchange>(std::move(base), connect_timeout, std::move(ca_file))) {}
DuplexClient::~DuplexClient() = default;

void DuplexClient::begin(const std::string& target, const Headers& headers) {
    cancel();
    Exchange& exchange = *exchange_;
    exchange.transfer.prepare_stream(
        target, headers, [&exchange](std::span<char> buffer) { return exchange.give(buffer); },
        [&exchange](std::string_view data) { exchange.received.append(data); });
    exchange.transfers.add(exchange.transfer.handle());
    exchange.at_work = true;
}

void DuplexClient::send(std::string_view data) {
    exchange_->body.append(data);
    exchange_->resume();
}

void DuplexClient::finish() {
    exchange_->finished = true;
    exchange_->resume();
}

void DuplexClient::cancel() {
    Exchange& exchange = *exchange_;
    exchange.leave();
    exchange.paused = exchange.finished = false;
    exchange.body.clear();
    exchange.sent = 0;
    exchange.received.clear();
    exchange.answer = {};
}

void DuplexClient::wait(milliseconds longest) {
    Exchange& exchange = *exchange_;
    const auto until = Clock::now() + longest;
    const bool had_unsent = exchange.unsent() > 0;
    while (exchange.at_work) {
        exchange.move(until);
        if (!exchange.received.empty() || Clock::now() >= until) return;
        if (had_unsent && exchange.unsent() == 0) return;
    }
}

std::size_t DuplexClient::unsent_bytes() const {
    return exchange_->unsent();
}
std::string DuplexClient::take() {
    return std::exchange(exchange_->received, {});
}
int DuplexClient::status() const {
    return exchange_->transfer.transfer().status();
}
bool DuplexClient::ended() const {
    return !exchange_->at_work;
}
const Response& DuplexClient::answer() const {
    return exchange_->answer;
}

}  // namespace http
