// How commands are decided, stored and answered.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "es/errors.hpp"
#include "es/test/processor_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using account::Account;
using account::Deposit;
using account::Open;
using account::Withdraw;
using es::AppendStatus;
using es::CommandResult;
using es::CommandStatus;
using Processor = es::ProcessorTest;

TEST_F(Processor, RecordsAndAnswersWithTheVersion) {
    EXPECT_EQ(ask(make(Deposit{5})).status, CommandStatus::not_found);
    const auto opened = ask(make(Open{"Ada"}));
    EXPECT_EQ(opened.status, CommandStatus::recorded);
    EXPECT_EQ(opened.version, 1);
    const auto deposited = ask(make(Deposit{5, 3}));
    EXPECT_EQ(deposited.version, 4);
    EXPECT_EQ(ask(make(Open{"Ada"})).status, CommandStatus::already_exists);
    EXPECT_EQ(ask(make(Withdraw{16})).refusal->rule, "insufficient-funds");
    EXPECT_EQ(ask(make(Deposit{0})).status, CommandStatus::unchanged);
    expect_versions(4);
}

TEST_F(Processor, KeepsWhatItsCallersAddToTheirEvents) {
    const es::ExtraMetadata extra{{"correlationId", "c1"}, {"causationId", "m7"}};
    ask(make(Open{"Ada"}));
    es::AskOptions said;
    said.extra = extra;
    EXPECT_EQ(processor().ask("a", Deposit{5, 2}, said).version, 3);
    const auto events = es::read_stream(store.inner, "a");
    EXPECT_EQ(events[0].metadata.extra, es::ExtraMetadata{});
    EXPECT_EQ(events[1].metadata.extra, extra);
    EXPECT_EQ(events[2].metadata.extra, extra);
    for (const es::ExtraMetadata& wrong :
         std::vector<es::ExtraMetadata>{{{"", "x"}},
                                        {{"1a", "x"}},
                                        {{"a b", "x"}},
                                        {{std::string(41, 'a'), "x"}},
                                        {{"a", ""}},
                                        {{"a", "x\n"}},
                                        {{"a", "\xff"}},
                                        {{"a", std::string(1'001, 'x')}}}) {
        said.extra = wrong;
        EXPECT_THROW(processor().ask("a", Deposit{5}, said), std::invalid_argument)
            << wrong.begin()->first;
    }
}

TEST_F(Processor, FindsItsStateAgainAfterARestart) {
    ask(make(Open{"Ada"}));
    ask(make(Deposit{5}));
    restart();
    EXPECT_EQ(ask(make(Withdraw{6})).status, CommandStatus::refused);
    EXPECT_EQ(ask(make(Withdraw{5})).version, 3);
}

TEST_F(Processor, ReadsLongStreamsPageByPage) {
    ask(make(Open{"Ada"}));
    for (int i = 0; i < 30; ++i) ask(make(Deposit{1, 99}));
    restart();
    EXPECT_EQ(ask(make(Withdraw{30 * 99})).status, CommandStatus::recorded);
    EXPECT_GE(store.reads_, 3u);
}

TEST_F(Processor, AppliesACommandToItsExpectedVersionOnly) {
    ask(make(Open{"Ada"}));
    auto request = make(Deposit{1});
    request.expected_version = 2;
    const auto stale = ask(request);
    EXPECT_EQ(stale.status, CommandStatus::stale_version);
    EXPECT_EQ(stale.version, 1);
    request.expected_version = 1;
    EXPECT_EQ(ask(request).status, CommandStatus::recorded);
    auto conditional = make(Deposit{1});
    conditional.if_match = std::vector<es::Version>{1, 7};
    EXPECT_EQ(ask(conditional).status, CommandStatus::precondition_failed);
    conditional.if_match = std::vector<es::Version>{2, 7};
    EXPECT_EQ(ask(conditional).status, CommandStatus::recorded);
    conditional.if_match = std::vector<es::Version>{};
    EXPECT_EQ(ask(conditional).status, CommandStatus::precondition_failed);
}

TEST_F(Processor, AnswersARepeatAsTheFirstTime) {
    EXPECT_EQ(ask(make(Open{"Ada"}, "k0", "d0")).status, CommandStatus::recorded);
    EXPECT_EQ(ask(make(Deposit{5, 2}, "k1", "d1")).version, 3);
    ask(make(Deposit{1}));
    for (int round = 0; round < 2; ++round) {
        auto again = make(Deposit{5, 2}, "k1", "d1");
        again.expected_version =
            1;  // the version moved on; a repeat is found before that is judged
        const auto result = ask(again);
        EXPECT_EQ(result.status, CommandStatus::replayed);
        EXPECT_EQ(result.version, 3);
        EXPECT_EQ(ask(make(Open{"Ada"}, "k0", "d0")).version, 1);
        EXPECT_EQ(ask(make(Deposit{6}, "k1", "other")).status, CommandStatus::key_reused);
        restart();
    }
    expect_versions(4);
}

TEST_F(Processor, RecordsOneOfManyParallelRepeats) {
    ask(make(Open{"Ada"}));
    std::vector<std::future<CommandResult>> results;
    for (int i = 0; i < 50; ++i) results.push_back(send(make(Deposit{5}, "k", "d")));
    int recorded = 0;
    for (auto& future : results) {
        const auto result = future.get();
        EXPECT_EQ(result.version, 2);
        recorded += result.status == CommandStatus::recorded;
    }
    EXPECT_EQ(recorded, 1);
    expect_versions(2);
}

TEST_F(Processor, RemembersKeysForTheWindowAndTheCreationsAlways) {
    ask(make(Open{"Ada"}, "first", "d"));
    ask(make(Deposit{1}, "old", "d"));
    for (int i = 0; i < 102; ++i) ask(make(Deposit{1, 99}));
    ask(make(Deposit{1}));  // version 10,101: "old" (2) has left the window
    EXPECT_EQ(ask(make(Open{"Ada"}, "first", "d")).status, CommandStatus::replayed);
    EXPECT_EQ(ask(make(Deposit{1}, "old", "d")).status, CommandStatus::recorded);
    restart();
    EXPECT_EQ(ask(make(Open{"Ada"}, "first", "d")).status, CommandStatus::replayed);
    EXPECT_EQ(ask(make(Deposit{1}, "old", "d")).status, CommandStatus::replayed);
}

TEST_F(Processor, WritesManyCommandsOfOneStreamAtOnce) {
    ask(make(Open{"Ada"}));
    store.hold_appends = true;
    auto first = send(make(Deposit{1}));
    wait_until([&] { return store.held_count == 1; });
    std::vector<std::future<CommandResult>> rest;
    for (int i = 0; i < 50; ++i) rest.push_back(send(make(Deposit{1})));
    store.hold_appends = false;
    store.release();
    std::set<es::Version> versions;
    for (auto& future : rest) versions.insert(future.get().version);
    EXPECT_EQ(versions.size(), 50u);
    EXPECT_LE(store.appends_, 4u);  // the creation, the first, and the rest in one (or two)
    expect_versions(52);
}

TEST_F(Processor, KeepsAnAppendWithinItsBytes) {
    ask(make(Open{"Ada"}));
    store.hold_appends = true;
    auto first = send(make(Deposit{1}));
    wait_until([&] { return store.held_count == 1; });
    std::vector<std::future<CommandResult>> rest;
    const std::string large(es::append_bytes_max / 3, 'd');
    for (int i = 0; i < 9; ++i) {
        rest.push_back(send(make(Deposit{1}, "key-" + std::to_string(i), large)));
    }
    store.hold_appends = false;
    store.release();
    for (auto& future : rest) EXPECT_EQ(future.get().status, CommandStatus::recorded);
    EXPECT_GE(store.appends_, 5u);  // the creation, the first, and the rest three at a time
    expect_versions(11);
}

TEST_F(Processor, RefusalsWaitForTheEventsTheyWereDecidedOn) {
    ask(make(Open{"Ada"}));
    store.hold_appends = true;
    auto first =
        send(make(Deposit{1}));  // keeps the stream busy, so that the next two share a round
    wait_until([&] { return store.held_count == 1; });
    auto deposit = send(make(Deposit{10}));
    auto refused = send(make(Withdraw{50}));
    store.release();
    EXPECT_EQ(first.get().status, CommandStatus::recorded);
    wait_until([&] { return store.held_count == 1; });  // the deposit; the refusal is decided
    // Other streams' commands come and go meanwhile.
    auto other = make(Deposit{1});
    other.stream = "nobody";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(other).status, CommandStatus::not_found);
    EXPECT_EQ(deposit.wait_for(0s), std::future_status::timeout);
    EXPECT_EQ(refused.wait_for(0s), std::future_status::timeout) << "it rests on the deposit";
    store.hold_appends = false;
    store.release();
    EXPECT_EQ(deposit.get().version, 3);
    const auto result = refused.get();
    EXPECT_EQ(result.status, CommandStatus::refused);
    EXPECT_EQ(result.version, 3) << "it was not decided on the deposit";
    expect_versions(3);
}

// Invariant: an answer that appends nothing isn't released before the pending events it was decided
// on are stored; if those fail, it is decided again (here: to another answer).
TEST_F(Processor, DecidesAgainWhatRestedOnEventsThatWereNotStored) {
    ask(make(Open{"Ada"}));
    store.hold_appends = true;
    auto first = send(make(Deposit{1}));
    wait_until([&] { return store.held_count == 1; });
    auto deposit = send(make(Deposit{10}, "key", "digest"));
    auto stale = make(Deposit{3});
    stale.expected_version = 2;  // 3 while the deposit is pending: stale; after its failure: right
    auto dependent = send(stale);
    auto repeat = send(make(Deposit{10}, "key", "digest"));
    store.hold_appends = false;
    store.fail_appends = 1;
    store.release();
    EXPECT_EQ(first.get().version, 2);
    EXPECT_EQ(deposit.get().status, CommandStatus::store_unavailable);
    EXPECT_EQ(dependent.get().status, CommandStatus::recorded);
    const auto repeated = repeat.get();
    EXPECT_EQ(repeated.status, CommandStatus::recorded);
    EXPECT_EQ(repeated.version, 4);
    expect_versions(4);
}

TEST_F(Processor, SaysWhenTheOutcomeIsUnknownAndLooksAgain) {
    ask(make(Open{"Ada"}));
    store.failure = {AppendStatus::unknown, 0, "commit failed"};
    store.fail_appends = 1;
    EXPECT_EQ(ask(make(Deposit{10})).status, CommandStatus::outcome_unknown);
    EXPECT_EQ(ask(make(Deposit{10})).version, 2);
}

TEST_F(Processor, DecidesAgainAfterAnotherWritersEvent) {
    store.sole = false;
    ask(make(Open{"Ada"}));
    store.before_append = [&] {
        es::RecordedEvent other;
        other.stream = "a";
        other.version = 2;
        other.type = "Deposited";
        other.schema = 2;
        other.payload = "7";
        other.metadata.idempotency_key = "k";
        other.metadata.digest = "d";
        es::append_one(store.inner, {"a", 1, {other}});
    };
    // The other instance recorded this very command: its repeat must be found.
    const auto result = ask(make(Deposit{7}, "k", "d"));
    EXPECT_EQ(result.status, CommandStatus::replayed);
    EXPECT_EQ(result.version, 2);
    expect_versions(2);
}

TEST_F(Processor, AnswersThatAppendNothingAreProvedWhenOthersMayWrite) {
    store.sole = false;
    ask(make(Open{"Ada"}));
    es::RecordedEvent other;
    other.stream = "a";
    other.version = 2;
    other.type = "Deposited";
    other.schema = 2;
    other.payload = "100";
    es::append_one(store.inner, {"a", 1, {other}});
    // By the cache there is no money.
    EXPECT_EQ(ask(make(Withdraw{60})).status, CommandStatus::recorded);
    const auto stale = [&] {
        auto request = make(Deposit{1});
        request.expected_version = 1;
        return ask(request);
    }();
    EXPECT_EQ(stale.status, CommandStatus::stale_version);
    EXPECT_EQ(stale.version, 3);
}

// Commands that arrive while the proof is read must not take it from those before them.
TEST_F(Processor, AProofHoldsForThoseWhoCameBeforeIt) {
    store.sole = false;
    ask(make(Open{"Ada"}));
    store.hold_reads = true;
    auto first = send(make(Withdraw{1}));
    wait_until([&] { return store.held_reads == 1; });
    auto second = send(make(Withdraw{1}));
    store.release_reads(1);
    EXPECT_EQ(first.get().status, CommandStatus::refused);
    wait_until([&] { return store.held_reads == 1; });  // the second's own proof
    store.hold_reads = false;
    store.release_reads(1);
    EXPECT_EQ(second.get().status, CommandStatus::refused);
}

// Also an unknown outcome, and a conflict, send those that rested on the events back.
TEST_F(Processor, DecidesDependentsAgainAfterAnUnknownOutcomeAndAConflict) {
    ask(make(Open{"Ada"}));
    for (const auto status : {AppendStatus::unknown, AppendStatus::conflict}) {
        store.hold_appends = true;
        auto first = send(make(Deposit{1}));
        wait_until([&] { return store.held_count == 1; });
        const auto version = static_cast<es::Version>(es::read_stream(store.inner, "a").size()) + 1;
        auto deposit = send(make(Deposit{10}));
        auto stale = make(Deposit{3});
        // Right once the first deposit is stored; stale if the second one is pending before it.
        stale.expected_version = version;
        auto dependent = send(stale);
        store.failure = {status, version, "scripted"};
        store.hold_appends = false;
        store.fail_appends = 1;
        store.release();
        EXPECT_EQ(first.get().status, CommandStatus::recorded);
        const bool unknown = status == AppendStatus::unknown;
        EXPECT_EQ(deposit.get().status,
                  unknown ? CommandStatus::outcome_unknown : CommandStatus::recorded);
        EXPECT_EQ(dependent.get().status,
                  unknown ? CommandStatus::recorded : CommandStatus::stale_version);
    }
}

TEST_F(Processor, AStreamThatCannotBeReadFailsOnlyItsOwnCommands) {
    ask(make(Open{"Ada"}));
    restart();
    store.unreadable = "a";
    auto broken = send(make(Deposit{1}));
    auto other = make(Open{"Bob"});
    other.stream = "b";
    EXPECT_EQ(ask(other).status, CommandStatus::recorded);
    EXPECT_EQ(broken.get().status, CommandStatus::parked);
    store.unreadable = "";
    EXPECT_EQ(ask(make(Deposit{1})).status, CommandStatus::recorded);
}

TEST_F(Processor, ManyThreadsOnManyShardsLeaveNoGap) {
    auto sharded = options();
    sharded.shards = 3;
    std::atomic<int> id{0};
    sharded.make_command_id = [&] { return std::to_string(++id); };
    es::CommandProcessor<Account> processor(store, sharded);
    std::atomic<int> recorded{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                Request request;
                request.stream = "s" + std::to_string((i + t) % 10);
                request.command = i < 10 ? Account::Command(Open{"Ada"}) : Deposit{1};
                request.deadline = std::chrono::steady_clock::now() + 60s;
                std::promise<CommandResult> promise;
                processor.submit(std::move(request),
                                 [&](CommandResult r) { promise.set_value(std::move(r)); });
                recorded += promise.get_future().get().status == CommandStatus::recorded;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    processor.stop();
    std::size_t stored = 0;
    for (int i = 0; i < 10; ++i) {
        const auto events = es::read_stream(store.inner, "s" + std::to_string(i));
        for (std::size_t v = 0; v < events.size(); ++v) {
            EXPECT_EQ(events[v].version, static_cast<es::Version>(v) + 1);
        }
        stored += events.size();
    }
    EXPECT_EQ(stored, static_cast<std::size_t>(recorded));
    // Each of the ten streams is opened once. Each thread tries it once on each, before its own
    // deposits there, so that all of those are recorded.
    EXPECT_EQ(recorded, 10 + 4 * 190);
}

}  // namespace
