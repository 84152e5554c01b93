// The Metric: a KPI with a target and a deadline whose value is reported over time. Read from top
// to bottom: names, events, state and rules, commands, decisions.
//
//     kpi::Metric::decide(kpi::UpdateMetricValue{42}, &metric, now)
//         -> {MetricValueUpdated{42}}, or a Refusal such as "deadline-passed"
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "es/aggregate.hpp"
#include "es/codec.hpp"
#include "es/decision.hpp"
#include "es/event.hpp"

namespace kpi {

using es::TimePoint;

enum class MetricKind {
    counter,  // starts at 0 and never goes down (the original's only kind)
    gauge,    // any value, any target
};
std::string to_string(MetricKind kind);
std::optional<MetricKind> parse_metric_kind(std::string_view text);

// --- Events: what has happened. ---

struct MetricCreated {
    std::string name;
    std::string description;
    double target = 0;
    std::string unit;
    TimePoint deadline{};
    MetricKind kind = MetricKind::counter;
    bool operator==(const MetricCreated&) const = default;
};

struct MetricDetailsUpdated {
    std::string name;
    std::string description;
    std::string unit;
    bool operator==(const MetricDetailsUpdated&) const = default;
};

struct MetricTargetUpdated {
    double target = 0;
    bool operator==(const MetricTargetUpdated&) const = default;
};

struct MetricDeadlineUpdated {
    TimePoint deadline{};
    bool operator==(const MetricDeadlineUpdated&) const = default;
};

struct MetricValueUpdated {
    double value = 0;
    std::optional<TimePoint> observed_at;  // when it was true; absent: when it was recorded
    // The server's clock, where the metric already had times that were far ahead of it (docs/adr,
    // 17); absent: the event's time is right.
    std::optional<TimePoint> recorded_at = std::nullopt;
    bool operator==(const MetricValueUpdated&) const = default;
};

using MetricEvent = std::variant<MetricCreated, MetricDetailsUpdated, MetricTargetUpdated,
                                 MetricDeadlineUpdated, MetricValueUpdated>;

// Wire names, schemas and payloads: docs/formats/events.md.
const es::EventCodec<MetricEvent>& metric_codec();

// --- Commands: what is asked for. ---

struct CreateMetric {
    std::string name;
    std::string description;
    double target = 0;
    std::string unit;
    TimePoint deadline{};
    MetricKind kind = MetricKind::counter;
};

struct UpdateMetricDetails {
    std::string name;
    std::string description;
    std::string unit;
};

struct UpdateMetricTarget {
    double target = 0;
};

struct UpdateMetricDeadline {
    TimePoint deadline{};
};

struct UpdateMetricValue {
    double value = 0;
    std::optional<TimePoint> observed_at;
};

using MetricCommand = std::variant<CreateMetric, UpdateMetricDetails, UpdateMetricTarget,
                                   UpdateMetricDeadline, UpdateMetricValue>;

// --- The state, folded from the events, and the rules that guard it. ---

// How far clocks may differ. An observedAt that is no further ahead of the server's clock is taken
// as "now"; a metric's times that are further ahead were stamped by a clock that was wrong.
inline constexpr std::chrono::minutes observed_ahead_max{5};

struct Metric {
    using Event = MetricEvent;
    using Command = MetricCommand;

    std::string name;
    std::string description;
    double target = 0;
    std::string unit;
    TimePoint deadline{};
    MetricKind kind = MetricKind::counter;
    double value = 0;                     // the current one: of the latest date, ties by version
    std::optional<TimePoint> value_date;  // absent before the first report
    TimePoint created_at{};
    TimePoint last_occurred{};  // of its last event

    bool operator==(const Metric&) const = default;

    // Throws es::Corrupt when the event doesn't create a metric.
    static Metric create(const es::Occurred<MetricEvent>& event);
    // Throws es::Corrupt when it creates one again.
    void apply(const es::Occurred<MetricEvent>& event);
    // The rules of the contract, judged at the time `on`, that of the server's clock.
    static std::optional<es::Refusal> check(const Metric* metric,
                                            const es::Occurred<MetricEvent>& event);

    // For the command processor.
    static bool creates(const MetricCommand& command);
    static es::Decision<MetricEvent> decide(const MetricCommand& command, const Metric* metric,
                                            TimePoint now);
    static const es::EventCodec<MetricEvent>& codec() { return metric_codec(); }
    [[nodiscard]] std::size_t bytes() const;  // roughly, of memory
};

// Whether a value dated `date` becomes the current one.
bool becomes_current(const std::optional<TimePoint>& current_date, TimePoint date);

// When a reported value was true, whose event carries the time `on`.
TimePoint date_of(const MetricValueUpdated& event, TimePoint on);

// Whether it becomes the current one. The event's recorded_at shows a current date to be wrong that
// is far ahead of it: all that is known of that value is that it came after the metric's creation.
bool becomes_current(const std::optional<TimePoint>& current_date, TimePoint created_at,
                     const MetricValueUpdated& event, TimePoint on);

}  // namespace kpi
