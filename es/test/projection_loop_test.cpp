// The loop that keeps views up to date: failures, standing by, and a feed that has forgotten
// events.
#include "es/projection_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>

#include "es/test/projection_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using es::BalanceView;
using es::BalanceViews;
using es::ProjectionTest;
using ProjectionLoopTest = es::ProjectionTest;

TEST_F(ProjectionLoopTest, TheLoopBlocksAndRetriesUntilTheViewsAreBack) {
    append("a", "Opened", "Ada");
    views.failing_saves = 3;
    es::MemoryEventFeed feed(events);
    std::atomic<int> failures{0};
    std::atomic<int> recoveries{0};
    es::ProjectionLoopOptions options;
    options.pause_first = 1ms;
    options.on_failure = [&](const std::string&) { ++failures; };
    options.on_recovered = [&] { ++recoveries; };
    es::ProjectionLoop<BalanceView> loop(projection, feed, views, options);
    views.wait_until([&] { return !views.saved_checkpoints.empty(); });
    append("a", "Deposited", "5");
    views.wait_until([&] { return views.documents["a"].version == 2; });
    loop.stop();
    EXPECT_EQ(failures, 1);  // told once, not once a try
    EXPECT_EQ(recoveries, 1);
    EXPECT_EQ(loop.events_applied(), 2u);
}

TEST_F(ProjectionLoopTest, AStopDoesNotWaitForStoresThatAreAway) {
    append("a", "Opened", "Ada");
    views.failing_saves = 1'000'000;
    es::MemoryEventFeed feed(events);
    es::ProjectionLoopOptions options;
    options.pause_first = 1h;
    options.pause_max = 1h;
    es::ProjectionLoop<BalanceView> loop(projection, feed, views, options);
    views.wait_until([&] { return views.failing_saves < 1'000'000; });
    loop.stop();
    EXPECT_TRUE(views.saved_checkpoints.empty());
}

// Another process is the active projector until the test says otherwise.
class StandbyViews : public BalanceViews {
public:
    es::Upkeep upkeep(const std::function<bool()>&) override {
        ++looks;
        if (away) throw es::Unavailable("the views are away");
        es::Upkeep upkeep;
        if (standing_by) upkeep.next = es::Upkeep::Next::stand_by;
        return upkeep;
    }

    std::atomic<bool> standing_by = true;
    std::atomic<bool> away = true;
    std::atomic<int> looks = 0;
};

TEST_F(ProjectionLoopTest, ALoopThatStandsByAppliesNothingAndIsInNoTrouble) {
    append("a", "Opened", "Ada");
    StandbyViews standby;
    es::Projection<BalanceView> own(events, standby, {});
    es::MemoryEventFeed feed(events);
    es::ProjectionLoopOptions options;
    options.standby_pause = options.pause_first = options.pause_max = 1ms;
    std::atomic<int> failures = 0;
    std::atomic<int> recoveries = 0;
    options.on_failure = [&](const std::string&) { ++failures; };
    options.on_recovered = [&] { ++recoveries; };
    es::ProjectionLoop<BalanceView> loop(own, feed, standby, options);
    const auto wait_for = [](const auto& condition) {
        const auto until = std::chrono::steady_clock::now() + 10s;
        while (!condition() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
        EXPECT_TRUE(condition());
    };
    wait_for([&] { return failures == 1; });
    standby.away = false;
    wait_for([&] { return recoveries == 1; });
    const int looks = standby.looks;
    wait_for([&] { return standby.looks > looks + 3; });
    EXPECT_EQ(loop.events_applied(), 0U);
    standby.standing_by = false;
    standby.wait_until([&] { return standby.documents["a"].version == 1; });
    loop.stop();
    EXPECT_EQ(failures, 1);
}

// A feed with a retention, as DynamoDB Streams: it keeps only what comes after `horizon`. Its
// checkpoint is a memory feed's.
class RetainingFeed : public es::MemoryEventFeed {
public:
    using MemoryEventFeed::MemoryEventFeed;

    es::FeedBatch poll(const es::Checkpoints& after, std::size_t limit,
                       std::chrono::milliseconds wait) override {
        const auto found = after.find("memory");
        if (found == after.end() || std::stoi(found->second) < horizon) {
            throw es::Trimmed("what comes next was trimmed");
        }
        return MemoryEventFeed::poll(after, limit, wait);
    }
    es::Checkpoints current_position() override { return {{"memory", std::to_string(horizon)}}; }

    std::atomic<int> horizon = 0;
};

class ForgottenEvents : public ProjectionTest {
protected:
    ForgottenEvents() {
        options.pause_first = 1ms;
        options.pause_max = 1ms;
        options.rebuild_all = [this](const std::string& why, const std::function<bool()>&) {
            EXPECT_EQ(why, "what comes next was trimmed");
            ++rebuilds;
            if (failing_rebuilds > 0) {
                --failing_rebuilds;
                throw es::Unavailable("the store is away");
            }
            es::Projection<BalanceView>(events, views, {}).heal("a");
        };
    }

    std::atomic<int> rebuilds = 0;
    int failing_rebuilds = 0;
    RetainingFeed feed{events};
    es::ProjectionLoopOptions options;
};

TEST_F(ForgottenEvents, AreMadeGoodByARebuildBeforeTheFeedGoesOn) {
    append("a", "Opened", "Ada");
    append("a", "Deposited", "5");
    feed.horizon = 2;
    es::ProjectionLoop<BalanceView> loop(projection, feed, views, options);
    views.wait_until([&] { return views.documents["a"].version == 2; });
    append("a", "Deposited", "6");
    views.wait_until([&] { return views.documents["a"].version == 3; });
    loop.stop();
    EXPECT_EQ(rebuilds, 1);
    EXPECT_EQ(views.documents["a"].balance, 11);
    EXPECT_EQ(loop.events_applied(), 1u);
}

TEST_F(ForgottenEvents, LeaveNoCheckpointBeforeTheRebuildIsDone) {
    append("a", "Opened", "Ada");
    feed.horizon = 1;
    failing_rebuilds = 3;
    bool early = false;
    const auto rebuild = options.rebuild_all;
    options.rebuild_all = [&](const std::string& why, const std::function<bool()>& stop) {
        early = early || !views.checkpoints().empty();
        rebuild(why, stop);
    };
    es::ProjectionLoop<BalanceView> loop(projection, feed, views, options);
    views.wait_until([&] { return !views.saved_checkpoints.empty(); });
    loop.stop();
    EXPECT_EQ(rebuilds, 4);
    EXPECT_FALSE(early);
}

TEST_F(ForgottenEvents, AreNotPassedByWhenTheRebuildIsStopped) {
    append("a", "Opened", "Ada");
    append("a", "Deposited", "5");
    views.saved_checkpoints = {{"memory", "1"}};
    feed.horizon = 2;
    append("b", "Opened", "Bob");  // what the feed still has
    std::atomic<bool> began = false;
    options.rebuild_all = [&](const std::string&, const std::function<bool()>& stop) {
        began = true;
        began.notify_all();
        while (!stop()) std::this_thread::yield();
        feed.horizon = 0;  // as a feed that can be polled all the same
    };
    es::ProjectionLoop<BalanceView> loop(projection, feed, views, options);
    began.wait(false);
    loop.stop();
    EXPECT_EQ(views.saved_checkpoints, (es::Checkpoints{{"memory", "1"}}));
    EXPECT_EQ(loop.events_applied(), 0u);
}

TEST_F(ForgottenEvents, ThatGoWhileItRunsAreNoticed) {
    append("a", "Opened", "Ada");
    es::ProjectionLoop<BalanceView> loop(projection, feed, views, options);
    views.wait_until([&] { return views.saved_checkpoints == es::Checkpoints{{"memory", "1"}}; });
    feed.horizon = 3;
    append("a", "Deposited", "5");
    append("a", "Deposited", "6");
    views.wait_until([&] { return views.documents["a"].version == 3; });
    loop.stop();
    EXPECT_EQ(views.documents["a"].balance, 11);
    EXPECT_EQ(rebuilds, 2);  // at its start, without a checkpoint, and when events were gone
}

}  // namespace
