#include "aws/refreshing_credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

namespace {

using namespace aws;
using namespace std::chrono_literals;
using ::testing::Contains;

// A source whose n-th credentials are called "1", "2", ... and are good for an hour, and a clock
// that stands still.
class RefreshingCredentialsTest : public ::testing::Test {
protected:
    base::TimePoint now() const { return base::TimePoint(now_.load()); }
    void pass(std::chrono::milliseconds time) { now_ = now_.load() + time; }

    RefreshingCredentials provider() {
        return RefreshingCredentials([this] { return fetch(); }, [this] { return now(); },
                                     [this](std::string_view line) { log_.emplace_back(line); });
    }

    // The refresh is on a thread of its own.
    static std::string once_it_is(RefreshingCredentials& credentials, const std::string& wanted) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        std::string id;
        while (id != wanted && std::chrono::steady_clock::now() < deadline) {
            id = credentials.get().access_key_id;
            std::this_thread::yield();
        }
        return id;
    }
    bool fetches_reach(int count) const {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (fetches_ < count && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::yield();
        }
        return fetches_ == count;
    }

    std::atomic<std::chrono::milliseconds> now_{1'000'000'000s};
    std::atomic<std::chrono::milliseconds> lifetime_{1h};
    std::atomic<int> fetches_{0};
    std::atomic<bool> fails_{false};
    std::shared_future<void> gate_;
    std::vector<std::string> log_;

private:
    Credentials fetch() {
        const int n = ++fetches_;
        if (gate_.valid()) gate_.wait();
        if (fails_) throw NoCredentials("the source is away");
        return {std::to_string(n), "secret", "token", now() + lifetime_.load()};
    }
};

TEST_F(RefreshingCredentialsTest, AreFetchedWhenFirstNeededAndKept) {
    auto credentials = provider();
    EXPECT_EQ(fetches_, 0);
    EXPECT_EQ(credentials.at_hand(), std::nullopt);
    EXPECT_EQ(credentials.get().access_key_id, "1");
    pass(44min);
    EXPECT_EQ(credentials.get().access_key_id, "1");
    EXPECT_EQ(credentials.at_hand()->access_key_id, "1");
    EXPECT_EQ(fetches_, 1);
}

TEST_F(RefreshingCredentialsTest, AreFetchedAgainFifteenMinutesAheadWhileTheOldOnesServe) {
    auto credentials = provider();
    credentials.get();
    std::promise<void> gate;
    gate_ = gate.get_future().share();
    pass(45min);
    EXPECT_EQ(credentials.get().access_key_id, "1");
    EXPECT_TRUE(fetches_reach(2));
    EXPECT_EQ(credentials.at_hand()->access_key_id, "1");
    gate.set_value();
    EXPECT_EQ(once_it_is(credentials, "2"), "2");
    EXPECT_EQ(fetches_, 2);
}

TEST_F(RefreshingCredentialsTest, OneFetchServesAllWhoWait) {
    auto credentials = provider();
    std::promise<void> gate;
    gate_ = gate.get_future().share();
    std::vector<std::future<std::string>> ids;
    for (int i = 0; i < 8; ++i) {
        ids.push_back(
            std::async(std::launch::async, [&] { return credentials.get().access_key_id; }));
    }
    EXPECT_TRUE(fetches_reach(1));
    gate.set_value();
    for (auto& id : ids) EXPECT_EQ(id.get(), "1");
    EXPECT_EQ(fetches_, 1);
}

TEST_F(RefreshingCredentialsTest, AFailedRefreshLeavesTheOldOnesUntilTheyExpire) {
    auto credentials = provider();
    credentials.get();
    fails_ = true;
    pass(50min);
    EXPECT_EQ(credentials.get().access_key_id, "1");
    EXPECT_TRUE(fetches_reach(2));
    EXPECT_EQ(credentials.get().access_key_id, "1");
    pass(10min);  // now they have expired
    EXPECT_THROW(credentials.get(), NoCredentials);
    EXPECT_THAT(log_, Contains("the source is away"));
    fails_ = false;
    pass(retry_pause);
    EXPECT_NE(credentials.get().access_key_id, "1");
}

TEST_F(RefreshingCredentialsTest, ExpiredOnesDontReplaceGoodOnes) {
    auto credentials = provider();
    credentials.get();
    lifetime_ = -1min;
    pass(50min);
    EXPECT_EQ(credentials.get().access_key_id, "1");
    EXPECT_TRUE(fetches_reach(2));
    EXPECT_EQ(credentials.get().access_key_id, "1");
}

TEST_F(RefreshingCredentialsTest, AFailureIsNotTriedAgainForEachWhoAsks) {
    auto credentials = provider();
    fails_ = true;
    for (int i = 0; i < 5; ++i) EXPECT_THROW(credentials.get(), NoCredentials);
    EXPECT_EQ(fetches_, 1);
    pass(retry_pause);
    EXPECT_THROW(credentials.get(), NoCredentials);
    EXPECT_EQ(fetches_, 2);
    pass(-1h);  // a clock that is set back doesn't make the pause longer
    EXPECT_THROW(credentials.get(), NoCredentials);
    EXPECT_EQ(fetches_, 3);
}

TEST_F(RefreshingCredentialsTest, RejectedOnesAreFetchedAgainAtOnce) {
    auto credentials = provider();
    const Credentials first = credentials.get();
    credentials.reject(first);
    EXPECT_EQ(credentials.at_hand(), std::nullopt);
    EXPECT_EQ(credentials.get().access_key_id, "2");
    credentials.reject(first);  // by a call that has not heard of the new ones
    EXPECT_EQ(credentials.get().access_key_id, "2");
}

TEST_F(RefreshingCredentialsTest, ThoseWithoutAnEndAreNotFetchedAgain) {
    RefreshingCredentials credentials(
        [this] {
            ++fetches_;
            return Credentials{"a", "b", "", std::nullopt};
        },
        [this] { return now(); }, {});
    credentials.get();
    pass(24h * 365);
    EXPECT_EQ(credentials.get().access_key_id, "a");
    EXPECT_EQ(fetches_, 1);
}

}  // namespace
