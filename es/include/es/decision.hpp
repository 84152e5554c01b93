// How rules answer, and what they may ask for besides the event.
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
    std::vector<Refusal> further = {};  // of other members at fault

    bool operator==(const Refusal&) const = default;
};

// No events: there is nothing to change.
template <class Event>
using Decision = std::variant<std::vector<Event>, Refusal>;

// An event of a domain together with the time that it carries.
template <class Event>
struct Occurred {
    Event event;
    TimePoint on{};
};

// Where an event stands in its stream, and when it happened.
struct EventInfo {
    Version version = 0;
    TimePoint on{};
};

// The times of an event that is proposed. The clocks of two servers differ, and one may have run
// far ahead for a while; the times of a stream's events don't decrease all the same.
struct Times {
    TimePoint now{};  // the clock's: by which rules judge
    TimePoint on{};  // which the event will carry: `now`, or the stream's last one if that is later
};

}  // namespace es
