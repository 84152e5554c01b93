#include "kpi/metric.hpp"

#include <algorithm>

#include "es/errors.hpp"
#include "es/overloaded.hpp"

namespace kpi {
namespace {

using es::Overloaded;
using Check = std::optional<es::Refusal>;

// The time that the metric's next event will carry: it doesn't decrease.
TimePoint next_time(const Metric* metric, TimePoint now) {
    return metric != nullptr ? std::max(now, metric->last_occurred) : now;
}

// Whether a clock that was wrong has left times that are far ahead of `now`.
bool is_ahead(const Metric* metric, TimePoint now) {
    if (metric == nullptr) return false;
    const TimePoint latest = std::max(metric->last_occurred, metric->value_date.value_or(now));
    return latest > now + observed_ahead_max;
}

es::Refusal deadline_passed(const char* member) {
    return {"deadline-passed", member, "The metric's deadline has passed."};
}

Check check_deadline(TimePoint deadline, TimePoint now) {
    if (deadline > now) return std::nullopt;
    return es::Refusal{"deadline-in-past", "deadline", "The deadline must lie in the future."};
}

Check check_target(MetricKind kind, double target, double value) {
    if (kind == MetricKind::gauge || target >= value) return std::nullopt;
    return es::Refusal{"target-below-value", "target",
                       "A counter's target must not be below its current value."};
}

Check check_counter_value(const Metric& metric, const MetricValueUpdated& event, TimePoint on) {
    const double value = event.value;
    if (becomes_current(metric.value_date, metric.created_at, event, on)) {
        if (value >= metric.value) return std::nullopt;
        return es::Refusal{"value-below-current", "value",
                           "A counter's value must not be below its current value."};
    }
    if (value >= 0 && value <= metric.value) return std::nullopt;
    return es::Refusal{"value-out-of-order", "value",
                       "A counter's value dated before its current one must lie between 0 and "
                       "the current value."};
}

Check check_value(const Metric& metric, const MetricValueUpdated& event, TimePoint now) {
    if (metric.deadline <= now) return deadline_passed("value");
    if (event.observed_at && *event.observed_at > now + observed_ahead_max) {
        return es::Refusal{"observed-in-future", "observedAt",
                           "observedAt must not lie more than 5 minutes in the future."};
    }
    if (metric.kind == MetricKind::gauge) return std::nullopt;
    return check_counter_value(metric, event, next_time(&metric, now));
}

MetricValueUpdated value_reported(const UpdateMetricValue& command, const Metric* metric,
                                  TimePoint now) {
    MetricValueUpdated event{command.value, command.observed_at};
    if (is_ahead(metric, now)) event.recorded_at = now;
    // Clocks differ a little: slightly ahead of ours counts as now, and so does what the last
    // event is ahead of it.
    const TimePoint present = event.recorded_at.value_or(next_time(metric, now));
    if (event.observed_at && *event.observed_at > present &&
        *event.observed_at <= now + observed_ahead_max) {
        event.observed_at = present;
    }
    return event;
}

MetricEvent event_of(const MetricCommand& command, const Metric* metric, TimePoint now) {
    return std::visit(Overloaded{[](const CreateMetric& c) -> MetricEvent {
                                     return MetricCreated{c.name, c.description, c.target,
                                                          c.unit, c.deadline,    c.kind};
                                 },
                                 [](const UpdateMetricDetails& c) -> MetricEvent {
                                     return MetricDetailsUpdated{c.name, c.description, c.unit};
                                 },
                                 [](const UpdateMetricTarget& c) -> MetricEvent {
                                     return MetricTargetUpdated{c.target};
                                 },
                                 [](const UpdateMetricDeadline& c) -> MetricEvent {
                                     return MetricDeadlineUpdated{c.deadline};
                                 },
                                 [&](const UpdateMetricValue& c) -> MetricEvent {
                                     return value_reported(c, metric, now);
                                 }},
                      command);
}

// Every reported value is kept, also an equal one; the rest is worth an event only when it differs.
bool changes(const Metric& metric, const MetricEvent& event) {
    return std::visit(
        Overloaded{[](const MetricCreated&) { return true; },
                   [&](const MetricDetailsUpdated& e) {
                       return e.name != metric.name || e.description != metric.description ||
                              e.unit != metric.unit;
                   },
                   [&](const MetricTargetUpdated& e) {
                       return e.target < metric.target || e.target > metric.target;
                   },
                   [&](const MetricDeadlineUpdated& e) { return e.deadline != metric.deadline; },
                   [](const MetricValueUpdated&) { return true; }},
        event);
}

}  // namespace

std::string to_string(MetricKind kind) {
    return kind == MetricKind::gauge ? "gauge" : "counter";
}

std::optional<MetricKind> parse_metric_kind(std::string_view text) {
    if (text == "counter") return MetricKind::counter;
    if (text == "gauge") return MetricKind::gauge;
    return std::nullopt;
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

Metric Metric::create(const es::Occurred<MetricEvent>& event) {
    const auto* created = std::get_if<MetricCreated>(&event.event);
    if (created == nullptr) throw es::Corrupt("a metric's first event does not create it");
    Metric metric;
    metric.name = created->name;
    metric.description = created->description;
    metric.target = created->target;
    metric.unit = created->unit;
    metric.deadline = created->deadline;
    metric.kind = created->kind;
    metric.created_at = metric.last_occurred = event.on;
    return metric;
}

void Metric::apply(const es::Occurred<MetricEvent>& event) {
    std::visit(Overloaded{[](const MetricCreated&) {
                              throw es::Corrupt("a metric is created a second time");
                          },
                          [this](const MetricDetailsUpdated& e) {
                              name = e.name;
                              description = e.description;
                              unit = e.unit;
                          },
                          [this](const MetricTargetUpdated& e) { target = e.target; },
                          [this](const MetricDeadlineUpdated& e) { deadline = e.deadline; },
                          [&](const MetricValueUpdated& e) {
                              if (!becomes_current(value_date, created_at, e, event.on)) return;
                              value = e.value;
                              value_date = date_of(e, event.on);
                          }},
               event.event);
    last_occurred = event.on;
}

std::optional<es::Refusal> Metric::check(const Metric* metric,
                                         const es::Occurred<MetricEvent>& event) {
    const TimePoint now = event.on;
    const bool creates = std::holds_alternative<MetricCreated>(event.event);
    if (creates && metric != nullptr) {
        return es::Refusal{"already-exists", "", "The metric exists."};
    }
    if (!creates && metric == nullptr) {
        return es::Refusal{"not-found", "", "There is no such metric."};
    }
    return std::visit(
        Overloaded{[&](const MetricCreated& e) -> Check {
                       if (auto refusal = check_deadline(e.deadline, now)) return refusal;
                       return check_target(e.kind, e.target, 0);
                   },
                   [](const MetricDetailsUpdated&) -> Check { return std::nullopt; },
                   [&](const MetricTargetUpdated& e) -> Check {
                       if (metric->deadline <= now) return deadline_passed("target");
                       return check_target(metric->kind, e.target, metric->value);
                   },
                   [&](const MetricDeadlineUpdated& e) { return check_deadline(e.deadline, now); },
                   [&](const MetricValueUpdated& e) { return check_value(*metric, e, now); }},
        event.event);
}

bool Metric::creates(const MetricCommand& command) {
    return std::holds_alternative<CreateMetric>(command);
}

es::Decision<MetricEvent> Metric::decide(const MetricCommand& command, const Metric* metric,
                                         TimePoint now) {
    MetricEvent event = event_of(command, metric, now);
    const es::Occurred<MetricEvent> occurred{std::move(event), now};
    if (auto refusal = check(metric, occurred)) return *std::move(refusal);
    if (metric != nullptr && !changes(*metric, occurred.event)) return std::vector<MetricEvent>{};
    return std::vector<MetricEvent>{occurred.event};
}

std::size_t Metric::bytes() const {
    return sizeof *this + name.size() + description.size() + unit.size();
}

}  // namespace kpi
