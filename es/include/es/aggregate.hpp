// The consistency boundary: a state that changes by events only, checked one by one.
//
//     auto account = es::Aggregate<Account>::create("account-1", {Opened{"Ada"}, now});
//     account.record({Deposited{50}, now});    // throws es::Rejected if a rule stands against it
//     store(account.pending());
//     account.commit();
//
// The state `T` is a plain value with
//     using Event = std::variant<...>;             // what may happen to it
//     static T create(const Occurred<Event>&);     // throws Corrupt if it can't begin so
//     void apply(const Occurred<Event>&);          // no judgement: it has happened
//     // The rules; `state` is nullptr where there is none yet. They judge at the time
//     // `on`, the clock's. The time that the event will carry may be later.
//     static std::optional<Refusal> check(const T* state, const Occurred<Event>&);
#pragma once

#include <concepts>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "es/decision.hpp"
#include "es/errors.hpp"

namespace es {

template <class T>
concept AggregateState =
    requires(T state, const T& constant, const Occurred<typename T::Event>& event) {
        { T::create(event) } -> std::same_as<T>;
        state.apply(event);
        { T::check(&constant, event) } -> std::same_as<std::optional<Refusal>>;
    };

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

    // A new one, by its creation event, which is then pending. Throws Rejected.
    static Aggregate create(StreamId id, const Occurred<Event>& event) {
        if (auto refusal = T::check(nullptr, event)) throw Rejected(*std::move(refusal));
        Aggregate aggregate(std::move(id), T::create(event), 1);
        aggregate.pending_.push_back(event);
        return aggregate;
    }

    // From events that were stored: the rules of today are not asked. `history` holds versions
    // 1..n in order, at least one. Throws Corrupt.
    static Aggregate replay(StreamId id, const std::vector<Occurred<Event>>& history) {
        if (history.empty()) throw Corrupt("a stream without events");
        Aggregate aggregate(std::move(id), T::create(history.front()), 1);
        for (std::size_t i = 1; i < history.size(); ++i) aggregate.follow(history[i]);
        return aggregate;
    }

    // One more stored event.
    void follow(const Occurred<Event>& event) {
        state_.apply(event);
        ++version_;
    }

    // One new event, if the rules allow it; it is then pending. Throws Rejected.
    void record(const Occurred<Event>& event) { record(event, event.on); }
    // The same, where the clock says `now` and the event carries a later time, because times don't
    // decrease within a stream.
    void record(const Occurred<Event>& event, TimePoint now) {
        auto refusal = now == event.on ? T::check(&state_, event)
                                       : T::check(&state_, Occurred<Event>{event.event, now});
        if (refusal) throw Rejected(*std::move(refusal));
        follow(event);
        pending_.push_back(event);
    }

    [[nodiscard]] const StreamId& id() const { return id_; }
    [[nodiscard]] const T& state() const { return state_; }
    // Counts the pending events too.
    [[nodiscard]] Version version() const { return version_; }
    // Recorded since the last commit, not stored yet.
    [[nodiscard]] const std::vector<Occurred<Event>>& pending() const { return pending_; }
    // The pending events are stored: hands them over.
    std::vector<Occurred<Event>> commit() { return std::exchange(pending_, {}); }

private:
    Aggregate(StreamId id, T state, Version version)
        : id_(std::move(id)), state_(std::move(state)), version_(version) {}

    StreamId id_;
    T state_;
    Version version_;
    std::vector<Occurred<Event>> pending_;
};

}  // namespace es
