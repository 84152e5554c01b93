// What a domain consists of, and how es calls its code.
//
// A domain's state is a plain value:
//
//     struct Account {
//         using Event = std::variant<Opened, Deposited, Withdrawn>;  // the first one creates it
//         std::int64_t balance = 0;
//         void apply(const Opened&) {}
//         void apply(const Deposited& e) { balance += e.cents; }     // no judgement: it has
//         happened void apply(const Withdrawn& e) { balance -= e.cents; }
//         std::optional<es::Refusal> check(const Withdrawn& e) const;  // the rules of an event
//     };
//
// Each function may take one argument more: apply() the event's time (TimePoint), or its version
// and time (EventInfo); check() the Times. The rules of the creating event are static, as there is
// no state yet. Further ones, each for the events that need it:
//     bool changes(const E&) const;         // false: it says nothing new, and isn't recorded
//     E completed(E, Times) const;          // with what the caller leaves to the server
//     std::size_t bytes() const;            // of memory, roughly; else sizeof
//     static const EventCodec<Event>& codec();   // else the events are described (described.hpp)
//
// Commands are events proposed. A domain that decides otherwise has a type `Command`, and
//     static bool creates(const Command&);
//     static Decision<Event> decide(const Command&, const T* state, Times);
// which judges all events of the command together: check() is not asked again.
//
// Whatever any of these throws fails the command, or makes the stream unreadable if it is thrown by
// reading it; other streams are not disturbed.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "es/codec.hpp"
#include "es/decision.hpp"
#include "es/described_codec.hpp"
#include "es/errors.hpp"

namespace es {

template <class T>
using CreationOf = std::variant_alternative_t<0, typename T::Event>;

template <class T, class E>
constexpr bool creates = std::is_same_v<E, CreationOf<T>>;

template <class T, class E>
concept Applies = requires(T state, const E& event, EventInfo info) { state.apply(event, info); } ||
                  requires(T state, const E& event, TimePoint on) { state.apply(event, on); } ||
                  requires(T state, const E& event) { state.apply(event); };

// Has a rule for the event, be it one that allows it always.
template <class T, class E>
concept Checks = requires(const T state, const E& event, Times times) {
    state.check(event, times);
} || requires(const T state, const E& event) { state.check(event); };

// The same by a function that isn't const: nobody would call it.
template <class T, class E>
concept ChecksWithoutConst = requires(T state, const E& event, Times times) {
    state.check(event, times);
} || requires(T state, const E& event) { state.check(event); };

template <class T, class E>
concept ChangesWithoutConst = requires(T state, const E& event) { state.changes(event); };

template <class T, class E>
concept CompletesWithoutConst =
    requires(T state, E event, Times times) { state.completed(event, times); };

template <class T, class Event>
struct OfEvents : std::false_type {};
template <class T, class... E>
struct OfEvents<T, std::variant<E...>> {
    static constexpr bool applies_all = (Applies<T, E> && ...);
    static constexpr bool checks_all = (Checks<T, E> && ...);
};

template <class T>
concept AggregateState = std::default_initializable<T> && std::copyable<T> &&
                         OfEvents<T, typename T::Event>::applies_all;

// For domains that want a rule for each event, and an error of the compiler for a forgotten one:
// static_assert(es::ChecksEveryEvent<Metric>).
template <class T>
concept ChecksEveryEvent = OfEvents<T, typename T::Event>::checks_all;

template <class T>
concept DecidesCommands =
    requires(const typename T::Command& command, const T* state, Times times) {
        { T::creates(command) } -> std::same_as<bool>;
        { T::decide(command, state, times) } -> std::same_as<Decision<typename T::Event>>;
    };

template <class T>
struct CommandTypeOf {
    using type = typename T::Event;
};
template <DecidesCommands T>
struct CommandTypeOf<T> {
    using type = typename T::Command;
};
template <class T>
using CommandOf = typename CommandTypeOf<T>::type;

template <class T>
bool creates_stream(const CommandOf<T>& command) {
    if constexpr (DecidesCommands<T>) {
        return T::creates(command);
    } else {
        return command.index() == 0;
    }
}

template <class T>
const EventCodec<typename T::Event>& codec_of() {
    if constexpr (requires { T::codec(); }) {
        return T::codec();
    } else {
        return described_codec<typename T::Event>();
    }
}

template <class T>
std::size_t bytes_of(const T& state) {
    if constexpr (requires { state.bytes(); }) {
        return state.bytes();
    } else {
        return sizeof state;
    }
}

template <AggregateState T, class E>
void apply_one(T& state, const E& event, EventInfo info) {
    if constexpr (requires { state.apply(event, info); }) {
        state.apply(event, info);
    } else if constexpr (requires { state.apply(event, info.on); }) {
        state.apply(event, info.on);
    } else {
        state.apply(event);
    }
}

// The state that the first event of a stream makes. Throws Corrupt if it is not the creating one.
template <AggregateState T>
T create(const typename T::Event& first, TimePoint on) {
    const auto* creation = std::get_if<CreationOf<T>>(&first);
    if (creation == nullptr) throw Corrupt("the first event of a stream doesn't create it");
    T state{};
    apply_one(state, *creation, EventInfo{1, on});
    return state;
}

// Applies one event that has happened. Throws Corrupt if it is the creating one.
template <AggregateState T>
void apply(T& state, const typename T::Event& happened, EventInfo info) {
    std::visit(
        [&]<class E>(const E& event) {
            if constexpr (creates<T, E>) {
                throw Corrupt("the event that creates a stream stands within it");
            } else {
                apply_one(state, event, info);
            }
        },
        happened);
}

// The next event of a stream, its first or a later one.
template <AggregateState T>
void fold(std::optional<T>& state, const typename T::Event& next, EventInfo info) {
    if (state) {
        apply(*state, next, info);
    } else {
        state = create<T>(next, info.on);
    }
}

inline Refusal stream_exists() {
    return {"already-exists", "", "It exists already."};
}
inline Refusal no_stream() {
    return {"not-found", "", "There is no such stream."};
}

// What the rules say of an event. `state`: nullptr where there is none yet.
template <AggregateState T>
std::optional<Refusal> check(const T* state, const typename T::Event& proposed, Times times) {
    return std::visit(
        [&]<class E>(const E& event) -> std::optional<Refusal> {
            if constexpr (creates<T, E>) {
                if (state != nullptr) return stream_exists();
                if constexpr (requires { T::check(event, times); }) {
                    return T::check(event, times);
                } else if constexpr (requires { T::check(event); }) {
                    return T::check(event);
                } else {
                    static_assert(!Checks<T, E>, "the rules of the creating event must be static");
                    return std::nullopt;
                }
            } else {
                if (state == nullptr) return no_stream();
                if constexpr (requires { state->check(event, times); }) {
                    return state->check(event, times);
                } else if constexpr (requires { state->check(event); }) {
                    return state->check(event);
                } else {
                    static_assert(!ChecksWithoutConst<T, E>, "check() must be const");
                    return std::nullopt;
                }
            }
        },
        proposed);
}

// The event with what its caller leaves to the server.
template <AggregateState T>
typename T::Event completed(const T& state, typename T::Event proposed, Times times) {
    return std::visit(
        [&]<class E>(E& event) -> typename T::Event {
            if constexpr (requires { state.completed(event, times); }) {
                return state.completed(std::move(event), times);
            } else {
                static_assert(!CompletesWithoutConst<T, E>, "completed() must be const");
                return std::move(event);
            }
        },
        proposed);
}

template <AggregateState T>
bool changes(const T& state, const typename T::Event& proposed) {
    return std::visit(
        [&]<class E>(const E& event) {
            if constexpr (requires { state.changes(event); }) {
                return state.changes(event);
            } else {
                static_assert(!ChangesWithoutConst<T, E>, "changes() must be const");
                return true;
            }
        },
        proposed);
}

}  // namespace es
