// The Metric: a KPI with a target and a deadline whose value is reported over time. Read from top
// to bottom: names, events with their descriptions, state and rules.
//
// A command is an event that is proposed:
//     metric.check(kpi::MetricValueUpdated{42}, times)  -> nothing, or a Refusal
//     ("deadline-passed")
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "es/codec.hpp"
#include "es/decision.hpp"
#include "es/described.hpp"
#include "es/domain.hpp"
#include "es/event.hpp"
#include "kpi/goal.hpp"
#include "kpi/member_rules.hpp"

namespace kpi {

std::string to_string(MetricKind kind);
std::optional<MetricKind> parse_metric_kind(std::string_view text);

// --- Events: what has happened. A description is the only place of an event's form: payload,
// request, digest and API document follow from it (docs/formats/events.md, CONTRIBUTING). ---

inline constexpr TextRule name_rule{200};
inline constexpr TextRule description_rule{4000, true};
inline constexpr TextRule unit_rule{40};

struct MetricCreated {
    std::string name;
    std::string description;
    double target = 0;
    std::string unit;
    TimePoint deadline{};
    MetricKind kind = MetricKind::counter;
    bool operator==(const MetricCreated&) const = default;
};
constexpr auto describe(es::Type<MetricCreated>) {
    using E = MetricCreated;
    return es::event(
        "MetricCreated", CommandName{"CreateMetricCommand"},
        es::member("name", &E::name, name_rule),
        es::member("description", &E::description, description_rule),
        es::member("target", &E::target), es::member("unit", &E::unit, unit_rule),
        es::member("deadline", &E::deadline, TimeRule{base::DateAlone::end_of_day}),
        // The original had counters only and wrote no kind.
        es::member("kind", &E::kind, metric_kinds, es::otherwise(MetricKind::counter)));
}

struct MetricDetailsUpdated {
    std::string name;
    std::string description;
    std::string unit;
    bool operator==(const MetricDetailsUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricDetailsUpdated>) {
    using E = MetricDetailsUpdated;
    return es::event("MetricDetailsUpdated", CommandName{"UpdateMetricDetailsCommand"},
                     es::member("name", &E::name, name_rule),
                     es::member("description", &E::description, description_rule),
                     es::member("unit", &E::unit, unit_rule));
}

struct MetricTargetUpdated {
    double target = 0;
    bool operator==(const MetricTargetUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricTargetUpdated>) {
    return es::event("MetricTargetUpdated", CommandName{"UpdateMetricTargetCommand"},
                     es::member("target", &MetricTargetUpdated::target));
}

struct MetricDeadlineUpdated {
    TimePoint deadline{};
    bool operator==(const MetricDeadlineUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricDeadlineUpdated>) {
    return es::event("MetricDeadlineUpdated", CommandName{"UpdateMetricDeadlineCommand"},
                     es::member("deadline", &MetricDeadlineUpdated::deadline,
                                TimeRule{base::DateAlone::end_of_day}));
}

struct MetricValueUpdated {
    double value = 0;
    std::optional<TimePoint> observed_at;  // when it was true; absent: when it was recorded
    // The server's clock, where the metric already had times that were far ahead of it (docs/adr,
    // 17); absent: the event's time is right. It changes what becomes current: schema 2.
    std::optional<TimePoint> recorded_at = std::nullopt;
    bool operator==(const MetricValueUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricValueUpdated>) {
    using E = MetricValueUpdated;
    constexpr TimeRule time{base::DateAlone::start_of_day};
    return es::event(
        "MetricValueUpdated", CommandName{"UpdateMetricValueCommand"},
        es::member("value", &E::value), es::member("observedAt", &E::observed_at, time),
        es::member("recordedAt", &E::recorded_at, time, es::since(2), AddedByServer{}));
}

using MetricEvent = std::variant<MetricCreated, MetricDetailsUpdated, MetricTargetUpdated,
                                 MetricDeadlineUpdated, MetricValueUpdated>;

// Wire names, schemas and payloads: docs/formats/events.md.
const es::EventCodec<MetricEvent>& metric_codec();

// --- The state, folded from the events, and the rules that guard it. ---

// How far clocks may differ. An observedAt that is no further ahead of the server's clock is taken
// as "now"; a metric's times that are further ahead were stamped by a clock that was wrong.
inline constexpr std::chrono::minutes observed_ahead_max{5};

struct Metric {
    using Event = MetricEvent;
    using Check = std::optional<es::Refusal>;

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

    void apply(const MetricCreated& event, TimePoint on);
    void apply(const MetricDetailsUpdated& event, TimePoint on);
    void apply(const MetricTargetUpdated& event, TimePoint on);
    void apply(const MetricDeadlineUpdated& event, TimePoint on);
    void apply(const MetricValueUpdated& event, TimePoint on);

    // The rules of the contract.
    static Check check(const MetricCreated& event, es::Times times);
    static Check check(const MetricDetailsUpdated& event);
    [[nodiscard]] Check check(const MetricTargetUpdated& event, es::Times times) const;
    static Check check(const MetricDeadlineUpdated& event, es::Times times);
    [[nodiscard]] Check check(const MetricValueUpdated& event, es::Times times) const;

    // Every reported value is kept, also an equal one; the rest is worth an event only when it
    // differs.
    [[nodiscard]] bool changes(const MetricDetailsUpdated& event) const;
    [[nodiscard]] bool changes(const MetricTargetUpdated& event) const;
    [[nodiscard]] bool changes(const MetricDeadlineUpdated& event) const;

    // With the server's time, where clocks differ.
    [[nodiscard]] MetricValueUpdated completed(MetricValueUpdated event, es::Times times) const;

    static const es::EventCodec<MetricEvent>& codec() { return metric_codec(); }
    [[nodiscard]] std::size_t bytes() const;  // roughly, of memory
};
static_assert(es::AggregateState<Metric> && es::ChecksEveryEvent<Metric>);

// Whether a value dated `date` becomes the current one.
bool becomes_current(const std::optional<TimePoint>& current_date, TimePoint date);

// When a reported value was true, whose event carries the time `on`.
TimePoint date_of(const MetricValueUpdated& event, TimePoint on);

// Whether it becomes the current one. The event's recorded_at shows a current date to be wrong that
// is far ahead of it: all that is known of that value is that it came after the metric's creation.
bool becomes_current(const std::optional<TimePoint>& current_date, TimePoint created_at,
                     const MetricValueUpdated& event, TimePoint on);

}  // namespace kpi
