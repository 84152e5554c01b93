// How events become views.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <new>
#include <random>
#include <set>
#include <stdexcept>
#include <tuple>

#include "es/projection_loop.hpp"
#include "es/test/projection_fixture.hpp"
#include "es/testing/event_store_suite.hpp"

namespace {

using namespace std::chrono_literals;
using es::Balance;
using es::BalanceView;
using es::BalanceViews;
using es::ProjectionTest;

TEST_F(ProjectionTest, AppliesEachEventOnceHoweverOftenItComes) {
    append("a", "Opened", "Ada");
    append("a", "Deposited", "5");
    append("a", "Deposited", "6");
    const auto all = stream("a");
    projection.apply({all[0], all[1]}, {{"p", "2"}});
    projection.apply(all, {{"p", "3"}});
    projection.apply({all[1]}, {});
    projection.apply({all[0], all[1], all[0], all[2]}, {});
    EXPECT_EQ(views.documents["a"].balance, 11);
    EXPECT_EQ(views.documents["a"].version, 3);
    EXPECT_EQ(views.rows, (std::map<std::string, int>{{"a2", 1}, {"a3", 1}}));
    EXPECT_EQ(views.saved_checkpoints["p"], "3");
}

TEST_F(ProjectionTest, FillsAGapFromTheStore) {
    append("a", "Opened", "Ada");
    for (int i = 1; i <= 4; ++i) append("a", "Deposited", std::to_string(i));
    projection.apply({stream("a")[4]}, {{"p", "5"}});
    EXPECT_EQ(views.documents["a"].balance, 10);
    EXPECT_EQ(views.documents["a"].version, 5);
}

TEST_F(ProjectionTest, DoesNotPassAGapThatTheStoreCannotFill) {
    append("a", "Opened", "Ada");
    auto ahead = stream("a")[0];
    ahead.version = 3;
    EXPECT_THROW(projection.apply({ahead}, {{"p", "9"}}), es::Unavailable);
    EXPECT_TRUE(views.saved_checkpoints.empty());
}

TEST_F(ProjectionTest, FoldsAgainWhenADocumentChangedMeanwhile) {
    append("a", "Opened", "Ada");
    append("a", "Deposited", "5");
    views.after_load = [&] { views.documents["a"] = {1, 0}; };
    projection.apply(stream("a"), {{"p", "2"}});
    EXPECT_EQ(views.documents["a"].balance, 5);
    EXPECT_EQ(views.saved_checkpoints["p"], "2");
}

TEST_F(ProjectionTest, ParksAStreamAndGoesOnWithTheOthers) {
    append("a", "Opened", "Ada");
    append("a", "Gift", "?");
    append("a", "Deposited", "5");
    append("b", "Opened", "Bob");
    append("b", "Deposited", "7");
    auto batch = stream("a");
    for (const auto& event : stream("b")) batch.push_back(event);
    projection.apply(batch, {{"p", "5"}});
    EXPECT_EQ(views.documents["a"].version, 1);
    EXPECT_EQ(views.documents["b"].balance, 7);
    EXPECT_EQ(views.parked_entries["a"], (es::Parked{"a", 2, "unknown event type 'Gift'"}));
    EXPECT_EQ(views.saved_checkpoints["p"], "5");
    append("a", "Deposited", "6");
    projection.apply({stream("a")[3]}, {{"p", "6"}});
    EXPECT_EQ(views.documents["a"].version, 1);

    // A program that knows the type recovers it at its start.
    es::Projection<BalanceView> newer(events, views, {});
    newer.heal();
    EXPECT_EQ(views.parked_entries.size(), 1u);
    BalanceView::knows_gifts = true;
    newer.heal();
    EXPECT_TRUE(views.parked_entries.empty());
    EXPECT_EQ(views.documents["a"].balance, 1011);
    EXPECT_EQ(views.documents["a"].version, 4);
    newer.apply(stream("a"), {});
    EXPECT_EQ(views.documents["a"].balance, 1011);
}

// A fold that throws what it likes, after it has changed a part of the document.
class ThrowingFold : public ProjectionTest {
protected:
    ThrowingFold() {
        append("a", "Opened", "Ada");
        append("a", "Deposited", "5");
        append("a", "Deposited", "6");
        append("b", "Opened", "Bob");
        append("b", "Deposited", "7");
        fold = [this](std::optional<Balance>& document, const es::RecordedEvent& event,
                      es::Rows<BalanceView::Row>& rows) {
            if (thrown && event.payload == "6") {
                document->balance = -1;
                rows.put({event.version, -1});
                thrown();
            }
            BalanceView::fold(document, event, rows);
        };
    }
    std::vector<es::RecordedEvent> all() {
        auto batch = stream("a");
        for (const auto& event : stream("b")) batch.push_back(event);
        return batch;
    }

    std::function<void()> thrown;
    es::Projection<BalanceView>::Fold fold;
};

TEST_F(ThrowingFold, ParksItsStreamWhateverItThrows) {
    const std::vector<std::function<void()>> all_kinds{
        [] { std::ignore = std::stoi("no number"); },
        [] { throw es::Unavailable("a fold has no store"); },
        [] { throw 42; }};  // NOLINT(hicpp-exception-baseclass)
    for (const auto& kind : all_kinds) {
        BalanceViews fresh;
        es::Projection<BalanceView> throwing(events, fresh, {}, fold);
        thrown = kind;
        throwing.apply(all(), {{"p", "5"}});
        ASSERT_TRUE(fresh.parked_entries.contains("a"));
        EXPECT_EQ(fresh.parked_entries["a"].version, 3);
        EXPECT_EQ(fresh.documents["a"].version, 2);
        EXPECT_EQ(fresh.documents["a"].balance, 5) << "changed by an event that failed";
        EXPECT_FALSE(fresh.rows.contains("a3"));
        EXPECT_EQ(fresh.documents["b"].balance, 7);
        EXPECT_EQ(fresh.saved_checkpoints["p"], "5");
        thrown = nullptr;
        throwing.heal();
        EXPECT_TRUE(fresh.parked_entries.empty());
        EXPECT_EQ(fresh.documents["a"].balance, 11);
    }
}

TEST_F(ThrowingFold, ThatLacksMemoryParksNothingAndIsTriedAgain) {
    int times = 3;
    thrown = [&] {
        if (times-- > 0) throw std::bad_alloc();
    };
    es::Projection<BalanceView> throwing(events, views, {}, fold);
    EXPECT_THROW(throwing.apply(all(), {{"p", "5"}}), std::bad_alloc);
    es::MemoryEventFeed feed(events);
    es::ProjectionLoopOptions options;
    options.pause_first = 1ms;
    es::ProjectionLoop<BalanceView> loop(throwing, feed, views, options);
    views.wait_until([&] { return views.documents["a"].version == 3; });
    loop.stop();
    EXPECT_TRUE(views.parked_entries.empty());
}

// What the stores throw is no event's fault, whatever it is.
TEST_F(ThrowingFold, IsToldFromStoresThatThrow) {
    const std::vector<std::function<void()>> all_kinds{
        [] { throw es::Unavailable("away"); }, [] { throw std::runtime_error("a driver's"); },
        [] { throw 42; }};  // NOLINT(hicpp-exception-baseclass)
    for (const auto& kind : all_kinds) {
        BalanceViews fresh;
        es::Projection<BalanceView> own(events, fresh, {});
        std::atomic<int> times = 2;
        fresh.on_load = [&] {
            if (times-- > 0) kind();
        };
        es::MemoryEventFeed feed(events);
        es::ProjectionLoopOptions options;
        options.pause_first = 1ms;
        options.on_failure = [](const std::string&) { throw std::runtime_error("no log"); };
        es::ProjectionLoop<BalanceView> loop(own, feed, fresh, options);
        fresh.wait_until([&] { return fresh.documents["a"].version == 3; });
        loop.stop();
        EXPECT_TRUE(fresh.parked_entries.empty());
    }
}

// However batches are cut, repeated and reordered between streams, the view is the fold.
TEST_F(ProjectionTest, AnyDeliveryGivesTheSameViews) {
    std::mt19937 random(3);
    std::vector<es::RecordedEvent> all;
    for (int s = 0; s < 5; ++s) {
        const es::StreamId id = "s" + std::to_string(s);
        append(id, "Opened", "x");
        for (int i = 0; i < 40; ++i) append(id, "Deposited", std::to_string(i));
        for (const auto& event : stream(id)) all.push_back(event);
    }
    for (int round = 0; round < 200; ++round) {
        std::vector<es::RecordedEvent> batch;
        for (int i = 0; i < 10; ++i) batch.push_back(all[random() % all.size()]);
        projection.apply(batch, {});
    }
    projection.apply(all, {});
    for (const auto& [id, document] : views.documents) {
        EXPECT_EQ(document.version, 41);
        EXPECT_EQ(document.balance, 780);
    }
    for (const auto& [row, times] : views.rows) EXPECT_EQ(times, 1) << row;
}

}  // namespace
