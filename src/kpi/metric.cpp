#include "kpi/metric.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "es/errors.hpp"

namespace kpi {

std::string to_string(MetricKind kind) {
    return metric_kinds.write(kind);
}

std::optional<MetricKind> parse_metric_kind(std::string_view text) {
    return metric_kinds.read(text);
}

TimePoint date_of(const MetricValueUpdated& event, TimePoint on) {
    return event.observed_at.value_or(event.recorded_at.value_or(on));
}

bool becomes_current(const Metric& metric, TimePoint date, std::optional<TimePoint> recorded_at) {
    auto current = metric.value_date;
    if (current && recorded_at) {
        const TimePoint now = *recorded_at;
        if (*current <= now + observed_ahead_max) {
            current = std::min(*current, now);  // clocks differ a little
        } else {
            // A creation that is ahead as well says nothing.
            current = metric.created_at <= now ? metric.created_at : TimePoint::min();
        }
    }
    return !current || date >= *current;
}

Goal goal_of(const Metric& metric) {
    Goal goal;
    goal.kind = metric.kind;
    goal.direction = metric.direction;
    goal.mode = metric.mode;
    goal.target = metric.target;
    goal.deadline = metric.deadline;
    // A creation that was stamped by a clock that ran ahead may lie behind the deadline.
    goal.start = std::min(metric.starts_at(), metric.deadline - std::chrono::milliseconds(1));
    if (metric.baseline) {
        goal.baseline = *metric.baseline;
    } else if (metric.opening_date &&
               (metric.kind == MetricKind::gauge || *metric.opening_date <= metric.starts_at())) {
        goal.baseline = metric.opening_value.value_or(0);
    }
    goal.tolerance = metric.tolerance;
    goal.checkpoints = metric.checkpoints;
    goal.update_every = metric.update_every;
    goal.late_days = static_cast<int>(metric.late_days);
    return goal;
}

std::optional<Standing> standing_of(const Metric& metric) {
    if (!metric.value_date) return std::nullopt;
    return Standing{metric.value, *metric.value_date};
}

void Metric::apply(const MetricCreated& event, es::EventInfo info) {
    name = event.name;
    description = event.description;
    target = event.target;
    unit = event.unit;
    deadline = event.deadline;
    kind = event.kind;
    direction = event.direction.value_or(Direction::at_least);
    mode = event.mode.value_or(GoalMode::reach);
    start = event.start;
    baseline = event.baseline;
    tolerance = event.tolerance;
    checkpoints = event.checkpoints.value_or(std::vector<Checkpoint>());
    update_every = event.update_every;
    late_days = event.late_days.value_or(0);
    decimals = event.decimals;
    owner = event.owner;
    tags = event.tags.value_or(std::vector<std::string>());
    std::ranges::sort(tags);
    links = event.links.value_or(std::vector<Link>());
    created_at = last_occurred = info.on;
}

void Metric::apply(const MetricDetailsUpdated& event, es::EventInfo info) {
    last_occurred = info.on;
    name = event.name;
    description = event.description;
    unit = event.unit;
}

void Metric::apply(const MetricTargetUpdated& event, es::EventInfo info) {
    last_occurred = info.on;
    target = event.target;
}

void Metric::apply(const MetricDeadlineUpdated& event, es::EventInfo info) {
    last_occurred = info.on;
    deadline = event.deadline;
}

void Metric::apply(const MetricGoalUpdated& event, es::EventInfo info) {
    last_occurred = info.on;
    direction = event.direction;
    mode = event.mode;
    start = event.start;
    baseline = event.baseline;
    tolerance = event.tolerance;
}

void Metric::apply(const MetricScheduleUpdated& event, es::EventInfo info) {
    last_occurred = info.on;
    checkpoints = event.checkpoints;
}

void Metric::apply(const MetricSettingsUpdated& event, es::EventInfo info) {
    last_occurred = info.on;
    update_every = event.update_every;
    late_days = event.late_days.value_or(0);
    decimals = event.decimals;
    owner = event.owner;
    tags = event.tags.value_or(std::vector<std::string>());
    std::ranges::sort(tags);
    links = event.links.value_or(std::vector<Link>());
}

void Metric::apply(const MetricValueUpdated& event, es::EventInfo info) {
    last_occurred = info.on;
    const CountedValue counted{date_of(event, info.on), event.value, info.version};
    take_opening(counted);
    take_current(counted, event.recorded_at);
}

void Metric::apply(const MetricValueCorrected& /*event*/, es::EventInfo info) {
    last_occurred = info.on;
}

void Metric::apply(const MetricValueRetracted& /*event*/, es::EventInfo info) {
    last_occurred = info.on;
}

void Metric::apply(const MetricNoted& event, es::EventInfo info) {
    last_occurred = info.on;
    if (!event.new_process.value_or(false)) return;
    process_since = std::max(process_since.value_or(TimePoint::min()), event.at.value_or(info.on));
}

void Metric::apply(const MetricArchived& /*event*/, es::EventInfo info) {
    last_occurred = info.on;
    archived = true;
}

void Metric::apply(const MetricReopened& /*event*/, es::EventInfo info) {
    last_occurred = info.on;
    archived = false;
}

bool Metric::needs_values(const MetricEvent& event) const {
    if (const auto* goal = std::get_if<MetricGoalUpdated>(&event)) {
        return value_version > 0 && goal->start.value_or(created_at) != starts_at();
    }
    return std::holds_alternative<MetricValueCorrected>(event) ||
           std::holds_alternative<MetricValueRetracted>(event);
}

void Metric::take_current(const CountedValue& counted, std::optional<TimePoint> recorded_at) {
    if (!becomes_current(*this, counted.date, recorded_at)) return;
    value = counted.value;
    value_date = counted.date;
    value_version = counted.version;
}

void Metric::take_opening(const CountedValue& counted) {
    if (!becomes_opening(opening_date, counted.date, starts_at())) return;
    opening_value = counted.value;
    opening_date = counted.date;
}

void MetricAggregate::keep(const MetricValueUpdated& event, es::EventInfo info) {
    values.add({date_of(event, info.on), event.value, info.version}, event.comment,
               event.recorded_at);
}

std::size_t bytes_of(const Metric& metric) {
    std::size_t bytes = sizeof metric + metric.name.size() + metric.description.size() +
                        metric.unit.size() + metric.checkpoints.size() * sizeof(Checkpoint);
    if (metric.owner) bytes += metric.owner->size();
    for (const auto& tag : metric.tags) bytes += sizeof(std::string) + tag.size();
    for (const auto& link : metric.links) {
        bytes += sizeof(Link) + link.title.size() + link.url.size();
    }
    return bytes;
}

std::size_t MetricAggregate::bytes() const {
    return sizeof *this - sizeof(Metric) + bytes_of(metric()) + values.bytes();
}

}  // namespace kpi
