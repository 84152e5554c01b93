// The Metric: a KPI with a target and a deadline whose value is reported over time. Events and
// commands are in metric_events.hpp; here are the state that is folded from them, and the rules.
//
//     kpi::MetricAggregate::decide(kpi::ReportValue{42}, &metric, times)
//         -> the event to record, or a Refusal ("deadline-passed")
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "es/decision.hpp"
#include "es/domain.hpp"
#include "es/event.hpp"
#include "es/overloaded.hpp"
#include "kpi/counted_values.hpp"
#include "kpi/goal.hpp"
#include "kpi/metric_events.hpp"
#include "kpi/reported_values.hpp"

namespace kpi {

std::string to_string(MetricKind kind);
std::optional<MetricKind> parse_metric_kind(std::string_view text);

// How far clocks may differ. An observedAt that is no further ahead of the server's clock is taken
// as "now"; a metric's times that are further ahead were stamped by a clock that was wrong.
inline constexpr std::chrono::minutes observed_ahead_max{5};

// What readers see, and most rules judge by.
struct Metric {
    using Check = std::optional<es::Refusal>;

    std::string name;
    std::string description;
    double target = 0;
    std::string unit;
    TimePoint deadline{};
    MetricKind kind = MetricKind::counter;
    double value = 0;                     // the current one: of the latest date, ties by version
    std::optional<TimePoint> value_date;  // absent while no value counts
    es::Version value_version = 0;        // of the event that reported it; 0: no value counts
    TimePoint created_at{};
    TimePoint last_occurred{};  // of its last event

    Direction direction = Direction::at_least;
    GoalMode mode = GoalMode::reach;
    std::optional<TimePoint> start;  // absent: created_at
    std::optional<double> baseline;  // absent: see baseline_of()
    std::optional<double> tolerance;
    std::vector<Checkpoint> checkpoints;
    std::optional<UpdatePeriod> update_every;
    std::int64_t late_days = 0;
    std::optional<std::int64_t> decimals;
    std::optional<std::string> owner;
    std::vector<std::string> tags;  // ascending
    std::vector<Link> links;
    bool archived = false;
    // Of the latest note that the process is another one: the limits of its usual variation begin
    // again.
    std::optional<TimePoint> process_since;
    // The value in force at the start, else the first one after it.
    std::optional<double> opening_value;
    std::optional<TimePoint> opening_date;

    bool operator==(const Metric&) const = default;

    // Applying these needs no other values than the current one.
    void apply(const MetricCreated& event, es::EventInfo info);
    void apply(const MetricDetailsUpdated& event, es::EventInfo info);
    void apply(const MetricTargetUpdated& event, es::EventInfo info);
    void apply(const MetricDeadlineUpdated& event, es::EventInfo info);
    void apply(const MetricScheduleUpdated& event, es::EventInfo info);
    void apply(const MetricSettingsUpdated& event, es::EventInfo info);
    void apply(const MetricValueUpdated& event, es::EventInfo info);
    void apply(const MetricNoted& event, es::EventInfo info);
    void apply(const MetricArchived& event, es::EventInfo info);
    void apply(const MetricReopened& event, es::EventInfo info);
    // After these settle() must follow if needs_values() said so before.
    void apply(const MetricGoalUpdated& event, es::EventInfo info);
    void apply(const MetricValueCorrected& event, es::EventInfo info);
    void apply(const MetricValueRetracted& event, es::EventInfo info);

    [[nodiscard]] bool needs_values(const MetricEvent& event) const;
    // Finds current value and opening among all values that count. `values.visit(start, visitor)`
    // as of CountedValues.
    template <class Values>
    void settle(const Values& values) {
        value = 0;
        value_date.reset();
        value_version = 0;
        opening_value.reset();
        opening_date.reset();
        values.visit(starts_at(),
                     es::Overloaded{
                         [this](const ValueRun& run) {
                             take_opening(run.opening);
                             take_current(run.latest, std::nullopt);
                         },
                         [this](const CountedValue& counted, std::optional<TimePoint> recorded_at) {
                             take_opening(counted);
                             take_current(counted, recorded_at);
                         },
                     });
    }

    [[nodiscard]] TimePoint starts_at() const { return start.value_or(created_at); }

private:
    void take_current(const CountedValue& counted, std::optional<TimePoint> recorded_at);
    void take_opening(const CountedValue& counted);
};

std::size_t bytes_of(const Metric& metric);  // roughly, of memory

// Whether a value dated `date` becomes the current one of a metric. `recorded_at`, the event's,
// shows a current date to be wrong that is far ahead of it: all that is known of that value is that
// it came after the metric's creation.
bool becomes_current(const Metric& metric, TimePoint date, std::optional<TimePoint> recorded_at);

// When a reported value was true, whose event carries the time `on`.
TimePoint date_of(const MetricValueUpdated& event, TimePoint on);

// What the metric's status follows from.
Goal goal_of(const Metric& metric);
// nullopt: no value counts.
std::optional<Standing> standing_of(const Metric& metric);

// The write side: the metric and each of its reported values, which corrections are judged by.
struct MetricAggregate : Metric {
    using Event = MetricEvent;
    using Command = MetricCommand;

    ReportedValues values;

    [[nodiscard]] const Metric& metric() const { return *this; }

    bool operator==(const MetricAggregate&) const = default;

    template <class E>
    void apply(const E& event, es::EventInfo info)
        requires requires(Metric metric) { metric.apply(event, info); }
    {
        const bool unsettled = needs_values(event);
        Metric::apply(event, info);
        keep(event, info);
        if (unsettled) settle(values.counted());
    }

    // The rules: docs/http.md. Each judges the state as it would be after the event.
    static Check check(const MetricCreated& event, es::Times times);
    [[nodiscard]] Check check(const MetricDetailsUpdated& event, es::Times times) const;
    [[nodiscard]] Check check(const MetricTargetUpdated& event, es::Times times) const;
    [[nodiscard]] Check check(const MetricDeadlineUpdated& event, es::Times times) const;
    [[nodiscard]] Check check(const MetricGoalUpdated& event, es::Times times) const;
    [[nodiscard]] Check check(const MetricScheduleUpdated& event, es::Times times) const;
    [[nodiscard]] Check check(const MetricSettingsUpdated& event, es::Times times) const;
    [[nodiscard]] Check check(const MetricValueUpdated& event, es::Times times) const;
    [[nodiscard]] Check check(const MetricValueCorrected& event, es::Times times) const;
    [[nodiscard]] Check check(const MetricValueRetracted& event, es::Times times) const;
    static Check check(const MetricNoted& event, es::Times times);
    static Check check(const MetricArchived& event);
    static Check check(const MetricReopened& event);

    // Every reported value and every note is kept, also an equal one; the rest is worth an event
    // only when it differs.
    [[nodiscard]] bool changes(const MetricDetailsUpdated& event) const;
    [[nodiscard]] bool changes(const MetricTargetUpdated& event) const;
    [[nodiscard]] bool changes(const MetricDeadlineUpdated& event) const;
    [[nodiscard]] bool changes(const MetricGoalUpdated& event) const;
    [[nodiscard]] bool changes(const MetricScheduleUpdated& event) const;
    [[nodiscard]] bool changes(const MetricSettingsUpdated& event) const;
    [[nodiscard]] bool changes(const MetricValueCorrected& event) const;
    [[nodiscard]] bool changes(const MetricValueRetracted& event) const;
    [[nodiscard]] bool changes(const MetricArchived& event) const;
    [[nodiscard]] bool changes(const MetricReopened& event) const;

    // With the server's time, where clocks differ.
    [[nodiscard]] MetricValueUpdated completed(MetricValueUpdated event, es::Times times) const;
    static MetricValueCorrected completed(MetricValueCorrected event, es::Times times);
    static MetricNoted completed(MetricNoted event, es::Times times);

    static bool creates(const MetricCommand& command) { return command.index() == 0; }
    static es::Decision<MetricEvent> decide(const MetricCommand& command,
                                            const MetricAggregate* state, es::Times times);

    static const es::EventCodec<MetricEvent>& codec() { return metric_codec(); }
    [[nodiscard]] std::size_t bytes() const;  // roughly, of memory

private:
    void keep(const MetricCreated& /*event*/, es::EventInfo /*info*/) {
        values.set_start(starts_at());
    }
    void keep(const MetricGoalUpdated& /*event*/, es::EventInfo /*info*/) {
        values.set_start(starts_at());
    }
    void keep(const MetricValueUpdated& event, es::EventInfo info);
    void keep(const MetricValueCorrected& event, es::EventInfo /*info*/) { values.apply(event); }
    void keep(const MetricValueRetracted& event, es::EventInfo /*info*/) { values.apply(event); }
    template <class E>
    void keep(const E& /*event*/, es::EventInfo /*info*/) {}
};
static_assert(es::AggregateState<MetricAggregate> && es::ChecksEveryEvent<MetricAggregate> &&
              es::DecidesCommands<MetricAggregate>);

}  // namespace kpi
