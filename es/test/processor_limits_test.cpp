// What a command processor keeps to: the time of its commands, its queue and its memory.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>

#include "es/test/processor_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using account::Account;
using account::Deposit;
using account::Open;
using es::CommandResult;
using es::CommandStatus;
using ProcessorLimits = es::ProcessorTest;

TEST_F(ProcessorLimits, DropsCommandsWhoseTimeIsUpBeforeTheyAreDecided) {
    ask(make(Open{"Ada"}));
    store.hold_appends = true;
    auto first = send(make(Deposit{1}));
    wait_until([&] { return store.held_count == 1; });
    auto late = make(Deposit{1});
    late.deadline = std::chrono::steady_clock::now() + 1ms;
    auto result = send(late);
    // Also while the store owes an answer.
    EXPECT_EQ(result.get().status, CommandStatus::overloaded);
    store.hold_appends = false;
    store.release();
    EXPECT_EQ(first.get().status, CommandStatus::recorded);
    expect_versions(2);
}

TEST_F(ProcessorLimits, DropsThemAlsoWhileOtherStreamsKeepItBusy) {
    ask(make(Open{"Ada"}));
    store.hold_appends = true;
    auto first = send(make(Deposit{1}));
    wait_until([&] { return store.held_count == 1; });
    auto late = make(Deposit{1});
    late.deadline = std::chrono::steady_clock::now() + 10ms;
    auto result = send(late);
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (result.wait_for(0s) != std::future_status::ready) {
        ASSERT_LT(std::chrono::steady_clock::now(), until);
        auto other = make(Deposit{1});
        other.stream = "nobody";
        EXPECT_EQ(ask(other).status, CommandStatus::not_found);
    }
    EXPECT_EQ(result.get().status, CommandStatus::overloaded);
    store.hold_appends = false;
    store.release();
    first.get();
}

TEST_F(ProcessorLimits, AnswersCommandsInTheirTimeThoughTheirAppendDoesNotSettle) {
    ask(make(Open{"Ada"}));
    store.hold_appends = true;
    auto late = make(Deposit{1});
    late.deadline = std::chrono::steady_clock::now() + 500ms;  // enough to be decided
    EXPECT_EQ(ask(late).status, CommandStatus::outcome_unknown);
    store.hold_appends = false;
    store.release();
    // It was stored after all.
    EXPECT_EQ(ask(make(Deposit{1})).version, 3);
    expect_versions(3);
}

// The first one was stored after all, but nobody knew when the second one's turn came.
TEST_F(ProcessorLimits, HoldsBackWhatFollowsInItsChainAfterACommandThatIsNotDecided) {
    ask(make(Open{"Ada"}));
    const auto chain = std::make_shared<es::CommandChain>();
    const auto chained = [&](int amount) {
        auto request = make(Deposit{amount});
        request.chain = chain;
        return request;
    };
    EXPECT_EQ(ask(chained(1)).version, 2);
    store.hold_appends = true;
    auto late = chained(2);
    late.deadline = std::chrono::steady_clock::now() + 500ms;  // enough to be decided
    auto first = send(late);
    wait_until([&] { return store.held_count == 1; });
    auto second = send(chained(3));
    auto other = send(make(Deposit{4}));
    EXPECT_EQ(first.get().status, CommandStatus::outcome_unknown);
    store.hold_appends = false;
    store.release();
    EXPECT_EQ(second.get().status, CommandStatus::held_back);
    EXPECT_EQ(other.get().version, 4);
    EXPECT_EQ(ask(chained(5)).status, CommandStatus::held_back);
    EXPECT_EQ(ask(make(Deposit{6})).version, 5);
    expect_versions(5);
}

// A long stream is read in pages; commands that gave up meanwhile must not make it restart.
TEST_F(ProcessorLimits, GoesOnReadingALongStreamWhereItsCommandsGaveUp) {
    ask(make(Open{"Ada"}));
    for (int i = 0; i < 30; ++i) ask(make(Deposit{1, 99}));  // three pages
    restart();
    store.hold_reads = true;
    auto late = make(Deposit{1});
    late.deadline = std::chrono::steady_clock::now() + 10ms;
    EXPECT_EQ(send(late).get().status, CommandStatus::overloaded);
    store.release_reads(1);
    const std::size_t reads = store.reads_;
    store.hold_reads = false;
    EXPECT_EQ(ask(make(Deposit{1})).status, CommandStatus::recorded);
    EXPECT_LE(store.reads_ - reads, 2u);
}

TEST_F(ProcessorLimits, RefusesMoreThanItsQueueHolds) {
    auto limited = options();
    limited.queue_max = 3;
    es::CommandProcessor<Account> processor(store, limited);
    store.hold_appends = true;
    std::atomic<int> overloaded{0};
    std::atomic<int> answered{0};
    for (int i = 0; i < 5; ++i) {
        auto request = make(Open{"Ada"});
        request.stream = "s" + std::to_string(i);
        request.deadline = std::chrono::steady_clock::now() + 60s;
        processor.submit(request, [&](const CommandResult& result) {
            overloaded += result.status == CommandStatus::overloaded;
            ++answered;
        });
    }
    EXPECT_EQ(overloaded, 2);
    store.hold_appends = false;
    wait_until([&] {
        store.release();
        return answered == 5;
    });
}

TEST_F(ProcessorLimits, ForgetsIdleStreamsBeyondItsMemory) {
    auto small = options();
    small.cache_bytes_max = 10'000;
    es::CommandProcessor<Account> processor(store, small);
    const auto ask_here = [&](int i, Account::Command command) {
        auto request = make(std::move(command));
        request.stream = "s" + std::to_string(i);
        request.deadline = std::chrono::steady_clock::now() + 60s;
        std::promise<CommandResult> promise;
        processor.submit(request, [&](CommandResult r) { promise.set_value(std::move(r)); });
        return promise.get_future().get();
    };
    for (int i = 0; i < 200; ++i) ask_here(i, Open{"Ada"});
    const std::size_t reads = store.reads_;
    EXPECT_EQ(ask_here(199, Deposit{1}).version, 2);
    EXPECT_EQ(store.reads_, reads);
    EXPECT_EQ(ask_here(0, Deposit{1}).version, 2);
    EXPECT_EQ(store.reads_, reads + 1);
}

// It would be read from its first event on for each command.
TEST_F(ProcessorLimits, KeepsOneStreamThatTakesMoreThanItsMemory) {
    auto small = options();
    small.cache_bytes_max = 10'000;
    es::CommandProcessor<Account> processor(store, small);
    const auto ask_here = [&](const std::string& stream, Account::Command command,
                              const std::string& key = "") {
        auto request = make(std::move(command), key, "digest");
        request.stream = stream;
        request.deadline = std::chrono::steady_clock::now() + 60s;
        std::promise<CommandResult> promise;
        processor.submit(request, [&](CommandResult r) { promise.set_value(std::move(r)); });
        return promise.get_future().get();
    };
    const auto grow = [&](const std::string& stream) {
        ask_here(stream, Open{"Ada"});
        for (int i = 0; i < 300; ++i) ask_here(stream, Deposit{1}, "key-" + std::to_string(i));
    };
    grow("large");
    const auto reads_of = [&](const std::string& stream) {
        const std::size_t before = store.reads_;
        EXPECT_EQ(ask_here(stream, Deposit{1}).status, CommandStatus::recorded);
        return store.reads_ - before;
    };
    EXPECT_EQ(reads_of("large"), 0);
    for (int i = 0; i < 20; ++i) ask_here("s" + std::to_string(i), Open{"Bob"});
    EXPECT_EQ(reads_of("large"), 0) << "small ones push it out";
    EXPECT_EQ(reads_of("s19"), 0) << "it pushes small ones out";
    EXPECT_GT(reads_of("s0"), 0) << "it lets small ones take more";
    grow("another");
    EXPECT_EQ(reads_of("another"), 0);
    EXPECT_GT(reads_of("large"), 0) << "there are two of them";
}

TEST_F(ProcessorLimits, DoesNotRememberStreamsThatAreNotThere) {
    for (int i = 0; i < 2; ++i) {
        const std::size_t reads = store.reads_;
        EXPECT_EQ(ask(make(Deposit{1})).status, CommandStatus::not_found);
        EXPECT_EQ(store.reads_, reads + 1);
    }
}

// It would wait for itself.
TEST_F(ProcessorLimits, AskOnAShardsOwnThreadIsRefused) {
    std::promise<bool> refused;
    processor().submit(make(Open{"Ada"}), [&](const CommandResult& /*result*/) {
        try {
            processor().ask("b", Open{"Bob"});
            refused.set_value(false);
        } catch (const std::logic_error&) {
            refused.set_value(true);
        }
    });
    EXPECT_TRUE(refused.get_future().get());
}

TEST_F(ProcessorLimits, SaysThatItWasStopped) {
    processor().stop();
    const auto answer = ask(make(Open{"Ada"}));
    EXPECT_EQ(answer.status, CommandStatus::overloaded);
    EXPECT_EQ(answer.detail, "the processor was stopped");
}

TEST_F(ProcessorLimits, TakesAnyPatience) {
    es::AskOptions options;
    options.patience = std::chrono::milliseconds(-9'300'000'000'000);  // positive as nanoseconds
    EXPECT_EQ(processor().ask("a", Open{"Ada"}, options).status, CommandStatus::overloaded);
    options.patience = std::chrono::milliseconds::max();
    EXPECT_EQ(processor().ask("a", Open{"Ada"}, options).status, CommandStatus::recorded);
    const auto again = processor().ask("a", Open{"Ada"});
    EXPECT_EQ(again.status, CommandStatus::already_exists);
    EXPECT_EQ(again.refusal->rule, "already-exists");
    EXPECT_EQ(processor().ask("b", Deposit{5}).refusal->rule, "not-found");
}

}  // namespace
