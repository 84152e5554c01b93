#include "aws/http_session.hpp"

#include <chrono>
#include <utility>

namespace aws {
namespace {

// How soon a wish to stop is seen.
constexpr std::chrono::milliseconds look_every{100};

}  // namespace

curl::End HttpSession::ask(curl::Request request, const std::function<bool()>& stop) {
    transfer_.prepare(std::move(request));
    transfers_.add(transfer_.handle());
    for (;;) {
        if (const auto ended = transfers_.take_ended()) return transfer_.end(ended->code);
        if (stop && stop()) {
            transfers_.remove(transfer_.handle());
            return transfer_.end(CURLE_ABORTED_BY_CALLBACK);
        }
        transfers_.wait(look_every);
    }
}

}  // namespace aws
