#include "kpi/metric.hpp"

#include <algorithm>

#include "kpi/refusals.hpp"

namespace kpi {
namespace {

using Check = Metric::Check;

Check deadline_passed(const char* member) {
    return refuse(Rule::deadline_passed, member, "The metric's deadline has passed.");
}

Check check_deadline(TimePoint deadline, TimePoint now) {
    if (deadline > now) return std::nullopt;
    return refuse(Rule::deadline_in_past, "deadline", "The deadline must lie in the future.");
}

Check check_target(MetricKind kind, double target, double value) {
    if (kind == MetricKind::gauge || target >= value) return std::nullopt;
    return refuse(Rule::target_below_value, "target",
                  "A counter's target must not be below its current value.");
}

Check check_counter_value(const Metric& metric, const MetricValueUpdated& event, TimePoint on) {
    const double value = event.value;
    if (becomes_current(metric.value_date, metric.created_at, event, on)) {
        if (value >= metric.value) return std::nullopt;
        return refuse(Rule::value_below_current, "value",
                      "A counter's value must not be below its current value.");
    }
    if (value >= 0 && value <= metric.value) return std::nullopt;
    return refuse(Rule::value_out_of_order, "value",
                  "A counter's value dated before its current one must lie between 0 and "
                  "the current value.");
}

}  // namespace

std::string to_string(MetricKind kind) {
    return metric_kinds.write(kind);
}

std::optional<MetricKind> parse_metric_kind(std::string_view text) {
    return metric_kinds.read(text);
}

bool becomes_current(const std::optional<TimePoint>& current_date, TimePoint date) {
    return !current_date || date >= *current_date;
}

TimePoint date_of(const MetricValueUpdated& event, TimePoint on) {
    return event.observed_at.value_or(event.recorded_at.value_or(on));
}

bool becomes_current(const std::optional<TimePoint>& current_date, TimePoint created_at,
                     const MetricValueUpdated& event, TimePoint on) {
    auto current = current_date;
    if (current && event.recorded_at) {
        const TimePoint now = *event.recorded_at;
        if (*current <= now + observed_ahead_max) {
            current = std::min(*current, now);  // clocks differ a little
        } else {
            // A creation that is ahead as well says nothing.
            current = created_at <= now ? created_at : TimePoint::min();
        }
    }
    return becomes_current(current, date_of(event, on));
}

void Metric::apply(const MetricCreated& event, TimePoint on) {
    name = event.name;
    description = event.description;
    target = event.target;
    unit = event.unit;
    deadline = event.deadline;
    kind = event.kind;
    created_at = last_occurred = on;
}

void Metric::apply(const MetricDetailsUpdated& event, TimePoint on) {
    last_occurred = on;
    name = event.name;
    description = event.description;
    unit = event.unit;
}

void Metric::apply(const MetricTargetUpdated& event, TimePoint on) {
    last_occurred = on;
    target = event.target;
}

void Metric::apply(const MetricDeadlineUpdated& event, TimePoint on) {
    last_occurred = on;
    deadline = event.deadline;
}

void Metric::apply(const MetricValueUpdated& event, TimePoint on) {
    last_occurred = on;
    if (!becomes_current(value_date, created_at, event, on)) return;
    value = event.value;
    value_date = date_of(event, on);
}

Check Metric::check(const MetricCreated& event, es::Times times) {
    if (auto refusal = check_deadline(event.deadline, times.now)) return refusal;
    return check_target(event.kind, event.target, 0);
}

Check Metric::check(const MetricDetailsUpdated& /*event*/) {
    return std::nullopt;
}

Check Metric::check(const MetricTargetUpdated& event, es::Times times) const {
    if (deadline <= times.now) return deadline_passed("target");
    return check_target(kind, event.target, value);
}

Check Metric::check(const MetricDeadlineUpdated& event, es::Times times) {
    return check_deadline(event.deadline, times.now);
}

Check Metric::check(const MetricValueUpdated& event, es::Times times) const {
    if (deadline <= times.now) return deadline_passed("value");
    if (event.observed_at && *event.observed_at > times.now + observed_ahead_max) {
        return refuse(Rule::observed_in_future, "observedAt",
                      "observedAt must not lie more than 5 minutes in the future.");
    }
    if (kind == MetricKind::gauge) return std::nullopt;
    return check_counter_value(*this, event, times.on);
}

bool Metric::changes(const MetricDetailsUpdated& event) const {
    return event.name != name || event.description != description || event.unit != unit;
}

bool Metric::changes(const MetricTargetUpdated& event) const {
    return event.target < target || event.target > target;
}

bool Metric::changes(const MetricDeadlineUpdated& event) const {
    return event.deadline != deadline;
}

MetricValueUpdated Metric::completed(MetricValueUpdated event, es::Times times) const {
    // Whether a clock that was wrong has left times that are far ahead.
    const TimePoint latest = std::max(times.on, value_date.value_or(times.now));
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

std::size_t Metric::bytes() const {
    return sizeof *this + name.size() + description.size() + unit.size();
}

}  // namespace kpi
