// What a command handler answers: the events to record, or why the command is refused.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "es/event.hpp"

namespace es {

// A rule of the domain stands against it. Expected, so a value and no exception.
struct Refusal {
    std::string rule;    // the rule's name, e.g. "deadline-passed"
    std::string member;  // the member of the command at fault, e.g. "target"; may be empty
    std::string detail;  // one sentence for a person

    bool operator==(const Refusal&) const = default;
};

// No events: there is nothing to change.
template <class Event>
using Decision = std::variant<std::vector<Event>, Refusal>;

// An event of a domain together with a time: the one that it carries, or at which rules judge it.
template <class Event>
struct Occurred {
    Event event;
    TimePoint on{};
};

}  // namespace es
