// What commands become: the events that they record, judged together.
#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>
#include <variant>

#include "es/overloaded.hpp"
#include "kpi/metric.hpp"
#include "kpi/metric_checks.hpp"
#include "kpi/refusals.hpp"

namespace kpi {
namespace {

using Check = Metric::Check;

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

template <class... Es>
bool has_any(const std::vector<MetricEvent>& events) {
    return std::ranges::any_of(events, [](const MetricEvent& event) {
        return (std::holds_alternative<Es>(event) || ...);
    });
}

// A goal that is to be reached has a deadline, which an edit may name though it is no end.
Check check_end(const EditMetric& edit, const Metric& before, const Metric& after) {
    if (edit.deadline && edit.deadline->value) return std::nullopt;
    if (edit.deadline && after.mode == GoalMode::reach) {
        return refuse(Rule::deadline_required, "deadline",
                      "A goal that is to be reached has a deadline.");
    }
    return check_end(before, after);
}

// Of all that an edit changes, together.
Check check_edit(const Metric& before, const Metric& after, const std::vector<MetricEvent>& events,
                 es::Times times) {
    const bool reopens = before.archived && !after.archived;
    if (before.archived && !reopens && before != after) {
        Metric archived_alone = before;
        archived_alone.last_occurred = after.last_occurred;
        if (archived_alone != after) return check_archived(before);
    }
    if (after.deadline != before.deadline) {
        if (auto refusal = check_deadline(after.deadline, times.now)) return refusal;
    }
    const bool judged =  // a member changes that the deadline closes
        has_any<MetricTargetUpdated, MetricGoalUpdated, MetricScheduleUpdated>(events);
    if (judged && after.deadline <= times.now) return deadline_passed("");
    // Values that came since may not fit target and goal any more: who leaves them alone is not
    // refused.
    if (has_any<MetricTargetUpdated>(events)) {
        if (auto refusal = check_target(after)) return refusal;
    }
    if (judged) return check_goal(after);
    return after.deadline != before.deadline ? check_times(after) : std::nullopt;
}

MetricSettingsUpdated settings_of(const EditMetric& edit, const Metric& metric) {
    const auto maybe = [](const auto& change, const auto& now) {
        return change ? change->value : now;
    };
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
        if (!is_in_range(event.value)) {
            return refuse(Rule::sum_out_of_range, "add",
                          "The sum must be 0 or have a magnitude of 1e-100 to 1e100.");
        }
    }
    if (auto refusal = check_value(metric, event, times)) {
        if (report.add && refusal->member == "value") refusal->member = "add";
        return *std::move(refusal);
    }
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
    std::ranges::sort(by_date, {},
                      [&](std::size_t place) { return std::pair(date(place), place); });
    std::vector<MetricEvent> events;
    std::vector<es::Refusal> refusals;
    for (const std::size_t place : by_date) {
        auto value = value_of(reports[place], metric, times);
        if (auto* refusal = std::get_if<es::Refusal>(&value)) {
            const std::string member = std::exchange(refusal->member, std::to_string(place));
            if (!member.empty()) refusal->member += "/" + member;
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

// The member of an amendment for which the event that it becomes is refused.
std::string amended_member(const AmendValue& amend, const es::Refusal& refusal) {
    const bool is_about_values = refusal.rule == text_of(Rule::value_out_of_order).name;
    if (!is_about_values || amend.value) return refusal.member;
    return amend.observed_at ? "observedAt" : "retracted";
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
    return decided(MetricAggregate::completed(std::move(event), times), &metric, times);
}

// The events of an edit in the order in which they are recorded; those that change nothing are left
// out when they are.
std::vector<MetricEvent> events_of(const EditMetric& edit, const Metric& metric) {
    const auto changed = [](const auto& change, const auto& now, const auto& otherwise) {
        return change ? change->value.value_or(otherwise) : now;
    };
    const auto maybe = [](const auto& change, const auto& now) {
        return change ? change->value : now;
    };
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
    Metric after = metric.metric();
    bool unsettled = false;
    for (MetricEvent& event : events_of(edit, metric)) {
        if (!es::changes(metric, event)) continue;
        unsettled = unsettled || after.needs_values(event);
        apply_to(after, event, times.on);
        events.push_back(std::move(event));
    }
    if (unsettled) after.settle(metric.values.counted());
    if (auto refusal = check_edit(metric, after, events, times)) return *std::move(refusal);
    if (auto refusal = check_end(edit, metric, after)) return *std::move(refusal);
    return events;
}

}  // namespace

es::Decision<MetricEvent> MetricAggregate::decide(const MetricCommand& command,
                                                  const MetricAggregate* state, es::Times times) {
    return std::visit(
        es::Overloaded{
            [&](const MetricCreated& event) {
                return decided(without_defaults(event), state, times);
            },
            [&](const ReportValue& report) { return decide_report(report, *state, times); },
            [&](const ReportValues& reports) {
                return decide_reports(reports.values, state->metric(), times);
            },
            [&](const AmendValue& amend) {
                auto decision = decide_amendment(amend, *state, times);
                auto* refusal = std::get_if<es::Refusal>(&decision);
                if (refusal != nullptr) refusal->member = amended_member(amend, *refusal);
                return decision;
            },
            [&](const EditMetric& edit) { return decide_edit(edit, *state, times); },
            [&](const auto& event) {
                return decided(es::completed(*state, MetricEvent(event), times), state, times);
            },
        },
        command);
}

}  // namespace kpi
