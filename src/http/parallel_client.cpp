#include "http/parallel_client.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "base/curl/transfers.hpp"
#include "http/curl_transfer.hpp"

namespace http {
namespace {

// It comes back sooner when something happens.
constexpr std::chrono::milliseconds look_every{1'000};

}  // namespace

struct ParallelClient::Multi {
    struct Slot {
        Slot(const std::string& base, std::chrono::milliseconds timeout, const std::string& ca_file)
            : exchange(base, timeout, ca_file) {}
        CurlTransfer exchange;
        std::uint64_t tag = 0;
        bool busy = false;
    };

    explicit Multi(std::size_t connections) : transfers(connections) {}

    [[nodiscard]] Slot& slot_of(const CURL* transfer) {
        return *std::ranges::find_if(
            slots, [&](const Slot& slot) { return slot.exchange.handle() == transfer; });
    }

    curl::Transfers transfers;
    std::deque<Slot> slots;  // end before it
    std::size_t busy = 0;
};

ParallelClient::ParallelClient(const std::string& base, std::size_t connections,
                               std::chrono::milliseconds timeout, const std::string& ca_file)
    : multi_(std::make_unique<Multi>(connections)) {
    for (std::size_t i = 0; i < connections; ++i) {
        multi_->slots.emplace_back(base, timeout, ca_file);
    }
}

ParallelClient::~ParallelClient() = default;

bool ParallelClient::in_flight() const {
    return multi_->busy > 0;
}

void ParallelClient::post_json(std::uint64_t tag, const std::string& target, std::string body,
                               Headers headers) {
    auto& slot = *std::ranges::find_if(multi_->slots, [](const auto& one) { return !one.busy; });
    headers.set("Content-Type", "application/json");
    slot.exchange.prepare("POST", target, headers, std::move(body));
    multi_->transfers.add(slot.exchange.handle());
    slot.tag = tag;
    slot.busy = true;
    ++multi_->busy;
}

std::vector<ParallelClient::Ended> ParallelClient::wait() {
    std::vector<Ended> all;
    for (;;) {
        while (const auto ended = multi_->transfers.take_ended()) {
            auto& slot = multi_->slot_of(ended->transfer);
            slot.busy = false;
            --multi_->busy;
            try {
                curl::End end = slot.exchange.transfer().end(ended->code);
                all.push_back({slot.tag, slot.exchange.result(std::move(end)), {}});
            } catch (const Untrusted&) {
                throw;
            } catch (const ClientError& error) {
                all.push_back({slot.tag, {}, error.what()});
            }
        }
        if (!all.empty() || !in_flight()) return all;
        multi_->transfers.wait(look_every);
    }
}

}  // namespace http
