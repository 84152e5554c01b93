#include "es/subscription.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include "es/command_processor.hpp"
#include "es/errors.hpp"
#include "es/load.hpp"
#include "es/memory_event_store.hpp"
#include "es/test/account_test_domain.hpp"
#include "es/testing/temp_folder.hpp"

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class SubscriptionTest : public ::testing::Test {
protected:
    void store_event(const std::string& stream, es::Version version) {
        es::RecordedEvent event;
        event.stream = stream;
        event.version = version;
        event.type = "Deposited";
        ASSERT_EQ(es::append_one(store, {stream, version - 1, {event}}).status,
                  es::AppendStatus::stored);
    }
    es::Subscription::OnEvent note() {
        return [this](const es::RecordedEvent& event) {
            seen.push_back(event.stream + std::to_string(event.version));
        };
    }
    [[nodiscard]] std::filesystem::path file() const { return folder.path() / "place"; }

    const es::testing::TempFolder folder;
    es::MemoryEventStore store;
    es::MemoryEventFeed feed{store};
    std::vector<std::string> seen;  // by the subscription's thread, until it is stopped
};

TEST_F(SubscriptionTest, SeesWhatWasStoredAndWhatComes) {
    store_event("a", 1);
    es::NoCheckpoints none;
    es::Subscription subscription(feed, none, note());
    EXPECT_TRUE(subscription.catch_up(10s));
    store_event("b", 1);
    store_event("a", 2);
    EXPECT_TRUE(subscription.catch_up(10s));
    subscription.stop();
    EXPECT_THAT(seen, ElementsAre("a1", "b1", "a2"));
}

TEST_F(SubscriptionTest, ContinuesWhereItWas) {
    store_event("a", 1);
    for (es::Version next = 2; next < 4; ++next) {
        es::CheckpointFile place(file());
        es::Subscription subscription(feed, place, note());
        EXPECT_TRUE(subscription.catch_up(10s));
        subscription.stop();
        store_event("a", next);
    }
    EXPECT_THAT(seen, ElementsAre("a1", "a2"));
}

// Also of what its function throws: no event is passed over.
TEST_F(SubscriptionTest, TriesAgainWhatFailed) {
    for (es::Version version = 1; version < 4; ++version) store_event("a", version);
    std::atomic<int> failures = 0;
    es::SubscriptionOptions options;
    options.pause_first = 1ms;
    options.on_failure = [&](const std::string& why) {
        EXPECT_EQ(why, "no");
        ++failures;
        throw std::runtime_error("nor does the log work");
    };
    es::NoCheckpoints none;
    es::Subscription subscription(
        feed, none,
        [&](const es::RecordedEvent& event) {
            if (event.version == 2 && failures < 3) throw std::runtime_error("no");
            note()(event);
        },
        options);
    EXPECT_TRUE(subscription.catch_up(10s));
    subscription.stop();
    EXPECT_EQ(failures, 3);
    EXPECT_THAT(seen, ElementsAre("a1", "a2", "a3"));
}

TEST_F(SubscriptionTest, ThatFailsStopsAllTheSame) {
    store_event("a", 1);
    std::promise<std::string> told;
    std::atomic<bool> first = true;
    es::SubscriptionOptions options;
    options.pause_first = 1h;
    options.on_failure = [&](const std::string& why) {
        if (first.exchange(false)) told.set_value(why);
    };
    std::ofstream(file()) << "something else\n";
    es::CheckpointFile place(file());
    es::Subscription subscription(feed, place, note(), options);
    EXPECT_THAT(told.get_future().get(), HasSubstr("holds no checkpoints"));
    EXPECT_FALSE(subscription.catch_up(1ms));
    subscription.stop();
    EXPECT_THAT(seen, ElementsAre());
}

TEST_F(SubscriptionTest, AFileThatCannotBeWrittenIsAFailure) {
    es::CheckpointFile place(folder.path() / "nowhere" / "place");
    EXPECT_THROW(place.save({{"p", "1"}}), es::Unavailable);
    EXPECT_EQ(place.load(), es::Checkpoints());
    es::CheckpointFile good(file());
    const es::Checkpoints checkpoints{{"p", "1"}, {"q", "a b"}};
    good.save(checkpoints);
    EXPECT_EQ(good.load(), checkpoints);
}

TEST_F(SubscriptionTest, AStreamIsLoadedAsAnAggregate) {
    EXPECT_FALSE(es::load<account::Account>(store, "ada"));
    {
        es::CommandProcessor<account::Account> accounts(store);
        es::AskOptions options;
        options.key = "k";
        EXPECT_THROW(accounts.ask("ada", account::Open{"Ada"}, options), std::invalid_argument);
        options.digest = "d";
        EXPECT_EQ(accounts.ask("ada", account::Open{"Ada"}, options).status,
                  es::CommandStatus::recorded);
        EXPECT_EQ(accounts.ask("ada", account::Open{"Ada"}, options).status,
                  es::CommandStatus::replayed);
        auto later = accounts.send("ada", account::Deposit{5});
        EXPECT_TRUE(later.get().succeeded());
    }
    const auto ada = es::load<account::Account>(store, "ada");
    ASSERT_TRUE(ada);
    EXPECT_EQ(ada->version(), 2);
    EXPECT_EQ(ada->state().balance, 5);
}

}  // namespace
