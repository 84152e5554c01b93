// The suite must bite: stores that are broken in one way each, and the promise that notices.
#include "es/testing/event_store_suite.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "stores/memory/memory_event_store.hpp"

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
    stores::MemoryEventStore& inner() { return inner_; }

private:
    stores::MemoryEventStore inner_;
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

template <class Store>
std::set<std::string> broken_promises() {
    std::set<std::string> broken;
    for (const Promise& promise : es::testing::event_store_promises()) {
        try {
            promise.check([] {
                auto store = std::make_unique<Store>();
                auto feed = std::make_unique<stores::MemoryEventFeed>(store->inner());
                return StoreUnderTest{std::move(store), std::move(feed)};
            });
        } catch (const std::exception&) {
            broken.insert(promise.name);
        }
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

}  // namespace
