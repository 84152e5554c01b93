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
    keep_needs_gauge,
    deadline_required,
    start_after_deadline,
    checkpoint_after_deadline,
    schedule_not_monotone,
    add_needs_latest,
    sum_out_of_range,
    no_such_value,
    archived,
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
    RuleText{
        Rule::deadline_passed, "deadline-passed", 422, "The metric's deadline has passed",
        "After its deadline a metric's target, goal, schedule and values stand. Values of before "
        "the deadline are taken for lateDays days more, corrections always. Move the deadline "
        "first if the metric is to continue."},
    RuleText{Rule::value_below_current, "value-below-current", 422, "A counter does not go down",
             "The metric is a counter and the value is below the current one. Use a metric of kind "
             "gauge for what may fall."},
    RuleText{Rule::value_out_of_order, "value-out-of-order", 422,
             "The counter's values would not fit together",
             "A counter's value dated before its current one must lie between 0 and the current "
             "value, also once a value was corrected or taken back."},
    RuleText{Rule::target_below_value, "target-below-value", 422,
             "The target is below what is reached",
             "A counter's target must be at least its current value (0 when it is created), unless "
             "it should be at_most the target."},
    RuleText{Rule::observed_in_future, "observed-in-future", 422,
             "The value or note is dated in the future",
             "observedAt, and at of a note, may lie at most five minutes ahead of the server's "
             "clock, to allow for clocks that differ."},
    RuleText{Rule::keep_needs_gauge, "keep-needs-gauge", 422, "Only a gauge can be kept",
             "A goal of mode keep asks whether the value is on the good side now. A counter never "
             "comes back, so it can be reached or used up only."},
    RuleText{Rule::deadline_required, "deadline-required", 422,
             "A goal that is to be reached has a deadline",
             "Only a goal of mode keep may have no end. Give a deadline together with the mode "
             "reach."},
    RuleText{Rule::start_after_deadline, "start-after-deadline", 422,
             "The start is not before the deadline",
             "A goal's start must lie before its deadline. Where both move, send both in one "
             "request."},
    RuleText{Rule::checkpoint_after_deadline, "checkpoint-after-deadline", 422,
             "A checkpoint is not before the deadline",
             "Every checkpoint must lie before the deadline, at which the target itself holds."},
    RuleText{Rule::schedule_not_monotone, "schedule-not-monotone", 422,
             "The checkpoints don't lead to the target",
             "Checkpoints ascend in time from the start on. Those of a goal that is to be reached "
             "go one way, from the baseline to the target."},
    RuleText{Rule::add_needs_latest, "add-needs-latest", 422, "There is nothing to add to",
             "What is added counts from the current value, the latest by date. A gauge without a "
             "value has none, and an earlier date has another."},
    RuleText{Rule::sum_out_of_range, "sum-out-of-range", 422, "The sum is too large or too small",
             "The current value and what is added to it come to a number that is not 0 and has a "
             "magnitude below 1e-100 or above 1e100."},
    RuleText{Rule::no_such_value, "no-such-value", 422, "No value has this version",
             "A correction names the version of the event that reported the value."},
    RuleText{Rule::archived, "archived", 422, "The metric is archived",
             "An archived metric takes notes only. Reopen it first."},
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
