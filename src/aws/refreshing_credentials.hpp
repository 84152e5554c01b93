// Credentials that are fetched, kept while they are good, and fetched again ahead of their end.
// Private to this room.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "aws/credentials.hpp"

namespace aws {

// They are fetched again so long before they expire; the old ones go on being used until then.
inline constexpr std::chrono::minutes refresh_ahead{15};
// So long after a fetch the next one comes at the earliest: where there still are good ones, and
// where there are none.
inline constexpr std::chrono::seconds refresh_pause{10};
inline constexpr std::chrono::seconds retry_pause{1};

class RefreshingCredentials : public CredentialsProvider {
public:
    // `fetch` may block (bounded) and throws NoCredentials; one thread at a time calls it.
    RefreshingCredentials(std::function<Credentials()> fetch, base::Clock clock,
                          std::function<void(std::string_view)> log);
    ~RefreshingCredentials() override;  // waits for a fetch under way

    Credentials get() override;
    std::optional<Credentials> at_hand() override;
    void reject(const Credentials& rejected) override;

private:
    // With the lock held.
    [[nodiscard]] bool is_good() const;
    [[nodiscard]] bool is_due() const;
    [[nodiscard]] bool has_rested(std::chrono::seconds pause) const;
    std::optional<Credentials> good_ones();
    void start_fetch();

    void fetch_now();

    const std::function<Credentials()> fetch_;
    const base::Clock clock_;
    const std::function<void(std::string_view)> log_;

    std::mutex mutex_;
    std::condition_variable fetched_;
    std::optional<Credentials> current_;
    std::string failure_;
    std::optional<base::TimePoint> fetched_at_;  // the last time, whatever came of it
    bool fetching_ = false;
    std::thread thread_;
};

}  // namespace aws
