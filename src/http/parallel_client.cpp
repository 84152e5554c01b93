#include "http/parallel_client.hpp"

#include <algorithm>
#include <deque>
#include <new>
#include <utility>

#include "http/curl_transfer.hpp"

namespace http {
namespace {

// libcurl comes back sooner when something happens.
constexpr int look_every_ms = 1'000;

void check(CURLMcode code) {
    if (code != CURLM_OK) throw ClientError(curl_multi_strerror(code));
}

}  // namespace

struct ParallelClient::Multi {
    struct Slot {
        Slot(const std::string& base, std::chrono::milliseconds timeout, const std::string& ca_file)
            : transfer(base, timeout, ca_file) {}
        CurlTransfer transfer;
        std::uint64_t tag = 0;
        bool busy = false;
    };
    struct Free {
        void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
    };

    ~Multi() {
        for (const Slot& slot : slots) {
            if (slot.busy) curl_multi_remove_handle(handle.get(), slot.transfer.handle());
        }
    }

    [[nodiscard]] Slot& slot_of(const CURL* transfer) {
        return *std::ranges::find_if(
            slots, [&](const Slot& slot) { return slot.transfer.handle() == transfer; });
    }

    std::deque<Slot> slots;
    std::unique_ptr<CURLM, Free> handle;  // ends before the transfers
    std::size_t busy = 0;
};

ParallelClient::ParallelClient(const std::string& base, std::size_t connections,
                               std::chrono::milliseconds timeout, const std::string& ca_file)
    : multi_(std::make_unique<Multi>()) {
    for (std::size_t i = 0; i < connections; ++i) {
        multi_->slots.emplace_back(base, timeout, ca_file);
    }
    multi_->handle.reset(curl_multi_init());
    if (!multi_->handle) throw std::bad_alloc();
    curl_multi_setopt(multi_->handle.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
}

ParallelClient::~ParallelClient() = default;

bool ParallelClient::has_room() const {
    return multi_->busy < multi_->slots.size();
}

bool ParallelClient::in_flight() const {
    return multi_->busy > 0;
}

void ParallelClient::post_json(std::uint64_t tag, const std::string& target, std::string body,
                               Headers headers) {
    auto& slot = *std::ranges::find_if(multi_->slots, [](const auto& one) { return !one.busy; });
    headers.set("Content-Type", "application/json");
    slot.transfer.prepare("POST", target, headers, std::move(body));
    check(curl_multi_add_handle(multi_->handle.get(), slot.transfer.handle()));
    slot.tag = tag;
    slot.busy = true;
    ++multi_->busy;
}

std::vector<ParallelClient::Ended> ParallelClient::wait() {
    std::vector<Ended> ended;
    CURLM* const multi = multi_->handle.get();
    for (;;) {
        int left = 0;
        check(curl_multi_perform(multi, &left));
        while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            auto& slot = multi_->slot_of(message->easy_handle);
            const CURLcode code = message->data.result;
            curl_multi_remove_handle(multi, slot.transfer.handle());  // `message` is gone with it
            slot.busy = false;
            --multi_->busy;
            try {
                ended.push_back({slot.tag, slot.transfer.result(code), {}});
            } catch (const Untrusted&) {
                throw;
            } catch (const ClientError& error) {
                ended.push_back({slot.tag, {}, error.what()});
            }
        }
        if (!ended.empty() || !in_flight()) return ended;
        check(curl_multi_poll(multi, nullptr, 0, look_every_ms, nullptr));
    }
}

}  // namespace http
