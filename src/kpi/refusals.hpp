// The rules of the domain by which commands are refused: each is one row of a catalogue, which the
// APIs answer from (status, title, and the page that explains it).
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "es/decision.hpp"

namespace kpi {

enum class Rule {
    deadline_in_past,
    deadline_passed,
    value_below_current,
    value_out_of_order,
    target_below_value,
    observed_in_future,
    count_,  // of the rules
};

struct RuleText {
    Rule rule;
    const char* name;
    int status;  // HTTP's
    const char* title;
    const char* explanation;
};

inline constexpr std::array rule_catalogue{
    RuleText{Rule::deadline_in_past, "deadline-in-past", 422, "The deadline is not in the future",
             "A metric's deadline, when it is created and whenever it is moved, must lie after the "
             "server's present time."},
    RuleText{Rule::deadline_passed, "deadline-passed", 422, "The metric's deadline has passed",
             "After its deadline a metric's target and values stand, whatever date a value "
             "carries. Move the deadline first if the metric is to go on."},
    RuleText{Rule::value_below_current, "value-below-current", 422, "A counter does not go down",
             "The metric is a counter and the value is below the current one. Use a metric of kind "
             "gauge for what may fall."},
    RuleText{Rule::value_out_of_order, "value-out-of-order", 422,
             "The back-dated value does not fit the counter",
             "A counter's value dated before its current one must lie between 0 and the current "
             "value."},
    RuleText{Rule::target_below_value, "target-below-value", 422,
             "The target is below what is reached",
             "A counter's target must be at least its current value (0 when it is created)."},
    RuleText{Rule::observed_in_future, "observed-in-future", 422,
             "The value is dated in the future",
             "observedAt may lie at most five minutes ahead of the server's clock, to allow for "
             "clocks that differ."},
};

// Fails to compile if a rule has no row.
constexpr bool has_every_rule() {
    for (std::size_t i = 0; i < rule_catalogue.size(); ++i) {
        if (rule_catalogue.at(i).rule != static_cast<Rule>(i)) return false;
    }
    return rule_catalogue.size() == static_cast<std::size_t>(Rule::count_);
}
static_assert(has_every_rule(), "the catalogue has a row for each rule, in their order");

constexpr const RuleText& text_of(Rule rule) {
    return rule_catalogue.at(static_cast<std::size_t>(rule));
}

// `member`: of the event at fault. `detail`: one sentence for a person.
inline es::Refusal refuse(Rule rule, std::string member, std::string detail) {
    return {text_of(rule).name, std::move(member), std::move(detail)};
}

}  // namespace kpi
