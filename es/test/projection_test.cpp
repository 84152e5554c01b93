#include "es/projection.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <random>
#include <set>
#include <stdexcept>
#include <tuple>

#include "es/memory_event_store.hpp"
#include "es/projection_loop.hpp"
#include "es/test/account_test_domain.hpp"
#include "es/testing/event_store_suite.hpp"

namespace {

using namespace std::chrono_literals;

struct Balance {
    es::Version version = 0;
    int balance = 0;
};

struct BalanceView {
    using Document = Balance;
    struct Row {
        es::Version version = 0;
        int amount = 0;
    };
    static inline std::atomic<bool> knows_gifts{false};

    static void fold(std::optional<Balance>& document, const es::RecordedEvent& event,
                     es::Rows<Row>& rows) {
        int amount = 0;
        if (event.type == "Gift") {
            if (!knows_gifts) throw es::Corrupt("unknown event type 'Gift'");
            amount = 1000;
        } else if (const auto decoded = account::Account::codec().decode(event);
                   const auto* in = std::get_if<account::Deposited>(&decoded)) {
            amount = in->amount;
        }
        if (!document) document.emplace();
        document->version = event.version;
        document->balance += amount;
        if (amount != 0) rows.put({event.version, amount});
    }
};

// In memory, with faults.
class BalanceViews : public es::ViewStore<BalanceView> {
public:
    std::map<es::StreamId, Balance> load(const std::vector<es::StreamId>& ids) override {
        if (on_load) on_load();
        const std::lock_guard lock(mutex);
        std::map<es::StreamId, Balance> found;
        for (const auto& id : ids) {
            if (documents.contains(id)) found[id] = documents[id];
        }
        if (after_load) std::exchange(after_load, {})();
        return found;
    }
    std::vector<es::StreamId> save(const es::ViewSave<BalanceView>& save) override {
        const std::lock_guard lock(mutex);
        ++saves;
        if (failing_saves > 0) {
            --failing_saves;
            changed.notify_all();
            throw es::Unavailable("the views are away");
        }
        std::vector<es::StreamId> stale;
        for (const auto& change : save.changes) {
            if (documents[change.id].version != change.loaded) {
                stale.push_back(change.id);
                continue;
            }
            documents[change.id] = change.document;
            for (const auto& row : change.rows) ++rows[change.id + std::to_string(row.version)];
        }
        if (!stale.empty()) return stale;
        for (const auto& entry : save.parked) parked_entries[entry.stream] = entry;
        for (const auto& entry : save.unparked) parked_entries.erase(entry.stream);
        for (const auto& [partition, position] : save.checkpoints) {
            saved_checkpoints[partition] = position;
        }
        changed.notify_all();
        return {};
    }
    es::Checkpoints checkpoints() override {
        const std::lock_guard lock(mutex);
        return saved_checkpoints;
    }
    std::vector<es::Parked> parked() override {
        const std::lock_guard lock(mutex);
        std::vector<es::Parked> list;
        for (const auto& [id, entry] : parked_entries) list.push_back(entry);
        return list;
    }
    void wait_until(const std::function<bool()>& condition) {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(changed.wait_for(lock, 20s, condition));
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::map<es::StreamId, Balance> documents;
    std::map<std::string, int> rows;  // how often each was saved
    std::map<es::StreamId, es::Parked> parked_entries;
    es::Checkpoints saved_checkpoints;
    std::function<void()> on_load;
    std::function<void()> after_load;
    int failing_saves = 0;
    int saves = 0;
};

class ProjectionTest : public ::testing::Test {
protected:
    void SetUp() override { BalanceView::knows_gifts = false; }

    void append(const es::StreamId& stream, const std::string& type, const std::string& payload) {
        es::RecordedEvent event;
        event.stream = stream;
        event.version = ++versions_[stream];
        event.type = type;
        event.schema = type == "Deposited" ? 2 : 1;
        event.payload = payload;
        ASSERT_EQ(es::append_one(events, {stream, event.version - 1, {event}}).status,
                  es::AppendStatus::stored);
    }
    std::vector<es::RecordedEvent> stream(const es::StreamId& id) {
        return es::read_stream(events, id);
    }

    es::MemoryEventStore events;
    BalanceViews views;
    es::Projection<BalanceView> projection{events, views, {}};

private:
    std::map<es::StreamId, es::Version> versions_;
};

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

TEST_F(ProjectionTest, TheLoopBlocksAndRetriesUntilTheViewsAreBack) {
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

TEST_F(ProjectionTest, AStopDoesNotWaitForStoresThatAreAway) {
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

TEST_F(ProjectionTest, ALoopThatStandsByAppliesNothingAndIsInNoTrouble) {
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
