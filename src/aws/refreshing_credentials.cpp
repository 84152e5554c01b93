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

bool RefreshingCredentials::good(base::TimePoint now) const {
    return current_ && (!current_->expires || *current_->expires > now);
}

bool RefreshingCredentials::due(base::TimePoint now) const {
    return current_->expires && *current_->expires - refresh_ahead <= now && now >= next_try_;
}

Credentials RefreshingCredentials::get() {
    std::unique_lock lock(mutex_);
    if (good(clock_())) {
        if (!fetching_ && due(clock_())) start_fetch();
        return *current_;
    }
    if (!fetching_) start_fetch();
    fetched_.wait(lock, [this] { return !fetching_; });
    if (!good(clock_())) throw NoCredentials(failure_);
    return *current_;
}

void RefreshingCredentials::reject(const Credentials& rejected) {
    const std::lock_guard lock(mutex_);
    if (current_ && current_->access_key_id == rejected.access_key_id &&
        current_->session_token == rejected.session_token) {
        current_.reset();
    }
}

// With the lock held.
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
    if (fetched) current_ = std::move(fetched);
    failure_ = std::move(failure);
    next_try_ = clock_() + refresh_pause;
    fetching_ = false;
    fetched_.notify_all();
}

}  // namespace aws
