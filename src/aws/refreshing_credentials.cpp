#include "aws/refreshing_credentials.hpp"

#include <exception>
#include <utility>

namespace aws {

RefreshingCredentials::RefreshingCredentials(std::function<Credentials()> fetch, base::Clock clock,
                                             std::function<void(std::string_view)> log)
    : fetch_(std::move(fetch)), clock_(std::move(clock)), log_(std::move(log)) {}

RefreshingCredentials::~RefreshingCredentials() {
    if (thread_.joinable()) thread_.join();
}

bool RefreshingCredentials::is_good() const {
    return current_ && (!current_->expires || *current_->expires > clock_());
}

bool RefreshingCredentials::is_due() const {
    return current_->expires && *current_->expires - refresh_ahead <= clock_() &&
           has_rested(refresh_pause);
}

// By the distance alone, so that a clock that is set back doesn't make the pause longer.
bool RefreshingCredentials::has_rested(std::chrono::seconds pause) const {
    return !fetched_at_ || std::chrono::abs(clock_() - *fetched_at_) >= pause;
}

std::optional<Credentials> RefreshingCredentials::good_ones() {
    if (!is_good()) return std::nullopt;
    if (!fetching_ && is_due()) start_fetch();
    return current_;
}

std::optional<Credentials> RefreshingCredentials::at_hand() {
    const std::lock_guard lock(mutex_);
    return good_ones();
}

Credentials RefreshingCredentials::get() {
    std::unique_lock lock(mutex_);
    if (auto good = good_ones()) return *good;
    if (!fetching_ && has_rested(retry_pause)) start_fetch();
    fetched_.wait(lock, [this] { return !fetching_; });
    if (!is_good()) throw NoCredentials(failure_);
    return *current_;
}

void RefreshingCredentials::reject(const Credentials& rejected) {
    const std::lock_guard lock(mutex_);
    if (current_ && current_->access_key_id == rejected.access_key_id &&
        current_->session_token == rejected.session_token) {
        current_.reset();
        fetched_at_.reset();
    }
}

void RefreshingCredentials::start_fetch() {
    fetching_ = true;
    if (thread_.joinable()) thread_.join();  // it has nothing left to do
    thread_ = std::thread([this] { fetch_now(); });
}

void RefreshingCredentials::fetch_now() {
    std::optional<Credentials> fetched;
    std::string failure = "the credentials that were fetched have expired";
    try {
        fetched = fetch_();
    } catch (const std::exception& error) {
        failure = error.what();
        if (log_) log_(failure);
    }
    const std::lock_guard lock(mutex_);
    const bool better =
        fetched && (!is_good() || !fetched->expires || *fetched->expires > clock_());
    if (better) current_ = std::move(fetched);
    failure_ = std::move(failure);
    fetched_at_ = clock_();
    fetching_ = false;
    fetched_.notify_all();
}

}  // namespace aws
