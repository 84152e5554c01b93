// A shard's decisions under whatever a store may do: stepped one by one, with results that come in
// any order, get lost or conflict, commands that come again, and clocks that jump. Each seed is a
// history of its own, the same at every run.
#include "es/shard_machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "es/test/account_test_domain.hpp"

namespace {

using account::Account;
using es::CommandStatus;
using Machine = es::ShardMachine<Account>;
using namespace std::chrono_literals;

// Kept by nobody but the simulation: streams as a store has them.
class Disk {
public:
    es::AppendStatus append(const es::Append& append) {
        auto& stream = streams_[append.stream];
        if (static_cast<es::Version>(stream.size()) != append.expected) {
            return es::AppendStatus::conflict;
        }
        stream.insert(stream.end(), append.events.begin(), append.events.end());
        return es::AppendStatus::stored;
    }
    es::ReadResult read(const es::ReadRequest& request) {
        es::ReadResult result;
        const auto& stream = streams_[request.stream];
        const auto end =
            std::min<std::size_t>(stream.size(), static_cast<std::size_t>(request.after) +
                                                     std::min<std::size_t>(request.limit, 3));
        for (auto i = static_cast<std::size_t>(request.after); i < end; ++i) {
            result.events.push_back(stream[i]);
        }
        result.more = end < stream.size();
        return result;
    }
    [[nodiscard]] const auto& streams() const { return streams_; }

private:
    std::map<es::StreamId, std::vector<es::RecordedEvent>> streams_;
};

struct Asked {
    Machine::Command command;
    std::string key;
    es::Version stored = 0;  // of its stream, when it arrived
    int answers = 0;
    es::CommandResult result;
    std::shared_ptr<es::CommandChain> chain;
};

class Simulation {
public:
    Simulation(std::uint32_t seed, bool sole_writer) : random_(seed), sole_writer_(sole_writer) {
        options_.clock = [this] { return clock_; };
        options_.make_command_id = [this] { return "c" + std::to_string(++ids_); };
        options_.cache_bytes_max = 3'000;  // so that states are forgotten, too
    }

    void run() {
        for (int i = 0; i < 150; ++i) {
            switch (below(6)) {
                case 0:
                case 1:
                    ask();
                    break;
                case 2:
                    settle_one();
                    break;
                case 3:
                    if (!sole_writer_ && below(4) == 0) write_outside();
                    break;
                case 4:
                    clock_ += std::chrono::milliseconds(below(200)) - 50ms;
                    if (below(20) == 0) now_ += 3s;  // some commands' time is over
                    break;
                default:
                    step();
            }
        }
        faults_ = false;
        constexpr int steps_max = 10'000;
        for (int i = 0; machine_.open() > 0 || machine_.outstanding() > 0; ++i) {
            ASSERT_LT(i, steps_max) << "it doesn't come to rest";
            step();
            settle_one();
        }
        step();
    }

    void check() {
        check_streams();
        for (const auto& asked : asked_) {
            ASSERT_EQ(asked->answers, 1);
            check_answer(*asked);
        }
        check_chains();
    }

    int held_back = 0;

private:
    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
    es::StreamId some_stream() { return "s" + std::to_string(below(3)); }

    void ask() {
        auto asked = std::make_shared<Asked>();
        const int what = below(5);
        if (what == 0) {
            asked->command = account::Open{"Ada"};
        } else if (what < 3) {
            asked->command = account::Deposit{1 + below(9), 1 + below(3)};
        } else {
            asked->command = account::Withdraw{1 + below(9)};
        }
        es::CommandRequest<Machine::Command> request;
        request.stream = some_stream();
        if (below(3) == 0) {
            // As often as not a key that was used before, with the same content or another one.
            request.idempotency_key = asked->key = request.stream + "k" + std::to_string(below(6));
            request.digest = "d" + std::to_string(below(2));
        }
        if (below(6) == 0) request.expected_version = below(6);
        request.command = asked->command;
        request.deadline = now_ + (below(3) == 0 ? 1s : 1h);
        const auto found = disk_.streams().find(request.stream);
        if (found != disk_.streams().end()) {
            asked->stored = static_cast<es::Version>(found->second.size());
        }
        if (what == 1 && asked->stored > 0) join_chain(*asked, request);
        asked_.push_back(asked);
        machine_.take(std::move(request), [asked](es::CommandResult result) {
            ++asked->answers;
            asked->result = std::move(result);
        });
    }

    // Each has a key of its own, which shows whether it is stored. It deposits into an account that
    // is there: it is recorded whenever it is decided.
    void join_chain(Asked& asked, es::CommandRequest<Machine::Command>& request) {
        auto& chain = chains_[request.stream];
        if (!chain || below(10) == 0) chain = std::make_shared<es::CommandChain>();
        asked.key = request.idempotency_key = "chained" + std::to_string(asked_.size());
        request.digest = "d";
        request.expected_version.reset();
        request.chain = asked.chain = chain;
    }

    void step() {
        now_ += std::chrono::milliseconds(below(150));
        machine_.drop_late_behind_store(now_);
        auto work = machine_.step(now_);
        std::set<es::StreamId> busy;
        auto reader = work.readers.begin();
        for (const auto& read : work.reads) {
            EXPECT_TRUE(busy.insert(read.stream).second) << "two requests for one stream";
            pending_.push_back([this, ticket = *reader++, read] {
                auto result = disk_.read(read);
                if (faults_ && below(8) == 0)
                    result = {es::ReadStatus::unavailable, {}, false, "no"};
                machine_.read_done(ticket, std::move(result));
            });
        }
        auto appender = work.appenders.begin();
        for (const auto& append : work.appends) {
            EXPECT_TRUE(busy.insert(append.stream).second) << "two requests for one stream";
            pending_.push_back([this, ticket = *appender++, append] {
                machine_.append_done(ticket, settle(append));
            });
        }
    }

    es::AppendOutcome settle(const es::Append& append) {
        if (faults_ && below(8) == 0) return {es::AppendStatus::not_stored, 0, "no"};
        const bool unknown = faults_ && below(8) == 0;
        if (unknown && below(2) == 0) return {es::AppendStatus::unknown, 0, "lost before it came"};
        const auto status = disk_.append(append);
        if (unknown) return {es::AppendStatus::unknown, 0, "lost behind it"};
        return {status, 0, ""};
    }

    void settle_one() {
        if (pending_.empty()) return;
        const auto which = pending_.begin() + below(static_cast<int>(pending_.size()));
        const auto result = std::move(*which);
        pending_.erase(which);
        result();
    }

    // Another process deposits.
    void write_outside() {
        const auto found = disk_.streams().find(some_stream());
        if (found == disk_.streams().end() || found->second.empty()) return;
        es::RecordedEvent event = found->second.back();
        ++event.version;
        const auto encoded = Account::codec().encode(account::Deposited{1});
        event.type = encoded.type;
        event.schema = encoded.schema;
        event.payload = encoded.payload;
        event.metadata = {};
        EXPECT_EQ(disk_.append({event.stream, event.version - 1, {event}}),
                  es::AppendStatus::stored);
    }

    // Versions without gap, times that don't decrease, rules kept, each key recorded by one
    // command.
    void check_streams() {
        for (const auto& [id, stream] : disk_.streams()) {
            int balance = 0;
            es::Version version = 0;
            es::TimePoint last{};
            std::map<std::string, std::string> commands;
            for (const auto& event : stream) {
                ASSERT_EQ(event.version, ++version);
                ASSERT_GE(event.occurred_on, last);
                last = event.occurred_on;
                const auto happened = Account::codec().decode(event);
                ASSERT_EQ(std::holds_alternative<account::Opened>(happened), version == 1);
                if (const auto* in = std::get_if<account::Deposited>(&happened))
                    balance += in->amount;
                if (const auto* out = std::get_if<account::Withdrawn>(&happened))
                    balance -= out->amount;
                ASSERT_GE(balance, 0) << "withdrawn what wasn't there";
                const auto& [command, key, digest, actor, extra] = event.metadata;
                if (key.empty()) continue;
                ASSERT_EQ(commands.try_emplace(key, command).first->second, command)
                    << key << " was recorded twice";
            }
        }
    }

    void check_answer(const Asked& asked) {
        const auto& result = asked.result;
        switch (result.status) {
            case CommandStatus::not_found:
            case CommandStatus::already_exists:
            case CommandStatus::refused:
            case CommandStatus::stale_version:
                ASSERT_GE(result.version, asked.stored) << "decided on what was outdated";
                return;
            case CommandStatus::recorded:
                break;
            default:
                return;
        }
        for (const auto& [id, stream] : disk_.streams()) {
            if (result.version > static_cast<es::Version>(stream.size())) continue;
            const auto& event = stream[static_cast<std::size_t>(result.version - 1)];
            if (event.metadata.idempotency_key != asked.key) continue;
            const auto happened = Account::codec().decode(event);
            const bool same = std::visit(
                [&](const auto& command) {
                    using C = std::remove_cvref_t<decltype(command)>;
                    if constexpr (std::is_same_v<C, account::Open>) {
                        return happened == account::Event(account::Opened{command.owner});
                    } else if constexpr (std::is_same_v<C, account::Deposit>) {
                        return happened == account::Event(account::Deposited{command.amount});
                    } else {
                        return happened == account::Event(account::Withdrawn{command.amount});
                    }
                },
                asked.command);
            if (same) return;
        }
        FAIL() << "a recorded command is not stored at version " << result.version;
    }

    // After the first one of a chain that was not decided, and isn't stored, none is recorded.
    void check_chains() {
        std::set<std::string> stored;
        for (const auto& [id, stream] : disk_.streams()) {
            for (const auto& event : stream) stored.insert(event.metadata.idempotency_key);
        }
        std::set<es::CommandChain*> undecided;
        std::set<es::CommandChain*> broken;
        for (const auto& asked : asked_) {
            if (!asked->chain) continue;
            const bool decided = asked->result.decided();
            if (broken.contains(asked->chain.get())) {
                ASSERT_FALSE(decided || stored.contains(asked->key)) << asked->key;
            }
            if (asked->result.status == CommandStatus::held_back) {
                ASSERT_TRUE(undecided.contains(asked->chain.get())) << asked->key;
                ++held_back;
            }
            if (decided) continue;
            undecided.insert(asked->chain.get());
            if (!stored.contains(asked->key)) broken.insert(asked->chain.get());
        }
    }

    std::mt19937 random_;
    bool sole_writer_;
    bool faults_ = true;
    es::TimePoint clock_{1'700'000'000'000ms};
    Machine::SteadyTime now_{1h};
    int ids_ = 0;
    Disk disk_;
    es::ProcessorOptions options_;
    es::ProcessorCounters counters_;
    std::vector<std::function<void()>> pending_;  // what the store owes
    std::vector<std::shared_ptr<Asked>> asked_;
    std::map<es::StreamId, std::shared_ptr<es::CommandChain>> chains_;  // the present ones
    Machine machine_{options_, counters_, [this] { return sole_writer_; }};
};

constexpr std::uint32_t seeds = 1'500;

TEST(ShardMachine, KeepsItsPromisesWhateverTheStoreDoes) {
    int held_back = 0;
    for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
        for (const bool sole_writer : {false, true}) {
            SCOPED_TRACE("seed " + std::to_string(seed) + (sole_writer ? ", sole writer" : ""));
            Simulation simulation(seed, sole_writer);
            simulation.run();
            simulation.check();
            held_back += simulation.held_back;
            if (::testing::Test::HasFailure()) return;
        }
    }
    EXPECT_GT(held_back, 500);
}

}  // namespace
