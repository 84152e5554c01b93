// What must hold is noticed when a store, a fold or a caller breaks it, before it does harm.
#include "es/invariant.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "es/memory_event_store.hpp"
#include "es/projection.hpp"
#include "es/shard_machine.hpp"
#include "es/test/account_test_domain.hpp"
#include "es/test/projection_fixture.hpp"
#include "es/testing/event_store_suite.hpp"

namespace {

using es::BrokenInvariant;

TEST(Invariant, SaysWhatMustHold) {
    EXPECT_NO_THROW(es::invariant(true, "one is one"));
    try {
        es::invariant(false, "one is two");
        FAIL();
    } catch (const BrokenInvariant& broken) {
        EXPECT_STREQ(broken.what(), "one is two");
    }
}

TEST(Invariant, AnAppendWithAGapOrOfAnotherStreamIsNotStored) {
    es::MemoryEventStore store;
    const auto two = es::testing::some_events("a", 0, 2);
    for (const es::Append& broken :
         {es::Append{"a", 0, {two[1]}}, es::Append{"a", 0, {two[0], two[0]}},
          es::Append{"b", 0, two}, es::Append{"a", 0, {}}}) {
        EXPECT_FALSE(es::is_whole(broken));
        EXPECT_EQ(es::append_one(store, broken).status, es::AppendStatus::not_stored);
    }
    EXPECT_TRUE(es::read_stream(store, "a").empty());
    EXPECT_EQ(es::append_one(store, {"a", 0, two}).status, es::AppendStatus::stored);
}

// Its checkpoint would pass an event that the view doesn't have.
class ForgetfulFold : public es::ProjectionTest {
protected:
    static void fold(std::optional<es::Balance>& document, const es::RecordedEvent& event,
                     es::Rows<es::BalanceView::Row>& rows) {
        const es::Version before = document ? document->version : 0;
        es::BalanceView::fold(document, event, rows);
        if (event.stream == "b") document->version = before;
        if (event.stream == "c") document.reset();
    }
};

TEST_F(ForgetfulFold, ParksItsStream) {
    for (const char* id : {"a", "b", "c"}) append(id, "Opened", "Ada");
    std::vector<es::RecordedEvent> all;
    for (const char* id : {"a", "b", "c"}) all.push_back(stream(id).front());
    es::Projection<es::BalanceView> forgetful(events, views, {}, fold);
    forgetful.apply(all, {{"p", "3"}});
    EXPECT_EQ(views.documents["a"].version, 1);
    for (const char* id : {"b", "c"}) {
        EXPECT_EQ(views.parked_entries[id].version, 1) << id;
        EXPECT_EQ(views.parked_entries[id].reason,
                  "a fold leaves a document of its event's version");
    }
}

// A store that reports an outcome twice would have a command answered that is decided no more.
TEST(Invariant, AnOutcomeThatComesTwiceIsNotTaken) {
    using Machine = es::ShardMachine<account::Account>;
    const auto now = std::chrono::steady_clock::now();
    es::ProcessorOptions options;
    es::ProcessorCounters counters;
    Machine machine(options, counters, [] { return true; });
    int answers = 0;
    machine.take({.stream = "a",
                  .command = account::Open{"Ada"},
                  .deadline = now + std::chrono::seconds(60)},
                 [&](const es::CommandResult&) { ++answers; });
    const auto load = machine.step(now);
    machine.read_done(load.readers.at(0), {});
    EXPECT_THROW(machine.read_done(load.readers.at(0), {}), BrokenInvariant);
    const auto work = machine.step(now);
    EXPECT_TRUE(es::is_whole(work.appends.at(0)));
    EXPECT_THROW(machine.read_done(work.appenders.at(0), {}), BrokenInvariant);
}

TEST(Invariant, AnAppendsOutcomeThatComesTwiceIsNotTaken) {
    using Machine = es::ShardMachine<account::Account>;
    const auto now = std::chrono::steady_clock::now();
    es::ProcessorOptions options;
    es::ProcessorCounters counters;
    Machine machine(options, counters, [] { return true; });
    std::vector<es::CommandStatus> answers;
    machine.take({.stream = "a",
                  .command = account::Open{"Ada"},
                  .deadline = now + std::chrono::seconds(60)},
                 [&](const es::CommandResult& result) { answers.push_back(result.status); });
    const auto load = machine.step(now);
    machine.read_done(load.readers.at(0), {});
    const auto work = machine.step(now);
    const es::AppendOutcome stored{es::AppendStatus::stored, 0, ""};
    machine.append_done(work.appenders.at(0), stored);
    EXPECT_THROW(machine.append_done(work.appenders.at(0), stored), BrokenInvariant);
    EXPECT_EQ(answers, std::vector{es::CommandStatus::recorded});
}

}  // namespace
