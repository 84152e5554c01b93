// The suite must bite: stores that are broken in one way each, and the promise that notices.
#include "es/testing/event_store_suite.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "es/memory_event_store.hpp"

namespace {

using es::testing::Promise;
using es::testing::StoreUnderTest;

// Owns a working store; the broken ones below bend one call.
class Broken : public es::EventStore {
public:
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override {
        inner_.append(std::move(batch), std::move(on_outcome));
    }
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override {
        inner_.read(std::move(batch), std::move(on_stream));
    }
    [[nodiscard]] bool sole_writer() const override { return true; }
    es::MemoryEventStore& inner() { return inner_; }

private:
    es::MemoryEventStore inner_;
};

// Says "stored" and keeps the last of several events to itself.
class LosesAnEvent : public Broken {
public:
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override {
        for (auto& append : batch) {
            if (append.events.size() > 2) append.events.pop_back();
        }
        Broken::append(std::move(batch), std::move(on_outcome));
    }
};

class IgnoresTheExpectedVersion : public Broken {
public:
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override {
        for (auto& append : batch) {
            append.expected =
                static_cast<es::Version>(es::read_stream(inner(), append.stream).size());
            es::Version version = append.expected;
            for (auto& event : append.events) event.version = ++version;
        }
        Broken::append(std::move(batch), std::move(on_outcome));
    }
};

class ReordersEvents : public Broken {
public:
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override {
        for (auto& append : batch) std::reverse(append.events.begin(), append.events.end());
        Broken::append(std::move(batch), std::move(on_outcome));
    }
};

// Acknowledges twice.
class AnswersTwice : public Broken {
public:
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override {
        const std::size_t size = batch.size();
        Broken::append(std::move(batch), [&](std::size_t index, const es::AppendOutcome& outcome) {
            on_outcome(index, outcome);
            if (size > 1 && index == 0) on_outcome(index, outcome);
        });
    }
};

// --- Reading ---

// Bends what is read of one stream.
class ReadsOddly : public Broken {
public:
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            auto result = es::read_one(inner(), batch[i]);
            bend(batch[i], result);
            on_stream(i, std::move(result));
        }
    }
    virtual void bend(const es::ReadRequest& request, es::ReadResult& result) = 0;
};

class NeverSaysThatThereIsMore : public ReadsOddly {
    void bend(const es::ReadRequest&, es::ReadResult& result) override { result.more = false; }
};

class SkipsTheFirstOfLaterPages : public ReadsOddly {
    void bend(const es::ReadRequest& request, es::ReadResult& result) override {
        if (request.after > 0 && result.events.size() > 1) {
            result.events.erase(result.events.begin());
        }
    }
};

class GivesMoreThanAskedFor : public ReadsOddly {
    void bend(const es::ReadRequest& request, es::ReadResult& result) override {
        if (!result.more) return;
        result = es::read_one(inner(), {request.stream, request.after, request.limit + 1});
    }
};

// --- Content ---

class ChangesPayloads : public ReadsOddly {
public:
    using Change = std::string (*)(std::string);
    explicit ChangesPayloads(Change change) : change_(change) {}

    void bend(const es::ReadRequest&, es::ReadResult& result) override {
        for (auto& event : result.events) event.payload = change_(std::move(event.payload));
    }

private:
    Change change_;
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    if (const auto at = text.find(what); at != std::string::npos) text.replace(at, what.size(), by);
    return text;
}

struct CutsLongTexts : ChangesPayloads {
    CutsLongTexts()
        : ChangesPayloads([](std::string text) {
              return text.size() < 70'000 ? text : text.substr(0, 65'535) + "\"}";
          }) {}
};
struct EndsTextsAtANul : ChangesPayloads {
    EndsTextsAtANul()
        : ChangesPayloads([](std::string text) { return replaced(text, "\\u0000", ""); }) {}
};
struct RoundsNumbers : ChangesPayloads {
    RoundsNumbers()
        : ChangesPayloads([](std::string text) { return replaced(text, "0.1", "0.100001"); }) {}
};
struct DropsNulls : ChangesPayloads {
    DropsNulls()
        : ChangesPayloads([](std::string text) { return replaced(text, R"("null":null,)", ""); }) {}
};
struct ReordersLists : ChangesPayloads {
    ReordersLists()
        : ChangesPayloads([](std::string text) { return replaced(text, "[3, 1, 2]", "[1,2,3]"); }) {
    }
};
// As DynamoDB does.
struct WritesTheSameValuesInAnotherWay : ChangesPayloads {
    WritesTheSameValuesInAnotherWay()
        : ChangesPayloads([](std::string text) {
              text = replaced(text, R"("a": { "y": [3, 1, 2], "b": "" }, "m": false)",
                              R"("m":false,"a":{"b":"","y":[3,1,2]})");
              return replaced(replaced(text, "1.50", "1.5"), "100000", "1e5");
          }) {}
};

// --- Outcomes ---

class ConflictsWithoutAVersion : public Broken {
public:
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override {
        Broken::append(std::move(batch), [&](std::size_t index, es::AppendOutcome outcome) {
            outcome.current = 0;
            on_outcome(index, std::move(outcome));
        });
    }
};

// --- Feeds ---

using es::MemoryEventFeed;

class ForgetsItsCheckpoint : public es::MemoryEventFeed {
public:
    using MemoryEventFeed::MemoryEventFeed;
    es::FeedBatch poll(const es::Checkpoints&, std::size_t,
                       std::chrono::milliseconds wait) override {
        return MemoryEventFeed::poll({}, 1'000'000, wait);
    }
};

class SkipsAnEventBehindItsCheckpoint : public es::MemoryEventFeed {
public:
    using MemoryEventFeed::MemoryEventFeed;
    es::FeedBatch poll(const es::Checkpoints& after, std::size_t limit,
                       std::chrono::milliseconds wait) override {
        auto batch = MemoryEventFeed::poll(after, limit, wait);
        // Another one comes twice: as many as there should be.
        if (!after.empty() && batch.events.size() > 1) batch.events[0] = batch.events[1];
        return batch;
    }
};

class ReversesItsBatches : public es::MemoryEventFeed {
public:
    using MemoryEventFeed::MemoryEventFeed;
    es::FeedBatch poll(const es::Checkpoints& after, std::size_t limit,
                       std::chrono::milliseconds wait) override {
        auto batch = MemoryEventFeed::poll(after, limit, wait);
        std::reverse(batch.events.begin(), batch.events.end());
        return batch;
    }
};

class CantBeWoken : public es::MemoryEventFeed {
public:
    using MemoryEventFeed::MemoryEventFeed;
    void wake() override {}
};

// Looks for events when its time is over, and not before.
class SleepsThroughWhatComes : public es::MemoryEventFeed {
public:
    using MemoryEventFeed::MemoryEventFeed;
    es::FeedBatch poll(const es::Checkpoints& after, std::size_t limit,
                       std::chrono::milliseconds wait) override {
        std::unique_lock lock(mutex_);
        woken_.wait_for(lock, wait, [this] { return std::exchange(is_woken_, false); });
        return MemoryEventFeed::poll(after, limit, std::chrono::milliseconds(0));
    }
    void wake() override {
        const std::lock_guard lock(mutex_);
        is_woken_ = true;
        woken_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable woken_;
    bool is_woken_ = false;
};

template <class Store, class Feed>
StoreUnderTest make_store() {
    auto store = std::make_unique<Store>();
    auto feed = std::make_unique<Feed>(store->inner());
    return StoreUnderTest{std::move(store), std::move(feed)};
}

template <class Store, class Feed = es::MemoryEventFeed>
bool keeps(const Promise& promise) {
    try {
        promise.check(make_store<Store, Feed>);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

template <class Store, class Feed = es::MemoryEventFeed>
bool keeps(const std::string& name) {
    for (const Promise& promise : es::testing::event_store_promises()) {
        if (promise.name == name) return keeps<Store, Feed>(promise);
    }
    throw std::logic_error("there is no promise " + name);
}

template <class Store>
std::set<std::string> broken_promises() {
    std::set<std::string> broken;
    for (const Promise& promise : es::testing::event_store_promises()) {
        if (!keeps<Store>(promise)) broken.insert(promise.name);
    }
    return broken;
}

TEST(EventStoreSuite, FindsNothingWrongWithAWorkingStore) {
    EXPECT_TRUE(broken_promises<Broken>().empty());
}

TEST(EventStoreSuite, NoticesALostEvent) {
    EXPECT_TRUE(broken_promises<LosesAnEvent>().contains("EventsComeBackAsTheyWereAppended"));
}

TEST(EventStoreSuite, NoticesAnIgnoredVersion) {
    const auto broken = broken_promises<IgnoresTheExpectedVersion>();
    EXPECT_TRUE(broken.contains("OnlyTheExpectedVersionAppends"));
    EXPECT_TRUE(broken.contains("ConcurrentWritersHaveOneWinnerAVersion"));
}

TEST(EventStoreSuite, NoticesReorderedEvents) {
    EXPECT_TRUE(broken_promises<ReordersEvents>().contains("EventsComeBackAsTheyWereAppended"));
}

TEST(EventStoreSuite, NoticesASecondAnswer) {
    EXPECT_TRUE(broken_promises<AnswersTwice>().contains("OutcomesInOneBatchAreIndependent"));
}

TEST(EventStoreSuite, NoticesPagesThatDontAddUp) {
    const std::string promise = "PagesAddUpToTheStream";
    EXPECT_FALSE(keeps<NeverSaysThatThereIsMore>(promise));
    EXPECT_FALSE(keeps<SkipsTheFirstOfLaterPages>(promise));
    EXPECT_FALSE(keeps<GivesMoreThanAskedFor>(promise));
}

TEST(EventStoreSuite, NoticesChangedContent) {
    const std::string promise = "PayloadsComeBackAsTheSameJsonValues";
    EXPECT_FALSE(keeps<CutsLongTexts>(promise));
    EXPECT_FALSE(keeps<EndsTextsAtANul>(promise));
    EXPECT_FALSE(keeps<RoundsNumbers>(promise));
    EXPECT_FALSE(keeps<DropsNulls>(promise));
    EXPECT_FALSE(keeps<ReordersLists>(promise));
    EXPECT_TRUE(keeps<WritesTheSameValuesInAnotherWay>(promise));
}

TEST(EventStoreSuite, NoticesAConflictWithoutItsVersion) {
    EXPECT_FALSE(keeps<ConflictsWithoutAVersion>("AConflictCarriesTheCurrentVersion"));
}

TEST(EventStoreSuite, NoticesAFeedThatDoesNotResume) {
    const std::string promise = "TheFeedResumesAtItsCheckpoint";
    EXPECT_FALSE((keeps<Broken, ForgetsItsCheckpoint>(promise)));
    EXPECT_FALSE((keeps<Broken, SkipsAnEventBehindItsCheckpoint>(promise)));
}

TEST(EventStoreSuite, NoticesAFeedOutOfOrder) {
    EXPECT_FALSE((keeps<Broken, ReversesItsBatches>("TheFeedKeepsEachStreamsOrder")));
}

TEST(EventStoreSuite, NoticesAFeedThatCantBeWoken) {
    EXPECT_FALSE((keeps<Broken, CantBeWoken>("TheFeedWaitsAndCanBeWoken")));
}

TEST(EventStoreSuite, NoticesAFeedThatSleepsThroughWhatComes) {
    EXPECT_FALSE((keeps<Broken, SleepsThroughWhatComes>("TheFeedWaitsAndCanBeWoken")));
}

}  // namespace
