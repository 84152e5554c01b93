// The consistency boundary: a state that changes by events only, checked one by one. It is given
// events and never makes its own.
//
//     es::Aggregate<Account> account("account-1", {Opened{"Ada"}, now});
//     account.record({Deposited{50}, now});    // throws es::Rejected if a rule stands against it
//     store(account.commit());
//
// The state is a domain's (domain.hpp).
#pragma once

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "es/decision.hpp"
#include "es/domain.hpp"
#include "es/errors.hpp"

namespace es {

// An event would lead to an invalid state; the aggregate is as it was.
class Rejected : public std::runtime_error {
public:
    explicit Rejected(Refusal refusal)
        : std::runtime_error(refusal.detail), refusal_(std::move(refusal)) {}
    [[nodiscard]] const Refusal& refusal() const { return refusal_; }

private:
    Refusal refusal_;
};

template <AggregateState T>
class Aggregate {
public:
    using Event = typename T::Event;
    using Command = CommandOf<T>;

    // A new one: applies the event that creates it, which is then pending. Throws Rejected if a
    // rule stands against it, or it is another event.
    Aggregate(StreamId id, const Occurred<Event>& creation) : Aggregate(std::move(id)) {
        record(creation);
    }

    // From events that were stored: the rules of today are not asked. `history` holds versions
    // 1..n in order, at least one. Throws Corrupt.
    static Aggregate replay(StreamId id, const std::vector<Occurred<Event>>& history) {
        if (history.empty()) throw Corrupt("a stream without events");
        Aggregate aggregate(std::move(id));
        for (const auto& event : history) aggregate.follow(event);
        return aggregate;
    }

    // One more stored event. Throws Corrupt, and what the domain throws.
    void follow(const Occurred<Event>& event) {
        ++version_;  // first: who throws in the middle leaves a state that isn't this version's
        fold(state_, event.event, EventInfo{version_, event.on});
    }

    // One new event, if the rules allow it; it is then pending. Throws Rejected.
    void record(const Occurred<Event>& event) {
        const Times times{event.on, event.on};
        if (auto refusal = check_and_add(event.event, times)) throw Rejected(*std::move(refusal));
    }

    // The events that a command proposes; or why the domain refuses it. `aggregate`: nullopt where
    // there is none yet; the command may create it. Throws what the domain throws.
    static Decision<Event> decide(const std::optional<Aggregate>& aggregate, const Command& command,
                                  Times times) {
        if constexpr (DecidesCommands<T>) {
            return T::decide(command, aggregate ? &aggregate->state() : nullptr, times);
        } else {
            return std::vector<Event>{command};
        }
    }

    // Checks and applies what was proposed. It is then pending; nothing is if it changes nothing.
    // Returns the refusal of a rule; the aggregate is then as it was. What a domain's decide()
    // returned is judged already, and isn't checked again. Throws what the domain throws; the
    // version is then ahead of what was handed over, and the aggregate is of no use any more.
    static std::optional<Refusal> propose(std::optional<Aggregate>& aggregate, const StreamId& id,
                                          std::vector<Event> events, Times times) {
        for (Event& event : events) {
            if (auto refusal = propose_one(aggregate, id, std::move(event), times)) return refusal;
        }
        return std::nullopt;
    }

    [[nodiscard]] const StreamId& id() const { return id_; }
    [[nodiscard]] const T& state() const { return *state_; }
    // Counts the pending events too.
    [[nodiscard]] Version version() const { return version_; }
    // Recorded since the last commit.
    [[nodiscard]] const std::vector<Occurred<Event>>& pending() const { return pending_; }
    // Hands the pending events over to whoever stores them.
    std::vector<Occurred<Event>> commit() { return std::exchange(pending_, {}); }

private:
    explicit Aggregate(StreamId id) : id_(std::move(id)) {}

    static std::optional<Refusal> propose_one(std::optional<Aggregate>& aggregate,
                                              const StreamId& id, Event event, Times times) {
        if (!aggregate) {
            Aggregate created{StreamId(id)};
            if (auto refusal = created.take(std::move(event), times)) return refusal;
            aggregate = std::move(created);
            return std::nullopt;
        }
        return aggregate->take(std::move(event), times);
    }

    std::optional<Refusal> take(Event event, Times times) {
        if constexpr (DecidesCommands<T>) {
            add(complete(std::move(event), times), times);
            return std::nullopt;
        } else {
            return check_and_add(std::move(event), times);
        }
    }

    std::optional<Refusal> check_and_add(Event event, Times times) {
        event = complete(std::move(event), times);
        if (auto refusal = check(state_ ? &*state_ : nullptr, event, times)) return refusal;
        add(std::move(event), times);
        return std::nullopt;
    }

    [[nodiscard]] Event complete(Event event, Times times) const {
        return state_ ? completed(*state_, std::move(event), times) : event;
    }

    void add(Event event, Times times) {
        if (state_ && !changes(*state_, event)) return;
        Occurred<Event> occurred{std::move(event), times.on};
        follow(occurred);
        pending_.push_back(std::move(occurred));
    }

    StreamId id_;
    std::optional<T> state_;  // always there for whoever has an aggregate
    Version version_ = 0;
    std::vector<Occurred<Event>> pending_;
};

}  // namespace es
