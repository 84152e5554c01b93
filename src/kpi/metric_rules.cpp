// The rules by which commands on a metric are refused.
#include <algorithm>
#include <chrono>
#include <utility>

#include "es/overloaded.hpp"
#include "kpi/metric.hpp"
#include "kpi/metric_checks.hpp"
#include "kpi/refusals.hpp"

namespace kpi {
namespace {

using Check = Metric::Check;
using std::chrono::days;

Check check_open(const Metric& metric, es::Times times, const char* member) {
    if (auto refusal = check_archived(metric)) return refusal;
    if (metric.deadline <= times.now) return deadline_passed(member);
    return std::nullopt;
}

Check check_observed(std::optional<TimePoint> observed_at, TimePoint now) {
    if (!observed_at || *observed_at <= now + observed_ahead_max) return std::nullopt;
    return refuse(Rule::observed_in_future, "observedAt",
                  "observedAt must not lie more than 5 minutes in the future.");
}

Check not_monotone(const char* detail) {
    return refuse(Rule::schedule_not_monotone, "checkpoints", detail);
}

Check check_checkpoint_times(const Metric& metric) {
    TimePoint previous = metric.starts_at();
    for (const auto& [until, target] : metric.checkpoints) {
        if (until <= previous) {
            return not_monotone("The checkpoints' times must lie after the start and ascend.");
        }
        if (until >= metric.deadline) {
            return refuse(Rule::checkpoint_after_deadline, "checkpoints",
                          "Every checkpoint must lie before the deadline.");
        }
        previous = until;
    }
    return std::nullopt;
}

Check check_checkpoint_targets(const Metric& metric) {
    const Goal goal = goal_of(metric);
    if (goal.mode == GoalMode::keep || metric.checkpoints.empty()) return std::nullopt;
    // Where the baseline will follow from the first value, the first checkpoint is the beginning.
    const bool has_baseline =
        metric.baseline || metric.opening_date || metric.kind == MetricKind::counter;
    const double first = has_baseline ? goal.baseline : metric.checkpoints.front().target;
    const bool rises = goal.target >= first;
    double reached = first;
    for (const auto& checkpoint : metric.checkpoints) {
        if (rises ? checkpoint.target < reached : checkpoint.target > reached) {
            return not_monotone(
                "The targets of checkpoints must go one way, from the baseline to "
                "the target.");
        }
        reached = checkpoint.target;
    }
    if (rises ? goal.target < reached : goal.target > reached) {
        return not_monotone("The last checkpoint's target must not lie beyond the target.");
    }
    return std::nullopt;
}

Check check_counter_value(const Metric& metric, const MetricValueUpdated& event, TimePoint on) {
    const double value = event.value;
    if (becomes_current(metric, date_of(event, on), event.recorded_at)) {
        if (value >= metric.value) return std::nullopt;
        return refuse(Rule::value_below_current, "value",
                      "A counter's value must not be below its current value.");
    }
    if (value >= 0 && value <= metric.value) return std::nullopt;
    return refuse(Rule::value_out_of_order, "value",
                  "A counter's value dated before its current one must lie between 0 and "
                  "the current value.");
}

// A value of before the deadline may come some days late.
Check check_in_time(const Metric& metric, const MetricValueUpdated& event, es::Times times) {
    if (metric.deadline <= times.now) {
        const bool still_taken = times.now < metric.deadline + days(metric.late_days);
        if (!still_taken || date_of(event, times.on) > metric.deadline) {
            return deadline_passed("value");
        }
    }
    return std::nullopt;
}

// The values that count after a correction or retraction.
struct Amended {
    const CountedValues& before;
    CountedValues::Instead instead;

    template <class Visitor>
    void visit(TimePoint start, const Visitor& visitor) const {
        before.visit(start, visitor, instead);
    }
};

// Of a counter: no value above the current one, and none below 0.
Check check_counter_after(const Metric& metric, const Amended& values, const char* member) {
    Metric after;
    after.created_at = metric.created_at;
    after.start = metric.start;
    after.settle(values);
    bool fits = true;
    const auto look_at = [&](double lowest, double highest) {
        fits = fits && lowest >= 0 && highest <= after.value;
    };
    values.visit(after.starts_at(),
                 es::Overloaded{
                     [&](const ValueRun& run) { look_at(run.lowest, run.highest); },
                     [&](const CountedValue& value, std::optional<TimePoint> /*recorded_at*/) {
                         look_at(value.value, value.value);
                     },
                 });
    if (fits) return std::nullopt;
    return refuse(Rule::value_out_of_order, member,
                  "A counter's values must lie between 0 and the current one, the latest by date.");
}

Check no_such_value(es::Version of) {
    return refuse(Rule::no_such_value, "of",
                  "No event of version " + std::to_string(of) + " reported a value.");
}

bool same_number(double a, double b) {
    return !(a < b) && !(a > b);
}

}  // namespace

Check deadline_passed(const char* member) {
    return refuse(Rule::deadline_passed, member, "The metric's deadline has passed.");
}

Check check_archived(const Metric& metric) {
    if (!metric.archived) return std::nullopt;
    return refuse(Rule::archived, "", "The metric is archived; reopen it first.");
}

Check check_deadline(TimePoint deadline, TimePoint now) {
    if (deadline > now) return std::nullopt;
    return refuse(Rule::deadline_in_past, "deadline", "The deadline must lie in the future.");
}

// A counter that should stay below its target may be above it.
Check check_target(const Metric& metric) {
    if (metric.kind == MetricKind::gauge || metric.direction == Direction::at_most ||
        metric.target >= metric.value) {
        return std::nullopt;
    }
    return refuse(Rule::target_below_value, "target",
                  "A counter's target must not be below its current value.");
}

Check check_times(const Metric& metric) {
    if (metric.start && *metric.start >= metric.deadline) {
        return refuse(Rule::start_after_deadline, "start",
                      "The start must lie before the deadline.");
    }
    return check_checkpoint_times(metric);
}

Check check_end(const Metric& before, const Metric& after) {
    const bool is_new = before.mode == GoalMode::keep && after.mode == GoalMode::reach;
    if (!is_new || after.deadline != no_deadline) return std::nullopt;
    return refuse(Rule::deadline_required, "mode",
                  "A goal that is to be reached has a deadline; this one has no end.");
}

Check check_goal(const Metric& metric) {
    if (metric.mode == GoalMode::keep && metric.kind == MetricKind::counter) {
        return refuse(Rule::keep_needs_gauge, "mode",
                      "Only a gauge can be kept; a counter never comes back.");
    }
    if (auto refusal = check_times(metric)) return refusal;
    return check_checkpoint_targets(metric);
}

Check check_value(const Metric& metric, const MetricValueUpdated& event, es::Times times) {
    if (auto refusal = check_archived(metric)) return refusal;
    if (auto refusal = check_in_time(metric, event, times)) return refusal;
    if (auto refusal = check_observed(event.observed_at, times.now)) return refusal;
    if (metric.kind == MetricKind::gauge) return std::nullopt;
    return check_counter_value(metric, event, times.on);
}

MetricValueUpdated completed_value(const Metric& metric, MetricValueUpdated event,
                                   es::Times times) {
    // Whether a clock that was wrong has left times that are far ahead.
    const TimePoint latest = std::max(times.on, metric.value_date.value_or(times.now));
    if (latest > times.now + observed_ahead_max) event.recorded_at = times.now;
    // Clocks differ a little: slightly ahead of ours counts as now, and so does what the last
    // event is ahead of it.
    const TimePoint present = event.recorded_at.value_or(times.on);
    if (event.observed_at && *event.observed_at > present &&
        *event.observed_at <= times.now + observed_ahead_max) {
        event.observed_at = present;
    }
    return event;
}

Check MetricAggregate::check(const MetricCreated& event, es::Times times) {
    if (auto refusal = check_deadline(event.deadline, times.now)) return refusal;
    Metric created;
    created.apply(event, {1, times.on});
    if (auto refusal = check_target(created)) return refusal;
    return check_goal(created);
}

Check MetricAggregate::check(const MetricDetailsUpdated& /*event*/, es::Times /*times*/) const {
    return check_archived(*this);
}

Check MetricAggregate::check(const MetricTargetUpdated& event, es::Times times) const {
    if (auto refusal = check_open(*this, times, "target")) return refusal;
    Metric after = metric();
    after.apply(event, {0, times.on});
    if (auto refusal = check_target(after)) return refusal;
    return check_goal(after);
}

Check MetricAggregate::check(const MetricDeadlineUpdated& event, es::Times times) const {
    if (auto refusal = check_archived(*this)) return refusal;
    if (auto refusal = check_deadline(event.deadline, times.now)) return refusal;
    Metric after = metric();
    after.apply(event, {0, times.on});
    return check_times(after);
}

Check MetricAggregate::check(const MetricGoalUpdated& event, es::Times times) const {
    if (auto refusal = check_open(*this, times, "")) return refusal;
    // The baseline may follow from another value once the start has moved.
    Metric after = metric();
    after.apply(event, {0, times.on});
    if (needs_values(event)) after.settle(values.counted());
    if (auto refusal = check_goal(after)) return refusal;
    return check_end(metric(), after);
}

Check MetricAggregate::check(const MetricScheduleUpdated& event, es::Times times) const {
    if (auto refusal = check_open(*this, times, "checkpoints")) return refusal;
    Metric after = metric();
    after.apply(event, {0, times.on});
    return check_goal(after);
}

Check MetricAggregate::check(const MetricSettingsUpdated& /*event*/, es::Times /*times*/) const {
    return check_archived(*this);
}

Check MetricAggregate::check(const MetricValueUpdated& event, es::Times times) const {
    return check_value(*this, event, times);
}

Check MetricAggregate::check(const MetricValueCorrected& event, es::Times times) const {
    if (auto refusal = check_archived(*this)) return refusal;
    const auto found = values.find(event.of);
    if (!found) return no_such_value(event.of);
    if (auto refusal = check_observed(event.observed_at, times.now)) return refusal;
    if (kind == MetricKind::gauge) return std::nullopt;
    const CountedValue amended{event.observed_at.value_or(found->value.date), event.value,
                               event.of};
    return check_counter_after(*this, {values.counted(), {event.of, amended}}, "value");
}

Check MetricAggregate::check(const MetricValueRetracted& event, es::Times /*times*/) const {
    if (auto refusal = check_archived(*this)) return refusal;
    if (!values.find(event.of)) return no_such_value(event.of);
    if (kind == MetricKind::gauge) return std::nullopt;
    return check_counter_after(*this, {values.counted(), {event.of, std::nullopt}}, "of");
}

Check MetricAggregate::check(const MetricNoted& event, es::Times times) {
    const TimePoint latest = std::max(times.now + observed_ahead_max, times.on);
    if (event.at.value_or(latest) <= latest) return std::nullopt;
    return refuse(Rule::observed_in_future, "at",
                  "A note must not lie more than 5 minutes in the future.");
}

Check MetricAggregate::check(const MetricArchived& /*event*/) {
    return std::nullopt;
}

Check MetricAggregate::check(const MetricReopened& /*event*/) {
    return std::nullopt;
}

bool MetricAggregate::changes(const MetricDetailsUpdated& event) const {
    return event.name != name || event.description != description || event.unit != unit;
}

bool MetricAggregate::changes(const MetricTargetUpdated& event) const {
    return !same_number(event.target, target);
}

bool MetricAggregate::changes(const MetricDeadlineUpdated& event) const {
    return event.deadline != deadline;
}

bool MetricAggregate::changes(const MetricGoalUpdated& event) const {
    return event.direction != direction || event.mode != mode || event.start != start ||
           event.baseline != baseline || event.tolerance != tolerance;
}

bool MetricAggregate::changes(const MetricScheduleUpdated& event) const {
    return event.checkpoints != checkpoints;
}

bool MetricAggregate::changes(const MetricSettingsUpdated& event) const {
    Metric after = metric();
    after.apply(event, {0, last_occurred});
    return after != metric();
}

bool MetricAggregate::changes(const MetricValueCorrected& event) const {
    const auto found = values.find(event.of);
    return !found || found->retracted || !same_number(found->value.value, event.value) ||
           event.observed_at.value_or(found->value.date) != found->value.date ||
           event.comment.value_or(found->comment) != found->comment;
}

bool MetricAggregate::changes(const MetricValueRetracted& event) const {
    const auto found = values.find(event.of);
    return !found || !found->retracted;
}

bool MetricAggregate::changes(const MetricArchived& /*event*/) const {
    return !archived;
}

bool MetricAggregate::changes(const MetricReopened& /*event*/) const {
    return archived;
}

MetricValueUpdated MetricAggregate::completed(MetricValueUpdated event, es::Times times) const {
    return completed_value(*this, std::move(event), times);
}

MetricValueCorrected MetricAggregate::completed(MetricValueCorrected event, es::Times times) {
    if (event.observed_at && *event.observed_at > times.on &&
        *event.observed_at <= times.now + observed_ahead_max) {
        event.observed_at = times.on;
    }
    return event;
}

MetricNoted MetricAggregate::completed(MetricNoted event, es::Times times) {
    // Slightly ahead counts as now, as of values.
    const TimePoint at = event.at.value_or(times.on);
    event.at = at <= times.now + observed_ahead_max ? std::min(at, times.on) : at;
    return event;
}

}  // namespace kpi
