// Given events, when a command comes, then these events or this refusal: a decision in one line,
// for any aggregate state that takes commands.
//
//     using es::testing::given;
//     given<Account>(Opened{"Ada"}, Deposited{50}).when(Withdraw{20}).then(Withdrawn{20});
//     given<Account>(Opened{"Ada"}).when(Withdraw{20}).then_refused("insufficient-funds");
//
// A mismatch is an exception whose text shows what came instead, so any test framework will do.
#pragma once

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "es/aggregate.hpp"

namespace es::testing {

class Mismatch : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

template <AggregateState T>
class Given {
public:
    using Event = typename T::Event;

    explicit Given(std::vector<Event> history) : history_(std::move(history)) {}

    // When the given events occurred.
    Given occurred(TimePoint when) && {
        occurred_ = when;
        if (now_ < when) now_ = when;
        return std::move(*this);
    }
    // The clock at which the command is decided.
    Given now(TimePoint when) && {
        now_ = when;
        return std::move(*this);
    }
    Given when(const CommandOf<T>& command) && {
        std::optional<Aggregate<T>> aggregate;
        if (!history_.empty()) {
            std::vector<Occurred<Event>> events;
            for (const Event& event : history_) events.push_back({event, occurred_});
            aggregate = Aggregate<T>::replay("given", events);
        }
        decision_ = decide(aggregate, command);
        return std::move(*this);
    }

    template <class... Events>
    void then(Events... expected) && {
        const std::vector<Event> events{Event(std::move(expected))...};
        const auto* decided = std::get_if<std::vector<Event>>(&decision_);
        if (decided == nullptr || *decided != events) {
            throw Mismatch("expected " + describe(events) + ", got " + describe(decision_));
        }
    }
    void then_nothing() && { std::move(*this).then(); }
    void then_refused(const std::string& rule) && {
        const auto* refusal = std::get_if<Refusal>(&decision_);
        if (refusal == nullptr || refusal->rule != rule) {
            throw Mismatch("expected the refusal '" + rule + "', got " + describe(decision_));
        }
    }

private:
    Decision<Event> decide(std::optional<Aggregate<T>>& aggregate, const CommandOf<T>& command) {
        const Times times{now_, history_.empty() ? now_ : std::max(now_, occurred_)};
        auto decision = Aggregate<T>::decide(aggregate, command, times);
        if (std::holds_alternative<Refusal>(decision)) return decision;
        auto& proposed = std::get<std::vector<Event>>(decision);
        auto refusal = Aggregate<T>::propose(aggregate, "given", std::move(proposed), times);
        if (refusal) return *std::move(refusal);
        std::vector<Event> events;
        if (!aggregate) return events;
        for (auto& recorded : aggregate->commit()) events.push_back(std::move(recorded.event));
        return events;
    }

    static std::string describe(const Decision<Event>& decision) {
        if (const auto* refusal = std::get_if<Refusal>(&decision)) {
            return "the refusal '" + refusal->rule + "' (" + refusal->detail + ")";
        }
        const auto& events = std::get<std::vector<Event>>(decision);
        if (events.empty()) return "no events";
        std::string text;
        for (const Event& event : events) {
            const auto encoded = codec_of<T>().encode(event);
            text += (text.empty() ? "" : ", ") + encoded.type + " " + encoded.payload;
        }
        return text;
    }

    std::vector<Event> history_;
    TimePoint occurred_{};
    TimePoint now_{};
    Decision<Event> decision_;
};

template <AggregateState T, class... Events>
Given<T> given(Events... events) {
    return Given<T>({typename T::Event(std::move(events))...});
}

}  // namespace es::testing
