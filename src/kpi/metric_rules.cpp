// The rules by which commands on a metric are refused, and what commands become.
#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>
#include <variant>

#include "es/overloaded.hpp"
#include "kpi/metric.hpp"
#include "kpi/refusals.hpp"

namespace kpi {
namespace {

using Check = Metric::Check;
using std::chrono::days;

Check deadline_passed(const char* member) {
    return refuse(Rule::deadline_passed, member, "The metric's deadline has passed.");
}

Check check_archived(const Metric& metric) {
    if (!metric.archived) return std::nullopt;
    return refuse(Rule::archived, "", "The metric is archived; reopen it first.");
}

Check check_open(const Metric& metric, es::Times times, const char* member) {
    if (auto refusal = check_archived(metric)) return refusal;
    if (metric.deadline <= times.now) return deadline_passed(member);
    return std::nullopt;
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

Check check_observed(std::optional<TimePoint> observed_at, TimePoint now) {
    if (!observed_at || *observed_at <= now + observed_ahead_max) return std::nullopt;
    return refuse(Rule::observed_in_future, "observedAt",
                  "observedAt must not lie more than 5 minutes in the future.");
}

Check not_monotone(const char* detail) {
    return refuse(Rule::schedule_not_monotone, "checkpoints", detail);
}

Check check_checkpoints(const Metric& metric) {
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

// What must hold of the goal as a whole, after all that a command changes.
Check check_goal(const Metric& metric) {
    if (metric.mode == GoalMode::keep && metric.kind == MetricKind::counter) {
        return refuse(Rule::keep_needs_gauge, "mode",
                      "Only a gauge can be kept; a counter never comes back.");
    }
    if (metric.start && *metric.start >= metric.deadline) {
        return refuse(Rule::start_after_deadline, "start",
                      "The start must lie before the deadline.");
    }
    return check_checkpoints(metric);
}

template <class E>
Check check_goal_after(const Metric& metric, const E& event, es::Times times) {
    Metric after = metric;
    after.apply(event, {0, times.on});
    return check_goal(after);
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

Check check_value(const Metric& metric, const MetricValueUpdated& event, es::Times times) {
    if (auto refusal = check_archived(metric)) return refusal;
    if (auto refusal = check_in_time(metric, event, times)) return refusal;
    if (auto refusal = check_observed(event.observed_at, times.now)) return refusal;
    if (metric.kind == MetricKind::gauge) return std::nullopt;
    return check_counter_value(metric, event, times.on);
}

// The values that count after a correction or retraction.
struct Amended {
    const ReportedValues& before;
    std::optional<CountedValue> amended;  // nullopt: it is retracted
    es::Version of;

    template <class Visit>
    void each(Visit visit) const {
        bool visited = !amended;
        const auto visit_amended = [&] {
            if (!std::exchange(visited, true)) visit(*amended, std::optional<TimePoint>());
        };
        before.each([&](const CountedValue& value, std::optional<TimePoint> recorded_at) {
            if (value.version >= of) visit_amended();
            if (value.version != of) visit(value, recorded_at);
        });
        visit_amended();
    }
};

// Of a counter: no value above the current one, and none below 0.
Check check_counter_after(const Metric& metric, const Amended& values, const char* member) {
    Metric after;
    after.created_at = metric.created_at;
    after.start = metric.start;
    after.settle(values);
    bool fits = true;
    values.each([&](const CountedValue& value, std::optional<TimePoint> /*recorded_at*/) {
        fits = fits && value.value >= 0 && value.value <= after.value;
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

template <class T>
void drop(std::optional<T>& member, const T& otherwise) {
    if (member == otherwise) member.reset();
}

// Members that say what holds anyway are left out, so that older programs read the event.
MetricCreated without_defaults(MetricCreated event) {
    drop(event.direction, Direction::at_least);
    drop(event.mode, GoalMode::reach);
    drop(event.checkpoints, {});
    drop(event.late_days, std::int64_t{0});
    drop(event.tags, {});
    drop(event.links, {});
    return event;
}

es::Refusal refuse_to_add(bool has_value) {
    return refuse(Rule::add_needs_latest, "add",
                  has_value ? "Only the latest value can be added to: observedAt must not lie "
                              "before it."
                            : "There is no value yet to add to.");
}

void apply_to(Metric& metric, const MetricEvent& event, TimePoint on) {
    std::visit([&](const auto& happened) { metric.apply(happened, {0, on}); }, event);
}

// Of all that an edit changes, together.
Check check_edit(const Metric& before, const Metric& after, bool judged, es::Times times) {
    const bool reopens = before.archived && !after.archived;
    if (before.archived && !reopens && before != after) {
        Metric archived_alone = before;
        archived_alone.last_occurred = after.last_occurred;
        if (archived_alone != after) return check_archived(before);
    }
    if (after.deadline != before.deadline) {
        if (auto refusal = check_deadline(after.deadline, times.now)) return refusal;
    }
    if (judged && after.deadline <= times.now) return deadline_passed("");
    if (judged) {
        if (auto refusal = check_target(after)) return refusal;
    }
    return check_goal(after);
}

MetricSettingsUpdated settings_of(const EditMetric& edit, const Metric& metric) {
    const auto maybe = [](const auto& change, auto now) { return change ? change->value : now; };
    const auto list = [](const auto& change, const auto& now) {
        auto value = change ? change->value : std::optional(now);
        return value && !value->empty() ? value : std::nullopt;
    };
    MetricSettingsUpdated settings{maybe(edit.update_every, metric.update_every),
                                   maybe(edit.late_days, std::optional(metric.late_days)),
                                   maybe(edit.decimals, metric.decimals),
                                   maybe(edit.owner, metric.owner),
                                   list(edit.tags, metric.tags),
                                   list(edit.links, metric.links),
                                   edit.reason};
    drop(settings.late_days, std::int64_t{0});
    return settings;
}

es::Decision<MetricEvent> decided(MetricEvent event, const MetricAggregate* state,
                                  es::Times times) {
    if (auto refusal = es::check(state, event, times)) return *std::move(refusal);
    return std::vector<MetricEvent>{std::move(event)};
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

// The event of a report, if the rules allow it.
std::variant<MetricValueUpdated, es::Refusal> value_of(const ReportValue& report,
                                                       const Metric& metric, es::Times times) {
    MetricValueUpdated event{
        report.value.value_or(0), report.observed_at, {}, report.add, report.comment};
    event = completed_value(metric, std::move(event), times);
    if (report.add) {
        const bool has_value = metric.value_date || metric.kind == MetricKind::counter;
        if (!has_value || !becomes_current(metric, date_of(event, times.on), event.recorded_at)) {
            return refuse_to_add(has_value);
        }
        event.value = metric.value + *report.add;
    }
    if (auto refusal = check_value(metric, event, times)) return *std::move(refusal);
    return event;
}

es::Decision<MetricEvent> decide_report(const ReportValue& report, const Metric& metric,
                                        es::Times times) {
    auto value = value_of(report, metric, times);
    if (auto* refusal = std::get_if<es::Refusal>(&value)) return std::move(*refusal);
    return std::vector<MetricEvent>{std::get<MetricValueUpdated>(std::move(value))};
}

// Each report is judged on the state after those of earlier dates.
es::Decision<MetricEvent> decide_reports(const std::vector<ReportValue>& reports, Metric metric,
                                         es::Times times) {
    std::vector<std::size_t> by_date(reports.size());
    std::iota(by_date.begin(), by_date.end(), std::size_t{0});
    const auto date = [&](std::size_t place) {
        return reports[place].observed_at.value_or(times.on);
    };
    std::stable_sort(by_date.begin(), by_date.end(),
                     [&](std::size_t a, std::size_t b) { return date(a) < date(b); });
    std::vector<MetricEvent> events;
    std::vector<es::Refusal> refusals;
    for (const std::size_t place : by_date) {
        auto value = value_of(reports[place], metric, times);
        if (auto* refusal = std::get_if<es::Refusal>(&value)) {
            refusal->member = std::to_string(place) + "/" + refusal->member;
            refusals.push_back(std::move(*refusal));
            continue;
        }
        auto& event = std::get<MetricValueUpdated>(value);
        metric.apply(event, {0, times.on});
        events.emplace_back(std::move(event));
    }
    if (refusals.empty()) return events;
    es::Refusal first = std::move(refusals.front());
    first.further.assign(std::next(refusals.begin()), refusals.end());
    return first;
}

es::Decision<MetricEvent> decide_amendment(const AmendValue& amend, const MetricAggregate& metric,
                                           es::Times times) {
    if (amend.retracted.value_or(false)) {
        return decided(MetricValueRetracted{amend.of, amend.reason}, &metric, times);
    }
    const auto found = metric.values.find(amend.of);
    MetricValueCorrected event{amend.of, 0, amend.observed_at, {}, amend.reason};
    event.value = amend.value.value_or(found ? found->value.value : 0);
    if (amend.comment) event.comment = amend.comment->value.value_or("");
    // What changes nothing else doesn't bring a retracted value back, unless it says so.
    if (found && found->retracted && !amend.retracted) {
        return refuse(Rule::no_such_value, "of",
                      "The value was taken back; \"retracted\": false brings it back.");
    }
    return decided(metric.completed(std::move(event), times), &metric, times);
}

// The events of an edit in the order in which they are recorded; those that change nothing are left
// out when they are.
std::vector<MetricEvent> events_of(const EditMetric& edit, const Metric& metric) {
    const auto changed = [](const auto& change, auto now, auto otherwise) {
        return change ? change->value.value_or(otherwise) : now;
    };
    const auto maybe = [](const auto& change, auto now) { return change ? change->value : now; };
    const auto& reason = edit.reason;
    const bool archived = changed(edit.archived, metric.archived, false);
    std::vector<MetricEvent> events;
    if (!archived) events.emplace_back(MetricReopened{reason});
    events.emplace_back(MetricDetailsUpdated{edit.name.value_or(metric.name),
                                             edit.description.value_or(metric.description),
                                             edit.unit.value_or(metric.unit), reason});
    events.emplace_back(MetricTargetUpdated{edit.target.value_or(metric.target), reason});
    events.emplace_back(
        MetricDeadlineUpdated{changed(edit.deadline, metric.deadline, no_deadline), reason});
    events.emplace_back(MetricGoalUpdated{
        changed(edit.direction, metric.direction, Direction::at_least),
        changed(edit.mode, metric.mode, GoalMode::reach), maybe(edit.start, metric.start),
        maybe(edit.baseline, metric.baseline), maybe(edit.tolerance, metric.tolerance), reason});
    events.emplace_back(MetricScheduleUpdated{
        changed(edit.checkpoints, metric.checkpoints, std::vector<Checkpoint>()), reason});
    events.emplace_back(settings_of(edit, metric));
    if (archived) events.emplace_back(MetricArchived{reason});
    return events;
}

es::Decision<MetricEvent> decide_edit(const EditMetric& edit, const MetricAggregate& metric,
                                      es::Times times) {
    std::vector<MetricEvent> events;
    Metric after = metric;
    bool unsettled = false;
    bool judged = false;  // whether a member changes that the deadline closes
    for (MetricEvent& event : events_of(edit, metric)) {
        if (!es::changes(metric, event)) continue;
        unsettled = unsettled || after.needs_values(event);
        judged = judged || std::holds_alternative<MetricTargetUpdated>(event) ||
                 std::holds_alternative<MetricGoalUpdated>(event) ||
                 std::holds_alternative<MetricScheduleUpdated>(event);
        apply_to(after, event, times.on);
        events.push_back(std::move(event));
    }
    if (unsettled) after.settle(metric.values);
    if (auto refusal = check_edit(metric, after, judged, times)) return *std::move(refusal);
    return events;
}

}  // namespace

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
    Metric after = *this;
    after.apply(event, {0, times.on});
    if (auto refusal = check_target(after)) return refusal;
    return check_goal(after);
}

Check MetricAggregate::check(const MetricDeadlineUpdated& event, es::Times times) const {
    if (auto refusal = check_archived(*this)) return refusal;
    if (auto refusal = check_deadline(event.deadline, times.now)) return refusal;
    return check_goal_after(*this, event, times);
}

Check MetricAggregate::check(const MetricGoalUpdated& event, es::Times times) const {
    if (auto refusal = check_open(*this, times, "")) return refusal;
    return check_goal_after(*this, event, times);
}

Check MetricAggregate::check(const MetricScheduleUpdated& event, es::Times times) const {
    if (auto refusal = check_open(*this, times, "checkpoints")) return refusal;
    return check_goal_after(*this, event, times);
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
    return check_counter_after(*this, {values, amended, event.of}, "value");
}

Check MetricAggregate::check(const MetricValueRetracted& event, es::Times /*times*/) const {
    if (auto refusal = check_archived(*this)) return refusal;
    if (!values.find(event.of)) return no_such_value(event.of);
    if (kind == MetricKind::gauge) return std::nullopt;
    return check_counter_after(*this, {values, std::nullopt, event.of}, "of");
}

Check MetricAggregate::check(const MetricNoted& event, es::Times times) const {
    const TimePoint latest = std::max(times.now + observed_ahead_max, times.on);
    if (event.at.value_or(latest) <= latest) return std::nullopt;
    return refuse(Rule::observed_in_future, "at",
                  "A note must not lie more than 5 minutes in the future.");
}

Check MetricAggregate::check(const MetricArchived& /*event*/, es::Times /*times*/) const {
    return std::nullopt;
}

Check MetricAggregate::check(const MetricReopened& /*event*/, es::Times /*times*/) const {
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
    Metric after = *this;
    after.apply(event, {0, last_occurred});
    return after != static_cast<const Metric&>(*this);
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

MetricValueCorrected MetricAggregate::completed(MetricValueCorrected event, es::Times times) const {
    if (event.observed_at && *event.observed_at > times.on &&
        *event.observed_at <= times.now + observed_ahead_max) {
        event.observed_at = times.on;
    }
    return event;
}

MetricNoted MetricAggregate::completed(MetricNoted event, es::Times times) const {
    // Slightly ahead counts as now, as of values.
    const TimePoint at = event.at.value_or(times.on);
    event.at = at <= times.now + observed_ahead_max ? std::min(at, times.on) : at;
    return event;
}

es::Decision<MetricEvent> MetricAggregate::decide(const MetricCommand& command,
                                                  const MetricAggregate* state, es::Times times) {
    return std::visit(
        es::Overloaded{
            [&](const MetricCreated& event) {
                return decided(without_defaults(event), state, times);
            },
            [&](const ReportValue& report) { return decide_report(report, *state, times); },
            [&](const ReportValues& reports) {
                return decide_reports(reports.values, *state, times);
            },
            [&](const AmendValue& amend) { return decide_amendment(amend, *state, times); },
            [&](const EditMetric& edit) { return decide_edit(edit, *state, times); },
            [&](const auto& event) {
                return decided(es::completed(*state, MetricEvent(event), times), state, times);
            },
        },
        command);
}

}  // namespace kpi
