// A domain that throws wherever it is called: its command fails or its stream can't be read, the
// neighbours continue, the reason is reported, and the process lives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "es/command_processor.hpp"
#include "es/test/account_test_domain.hpp"
#include "es/test/scripted_store_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using es::CommandResult;
using es::CommandStatus;
using ::testing::Contains;
using ::testing::HasSubstr;

// Where the domain is to throw; in an event it is a text of the payload.
void trap(const std::string& here, const std::string& where) {
    if (where == here) throw std::invalid_argument("trapped in " + here);
    if (where == here + " oddly") throw 42;  // NOLINT(hicpp-exception-baseclass)
    if (where == here + " without memory") throw std::bad_alloc();
}

struct Begun {
    std::string where;
};
struct Counted {
    std::string where;
};
struct Forgotten {};

struct Count {
    std::string where;
    int times = 1;
};

// Counts its events, and throws where the command says.
struct Trap {
    using Event = std::variant<Begun, Counted>;
    using Command = Count;

    int count = 0;
    std::string where;

    void apply(const Begun& event) { count_one(event.where); }
    void apply(const Counted& event) { count_one(event.where); }
    static std::optional<es::Refusal> check(const Begun& event) {
        trap("check", event.where);
        return std::nullopt;
    }
    [[nodiscard]] std::optional<es::Refusal> check(const Counted& event) const {
        trap("check", event.where);
        return std::nullopt;
    }
    static bool creates(const Command& command) {
        trap("creates", command.where);
        return command.where == "new";
    }
    static es::Decision<Event> decide(const Command& command, const Trap* state,
                                      es::Times /*times*/) {
        trap("decide", command.where);
        if (state != nullptr) (void)state->check(Counted{command.where});
        // The last one throws.
        std::vector<Event> events(static_cast<std::size_t>(command.times), Counted{""});
        if (!events.empty()) events.back() = Counted{command.where};
        if (state == nullptr) events.front() = Begun{};
        return events;
    }
    static const es::EventCodec<Event>& codec() {
        static const es::EventCodec<Event> codec = [] {
            es::EventCodec<Event> c;
            add<Begun>("Begun", c);
            add<Counted>("Counted", c);
            return c;
        }();
        return codec;
    }
    [[nodiscard]] std::size_t bytes() const {
        trap("bytes", where);
        return sizeof *this;
    }

private:
    template <class E>
    static void add(const char* type, es::EventCodec<Event>& codec) {
        codec.add<E>(
            type, 1,
            [](const E& e) {
                trap("write", e.where);
                return e.where;
            },
            [](const std::string& payload) {
                trap("read", payload);
                return E{payload};
            });
    }
    void count_one(const std::string& place) {
        ++count;  // first, so that a state that is of no use would show
        where = place;
        trap("apply", place);
    }
};

template <class Domain>
class Faults : public ::testing::Test {
protected:
    using Request = es::CommandRequest<typename Domain::Command>;

    Faults() {
        options.on_trouble = [this](const std::string& text) {
            const std::lock_guard lock(mutex_);
            told_.push_back(text);
        };
    }
    std::future<CommandResult> send(const es::StreamId& stream, typename Domain::Command command,
                                    std::optional<es::Version> expected_version = {},
                                    std::shared_ptr<es::CommandChain> chain = {}) {
        if (!processor) {
            processor = std::make_unique<es::CommandProcessor<Domain>>(store, options);
        }
        auto promise = std::make_shared<std::promise<CommandResult>>();
        Request request;
        request.stream = stream;
        request.command = std::move(command);
        request.expected_version = expected_version;
        request.chain = std::move(chain);
        processor->submit(std::move(request), [promise](CommandResult result) {
            promise->set_value(std::move(result));
        });
        return promise->get_future();
    }
    CommandResult ask(const es::StreamId& stream, typename Domain::Command command) {
        return send(stream, std::move(command)).get();
    }
    void store_event(const es::StreamId& stream, es::Version version, const std::string& type,
                     int schema, const std::string& payload) {
        es::RecordedEvent event;
        event.stream = stream;
        event.version = version;
        event.type = type;
        event.schema = schema;
        event.payload = payload;
        ASSERT_EQ(es::append_one(store.inner, {stream, version - 1, {event}}).status,
                  es::AppendStatus::stored);
    }
    std::size_t stored(const es::StreamId& stream) {
        return es::read_stream(store.inner, stream).size();
    }
    // One line a second at most is reported: a new processor begins with a line to spare.
    std::vector<std::string> told() {
        processor.reset();
        const std::lock_guard lock(mutex_);
        return std::exchange(told_, {});
    }

private:
    std::mutex mutex_;
    std::vector<std::string> told_;

protected:
    es::ScriptedStore store;
    es::ProcessorOptions options;
    std::unique_ptr<es::CommandProcessor<Domain>> processor;  // last: it uses all of the above
};

using DomainFaults = Faults<Trap>;

TEST_F(DomainFaults, FailTheirCommandAlone) {
    for (const bool sole : {true, false}) {
        store.sole = sole;
        int round = 0;
        for (const std::string where :
             {"creates", "decide", "check", "apply", "write", "decide oddly", "apply oddly",
              "write oddly", "decide without memory", "apply without memory"}) {
            SCOPED_TRACE(where);
            const std::string id = (sole ? "sole" : "shared") + std::to_string(++round);
            ASSERT_EQ(ask(id, {"new"}).version, 1);
            const auto failed = ask(id, {where, 3});
            EXPECT_EQ(failed.status, CommandStatus::failed);
            EXPECT_FALSE(failed.detail.empty());
            EXPECT_EQ(stored(id), 1U) << "a part of it was recorded";
            EXPECT_EQ(ask("neighbour" + id, {"new"}).version, 1);
            const auto next = send(id, {"", 2}, 1).get();
            EXPECT_EQ(next.status, CommandStatus::recorded) << "on a state that isn't stored";
            EXPECT_EQ(next.version, 3);
            EXPECT_EQ(stored(id), 3U);
            EXPECT_THAT(told(), Contains(HasSubstr("'" + id + "' failed: " + failed.detail)));
        }
    }
}

TEST_F(DomainFaults, OfACreationLeaveNoStream) {
    for (const std::string where : {"check", "apply", "write"}) {
        SCOPED_TRACE(where);
        Count command{"new", 2};
        EXPECT_EQ(ask(where, {where}).status, CommandStatus::not_found);
        EXPECT_EQ(ask(where, command).version, 2);
    }
}

// Commands that were decided in one append with it: those before it are recorded, those after it
// are decided on what is stored.
TEST_F(DomainFaults, LeaveTheirRoundAsItIs) {
    for (const std::string where : {"decide", "apply", "write"}) {
        SCOPED_TRACE(where);
        const std::string& id = where;
        ask(id, {"new"});
        store.hold_appends = true;
        auto first = send(id, {""});
        while (store.held_count == 0) std::this_thread::yield();
        auto before = send(id, {""});
        auto bad = send(id, {where, 2});
        auto after = send(id, {""}, 3);
        store.hold_appends = false;
        store.release();
        EXPECT_EQ(first.get().version, 2);
        EXPECT_EQ(before.get().version, 3);
        EXPECT_EQ(bad.get().status, CommandStatus::failed);
        const auto result = after.get();
        EXPECT_EQ(result.status, CommandStatus::recorded) << "on a state that isn't stored";
        EXPECT_EQ(result.version, 4);
        EXPECT_EQ(stored(id), 4U);
    }
}

TEST_F(DomainFaults, HoldBackWhatFollowsInTheirChain) {
    for (const std::string where : {"decide", "apply", "write"}) {
        SCOPED_TRACE(where);
        const std::string& id = where;
        ask(id, {"new"});
        store.hold_appends = true;
        auto first = send(id, {""});
        while (store.held_count == 0) std::this_thread::yield();
        const auto chain = std::make_shared<es::CommandChain>();
        auto before = send(id, {""}, {}, chain);
        auto bad = send(id, {where}, {}, chain);
        auto after = send(id, {""}, {}, chain);
        store.hold_appends = false;
        store.release();
        EXPECT_EQ(first.get().version, 2);
        EXPECT_EQ(before.get().version, 3);
        EXPECT_EQ(bad.get().status, CommandStatus::failed);
        EXPECT_EQ(after.get().status, CommandStatus::held_back);
        EXPECT_EQ(stored(id), 3U);
    }
}

TEST_F(DomainFaults, AtAStoredEventMakeItsStreamUnreadable) {
    for (const std::string where : {"read", "apply", "read oddly", "apply oddly"}) {
        SCOPED_TRACE(where);
        store_event(where, 1, "Begun", 1, "");
        store_event(where, 2, "Counted", 1, where);
        for (int i = 0; i < 2; ++i) {
            EXPECT_EQ(ask(where, {""}).status, CommandStatus::parked);
            EXPECT_EQ(ask("neighbour" + where + std::to_string(i), {"new"}).version, 1);
        }
        EXPECT_THAT(told(), Contains(HasSubstr("'" + where + "' can't be read: ")));
    }
}

TEST_F(DomainFaults, ThatAreALackOfMemoryBlameNoStream) {
    store_event("a", 1, "Begun", 1, "read without memory");
    EXPECT_EQ(ask("a", {""}).status, CommandStatus::overloaded);
    EXPECT_EQ(ask("b", {"new"}).version, 1);
}

TEST_F(DomainFaults, OfItsSizeCostNoMoreThanTheCache) {
    ask("a", {"new"});
    EXPECT_EQ(ask("a", {"bytes"}).version, 2);
    EXPECT_EQ(ask("a", {""}).version, 3);
    EXPECT_THAT(told(), Contains(HasSubstr("trapped in bytes")));
}

TEST_F(DomainFaults, OfWhoMakesTimesIdsAndTakesAnswersEndNothing) {
    std::atomic<int> faults = 0;
    std::atomic<bool> broken = false;
    const auto fault = [&] {
        if (!broken) return;
        ++faults;
        throw std::runtime_error("broken");
    };
    options.clock = [&] {
        fault();
        return es::system_time();
    };
    ask("a", {"new"});
    broken = true;
    EXPECT_EQ(ask("a", {""}).status, CommandStatus::failed);
    broken = false;
    EXPECT_EQ(ask("a", {""}).version, 2);
    told();

    options.clock = nullptr;
    EXPECT_EQ(ask("a", {""}).status, CommandStatus::failed);
    options.clock = es::system_time;
    options.make_command_id = [&] {
        fault();
        return es::random_command_id();
    };
    options.on_trouble = [&](const std::string&) { fault(); };
    processor.reset();
    broken = true;
    EXPECT_EQ(ask("a", {""}).status, CommandStatus::failed);
    while (faults < 3) std::this_thread::yield();  // it is reported after the answer
    broken = false;
    DomainFaults::Request request;
    request.stream = "a";
    processor->submit(request, [](const CommandResult&) { throw std::runtime_error("no reader"); });
    EXPECT_EQ(ask("a", {""}).version, 4);
    processor.reset();
}

// At most one line a second is reported, but the last trouble in any case, and soon.
TEST_F(DomainFaults, AreToldAlsoWhenTheyComeAtOnce) {
    std::promise<std::string> last;
    options.on_trouble = [&](const std::string& text) {
        if (text.find("'last' failed") != std::string::npos) last.set_value(text);
    };
    for (const char* id : {"a", "b", "last"}) ask(id, {"new"});
    for (const char* id : {"a", "b", "last"}) ask(id, {"decide"});
    auto line = last.get_future();
    ASSERT_EQ(line.wait_for(20s), std::future_status::ready);
    EXPECT_THAT(line.get(), HasSubstr("like it since the last such line"));
    processor.reset();
}

// Neither a deadline nor any option is set.
TEST_F(DomainFaults, AreNotMadeByWhatIsLeftToItsDefault) {
    es::CommandProcessor<Trap> plain(store);
    const auto before = es::system_time();
    for (int i = 0; i < 2; ++i) {
        std::promise<CommandResult> promise;
        Trap::Command command{i == 0 ? "new" : ""};
        plain.submit({.stream = "a", .command = command},
                     [&](CommandResult result) { promise.set_value(std::move(result)); });
        EXPECT_EQ(promise.get_future().get().status, CommandStatus::recorded);
    }
    const auto events = es::read_stream(store.inner, "a");
    ASSERT_EQ(events.size(), 2U);
    EXPECT_GE(events[0].occurred_on, before);
    EXPECT_EQ(events[0].metadata.command_id.size(), 32U);
    EXPECT_NE(events[0].metadata.command_id, events[1].metadata.command_id);
    es::ProcessorOptions none;
    none.shards = 0;
    const es::CommandProcessor<Trap> at_least_one(store, none);
}

// A domain that forgot an event in its codec.
struct Forgetful {
    using Event = std::variant<Counted, Forgotten>;
    using Command = Count;

    void apply(const Counted&) {}
    void apply(const Forgotten&) {}
    static bool creates(const Command&) { return true; }
    static es::Decision<Event> decide(const Command&, const Forgetful*, es::Times) {
        return std::vector<Event>{Forgotten{}};
    }
    static es::EventCodec<Event> partial() {
        es::EventCodec<Event> codec;
        codec.add<Counted>(
            "Counted", 1, [](const Counted& e) { return e.where; },
            [](const std::string& payload) { return Counted{payload}; });
        return codec;
    }
    static const es::EventCodec<Event>& codec() {
        static const auto codec = partial();
        return codec;
    }
};

TEST(Codec, ThatLacksAnEventIsNoticedAtTheStart) {
    es::ScriptedStore store;
    EXPECT_THROW(es::CommandProcessor<Forgetful>{store}, std::logic_error);
    EXPECT_THROW(static_cast<void>(Forgetful::codec().encode(Forgotten{})), std::logic_error);
    EXPECT_NO_THROW(account::Account::codec().require_complete());
}

TEST(Codec, TakesNoTypeAndNoNameTwice) {
    auto codec = Forgetful::partial();
    const auto write = [](const auto&) { return std::string(); };
    EXPECT_THROW(
        codec.add<Counted>("Other", 1, write, [](const std::string&) { return Counted{}; }),
        std::logic_error);
    EXPECT_THROW(
        codec.add<Forgotten>("Counted", 1, write, [](const std::string&) { return Forgotten{}; }),
        std::logic_error);
}

using AccountFaults = Faults<account::Account>;

// The sample domain reads numbers by std::stoi.
TEST_F(AccountFaults, APayloadThatIsNoNumberMakesItsAccountUnreadable) {
    store_event("a", 1, "Opened", 1, "Ada");
    store_event("a", 2, "Deposited", 2, "many");
    store_event("b", 1, "Opened", 1, "Bob");
    store_event("b", 2, "Deposited", 1, "");  // its upcast cuts the sign that isn't there
    EXPECT_EQ(ask("a", account::Deposit{1}).status, CommandStatus::parked);
    EXPECT_EQ(ask("b", account::Deposit{1}).status, CommandStatus::parked);
    EXPECT_EQ(ask("c", account::Open{"Cleo"}).version, 1);
}

TEST_F(AccountFaults, ADecisionOfMoreEventsThanThereIsMemoryForFails) {
    ask("a", account::Open{"Ada"});
    EXPECT_EQ(ask("a", account::Deposit{1, -1}).status, CommandStatus::failed);
    EXPECT_EQ(ask("a", account::Deposit{1, 500}).version, 501) << "this store takes it";
    EXPECT_EQ(ask("a", account::Open{std::string(20'000'000, 'x')}).status,
              CommandStatus::already_exists);
    EXPECT_EQ(ask("b", account::Open{std::string(20'000'000, 'x')}).version, 1);
}

}  // namespace
