// What can happen to a metric: events with their descriptions, and the commands that ask for them.
// A description is the only place of an event's form: payload, request, digest and API document
// follow from it (docs/formats/events.md, CONTRIBUTING).
//
// A command is the event that it proposes, where they have the same members.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "es/codec.hpp"
#include "es/described.hpp"
#include "es/event.hpp"
#include "kpi/goal.hpp"
#include "kpi/member_rules.hpp"

namespace kpi {

// "No end": the last time that can be written.
inline constexpr TimePoint no_deadline{std::chrono::milliseconds(253'402'300'799'999)};

inline constexpr TextRule name_rule{200};
inline constexpr TextRule description_rule{4000, true};
inline constexpr TextRule unit_rule{40};
inline constexpr TextRule reason_rule{1000, true};
inline constexpr TextRule comment_rule{1000, true};
inline constexpr TextRule owner_rule{200};
inline constexpr TimeRule until_rule{base::DateAlone::end_of_day};
inline constexpr TimeRule from_rule{base::DateAlone::start_of_day};
inline constexpr ListRule checkpoints_rule{120};
inline constexpr ListRule tags_rule{20, true};
inline constexpr FormRule tag_rule{TextForm::tag, 40};
inline constexpr ListRule links_rule{10};
inline constexpr IntegerRule late_days_rule{0, 366};
inline constexpr IntegerRule decimals_rule{0, 9};
inline constexpr IntegerRule version_rule{1, 9'000'000'000'000'000};

constexpr auto describe(es::Type<Checkpoint>) {
    return es::record(es::member("until", &Checkpoint::until, until_rule),
                      es::member("target", &Checkpoint::target));
}

struct Link {
    std::string title;
    std::string url;
    bool operator==(const Link&) const = default;
};
constexpr auto describe(es::Type<Link>) {
    return es::record(es::member("title", &Link::title, TextRule{100}),
                      es::member("url", &Link::url, FormRule{TextForm::url, 2000}));
}

// Members of the goal are given only if they aren't the defaults: with any of them the event is of
// schema 2, which programs that know the value as something to be reached at least don't read.
struct MetricCreated {
    std::string name;
    std::string description;
    double target = 0;
    std::string unit;
    TimePoint deadline{};
    MetricKind kind = MetricKind::counter;
    std::optional<Direction> direction = std::nullopt;
    std::optional<GoalMode> mode = std::nullopt;
    std::optional<TimePoint> start = std::nullopt;
    std::optional<double> baseline = std::nullopt;
    std::optional<double> tolerance = std::nullopt;
    std::optional<std::vector<Checkpoint>> checkpoints = std::nullopt;
    std::optional<UpdatePeriod> update_every = std::nullopt;
    std::optional<std::int64_t> late_days = std::nullopt;
    std::optional<std::int64_t> decimals = std::nullopt;
    std::optional<std::string> owner = std::nullopt;
    std::optional<std::vector<std::string>> tags = std::nullopt;
    std::optional<std::vector<Link>> links = std::nullopt;
    bool operator==(const MetricCreated&) const = default;
};
constexpr auto describe(es::Type<MetricCreated>) {
    using E = MetricCreated;
    return es::event("MetricCreated", CommandName{"CreateMetricCommand"},
                     es::member("name", &E::name, name_rule),
                     es::member("description", &E::description, description_rule),
                     es::member("target", &E::target), es::member("unit", &E::unit, unit_rule),
                     // Absent: no end, which only a goal that is kept may have.
                     es::member("deadline", &E::deadline, until_rule, es::otherwise(no_deadline)),
                     // The original had counters only and wrote no kind.
                     es::member("kind", &E::kind, metric_kinds, es::otherwise(MetricKind::counter)),
                     es::member("direction", &E::direction, directions, es::since(2)),
                     es::member("mode", &E::mode, goal_modes, es::since(2)),
                     es::member("start", &E::start, from_rule, es::since(2)),
                     es::member("baseline", &E::baseline, es::since(2)),
                     es::member("tolerance", &E::tolerance, NotNegative{}, es::since(2)),
                     es::member("checkpoints", &E::checkpoints, checkpoints_rule, es::since(2)),
                     es::member("updateEvery", &E::update_every, update_periods),
                     es::member("lateDays", &E::late_days, late_days_rule),
                     es::member("decimals", &E::decimals, decimals_rule),
                     es::member("owner", &E::owner, owner_rule),
                     es::member("tags", &E::tags, tags_rule, tag_rule),
                     es::member("links", &E::links, links_rule));
}

struct MetricDetailsUpdated {
    std::string name;
    std::string description;
    std::string unit;
    std::optional<std::string> reason = std::nullopt;
    bool operator==(const MetricDetailsUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricDetailsUpdated>) {
    using E = MetricDetailsUpdated;
    return es::event("MetricDetailsUpdated", CommandName{"UpdateMetricDetailsCommand"},
                     es::member("name", &E::name, name_rule),
                     es::member("description", &E::description, description_rule),
                     es::member("unit", &E::unit, unit_rule),
                     es::member("reason", &E::reason, reason_rule));
}

struct MetricTargetUpdated {
    double target = 0;
    std::optional<std::string> reason = std::nullopt;
    bool operator==(const MetricTargetUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricTargetUpdated>) {
    using E = MetricTargetUpdated;
    return es::event("MetricTargetUpdated", CommandName{"UpdateMetricTargetCommand"},
                     es::member("target", &E::target),
                     es::member("reason", &E::reason, reason_rule));
}

struct MetricDeadlineUpdated {
    TimePoint deadline{};
    std::optional<std::string> reason = std::nullopt;
    bool operator==(const MetricDeadlineUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricDeadlineUpdated>) {
    using E = MetricDeadlineUpdated;
    return es::event("MetricDeadlineUpdated", CommandName{"UpdateMetricDeadlineCommand"},
                     es::member("deadline", &E::deadline, until_rule),
                     es::member("reason", &E::reason, reason_rule));
}

// What is good, and from where on it is judged; all of it replaced together.
struct MetricGoalUpdated {
    Direction direction = Direction::at_least;
    GoalMode mode = GoalMode::reach;
    std::optional<TimePoint> start = std::nullopt;   // absent: the time of the creation
    std::optional<double> baseline = std::nullopt;   // absent: the value at the start
    std::optional<double> tolerance = std::nullopt;  // absent: a tenth of the target
    std::optional<std::string> reason = std::nullopt;
    bool operator==(const MetricGoalUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricGoalUpdated>) {
    using E = MetricGoalUpdated;
    return es::event(
        "MetricGoalUpdated", CommandName{"UpdateMetricGoalCommand"},
        es::member("direction", &E::direction, directions, es::otherwise(Direction::at_least)),
        es::member("mode", &E::mode, goal_modes, es::otherwise(GoalMode::reach)),
        es::member("start", &E::start, from_rule), es::member("baseline", &E::baseline),
        es::member("tolerance", &E::tolerance, NotNegative{}),
        es::member("reason", &E::reason, reason_rule));
}

// The steps on the way; all of them replaced together.
struct MetricScheduleUpdated {
    std::vector<Checkpoint> checkpoints;
    std::optional<std::string> reason = std::nullopt;
    bool operator==(const MetricScheduleUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricScheduleUpdated>) {
    using E = MetricScheduleUpdated;
    return es::event("MetricScheduleUpdated", CommandName{"ScheduleMetricTargetsCommand"},
                     es::member("checkpoints", &E::checkpoints, checkpoints_rule),
                     es::member("reason", &E::reason, reason_rule));
}

// All of it replaced together; what is absent is the default.
struct MetricSettingsUpdated {
    std::optional<UpdatePeriod> update_every = std::nullopt;
    std::optional<std::int64_t> late_days = std::nullopt;
    std::optional<std::int64_t> decimals = std::nullopt;
    std::optional<std::string> owner = std::nullopt;
    std::optional<std::vector<std::string>> tags = std::nullopt;
    std::optional<std::vector<Link>> links = std::nullopt;
    std::optional<std::string> reason = std::nullopt;
    bool operator==(const MetricSettingsUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricSettingsUpdated>) {
    using E = MetricSettingsUpdated;
    return es::event("MetricSettingsUpdated", CommandName{"UpdateMetricSettingsCommand"},
                     es::member("updateEvery", &E::update_every, update_periods),
                     es::member("lateDays", &E::late_days, late_days_rule),
                     es::member("decimals", &E::decimals, decimals_rule),
                     es::member("owner", &E::owner, owner_rule),
                     es::member("tags", &E::tags, tags_rule, tag_rule),
                     es::member("links", &E::links, links_rule),
                     es::member("reason", &E::reason, reason_rule));
}

struct MetricValueUpdated {
    double value = 0;
    std::optional<TimePoint> observed_at;  // when it was true; absent: when it was recorded
    // The server's clock, where the metric already had times that were far ahead of it (docs/adr,
    // 17); absent: the event's time is right. It changes what becomes current: schema 2.
    std::optional<TimePoint> recorded_at = std::nullopt;
    std::optional<double> added = std::nullopt;  // to the value before it, which made this one
    std::optional<std::string> comment = std::nullopt;
    bool operator==(const MetricValueUpdated&) const = default;
};
constexpr auto describe(es::Type<MetricValueUpdated>) {
    using E = MetricValueUpdated;
    return es::event("MetricValueUpdated", es::member("value", &E::value),
                     es::member("observedAt", &E::observed_at, from_rule),
                     es::member("recordedAt", &E::recorded_at, from_rule, es::since(2)),
                     es::member("added", &E::added),
                     es::member("comment", &E::comment, comment_rule));
}

// What counts from now on for the value that the event of version `of` reported. The latest
// correction of a value counts; that of a retracted one brings it back.
struct MetricValueCorrected {
    es::Version of = 0;
    double value = 0;
    std::optional<TimePoint> observed_at = std::nullopt;  // absent: its date stays
    std::optional<std::string> comment = std::nullopt;    // absent: its comment stays
    std::string reason;
    bool operator==(const MetricValueCorrected&) const = default;
};
constexpr auto describe(es::Type<MetricValueCorrected>) {
    using E = MetricValueCorrected;
    return es::event("MetricValueCorrected", CommandName{"CorrectMetricValueCommand"},
                     es::member("of", &E::of, version_rule), es::member("value", &E::value),
                     es::member("observedAt", &E::observed_at, from_rule),
                     es::member("comment", &E::comment, comment_rule),
                     es::member("reason", &E::reason, reason_rule));
}

struct MetricValueRetracted {
    es::Version of = 0;
    std::string reason;
    bool operator==(const MetricValueRetracted&) const = default;
};
constexpr auto describe(es::Type<MetricValueRetracted>) {
    using E = MetricValueRetracted;
    return es::event("MetricValueRetracted", CommandName{"RetractMetricValueCommand"},
                     es::member("of", &E::of, version_rule),
                     es::member("reason", &E::reason, reason_rule));
}

struct MetricNoted {
    std::string text;
    std::optional<TimePoint> at = std::nullopt;  // absent in a command: now
    // Values from then on are another process: limits of usual variation begin again.
    std::optional<bool> new_process = std::nullopt;
    bool operator==(const MetricNoted&) const = default;
};
constexpr auto describe(es::Type<MetricNoted>) {
    using E = MetricNoted;
    return es::event(
        "MetricNoted", CommandName{"NoteMetricCommand"}, es::member("text", &E::text, comment_rule),
        es::member("at", &E::at, from_rule), es::member("newProcess", &E::new_process));
}

struct MetricArchived {
    std::optional<std::string> reason = std::nullopt;
    bool operator==(const MetricArchived&) const = default;
};
constexpr auto describe(es::Type<MetricArchived>) {
    return es::event("MetricArchived", CommandName{"ArchiveMetricCommand"},
                     es::member("reason", &MetricArchived::reason, reason_rule));
}

struct MetricReopened {
    std::optional<std::string> reason = std::nullopt;
    bool operator==(const MetricReopened&) const = default;
};
constexpr auto describe(es::Type<MetricReopened>) {
    return es::event("MetricReopened", CommandName{"ReopenMetricCommand"},
                     es::member("reason", &MetricReopened::reason, reason_rule));
}

using MetricEvent = std::variant<MetricCreated, MetricDetailsUpdated, MetricTargetUpdated,
                                 MetricDeadlineUpdated, MetricGoalUpdated, MetricScheduleUpdated,
                                 MetricSettingsUpdated, MetricValueUpdated, MetricValueCorrected,
                                 MetricValueRetracted, MetricNoted, MetricArchived, MetricReopened>;

// Wire names, schemas and payloads: docs/formats/events.md.
const es::EventCodec<MetricEvent>& metric_codec();

// --- Commands that aren't events. ---

// Either a value, or what is added to the current one.
struct ReportValue {
    std::optional<double> value = std::nullopt;
    std::optional<TimePoint> observed_at = std::nullopt;
    std::optional<double> add = std::nullopt;
    std::optional<std::string> comment = std::nullopt;
    bool operator==(const ReportValue&) const = default;
};
constexpr auto describe(es::Type<ReportValue>) {
    using C = ReportValue;
    return es::event("ReportValue", CommandName{"UpdateMetricValueCommand"},
                     es::member("value", &C::value),
                     es::member("observedAt", &C::observed_at, from_rule),
                     es::member("add", &C::add), es::member("comment", &C::comment, comment_rule));
}

// Several values as one command, all or nothing, judged in the order of their dates.
struct ReportValues {
    std::vector<ReportValue> values;
    bool operator==(const ReportValues&) const = default;
};
inline constexpr ListRule reports_rule{99};
constexpr auto describe(es::Type<ReportValues>) {
    return es::event("ReportValues", es::member("values", &ReportValues::values, reports_rule));
}

// What a member that has a default is changed to; nullopt: to the default.
template <class T>
struct ChangeTo {
    std::optional<T> value = std::nullopt;
    bool operator==(const ChangeTo&) const = default;
};

template <class V>
struct IsChange : std::false_type {};
template <class T>
struct IsChange<ChangeTo<T>> : std::true_type {};
// The member as if it held the value itself: for who reads or writes it by its attributes.
template <class E, class T, class... Attributes>
constexpr es::Member<E, std::optional<T>, Attributes...> without_change(
    const es::Member<E, std::optional<ChangeTo<T>>, Attributes...>& member) {
    return {member.name, nullptr, member.attributes};
}

// What is in force of a reported value from now on; members that are absent stay.
struct AmendValue {
    es::Version of = 0;
    std::optional<double> value = std::nullopt;
    std::optional<TimePoint> observed_at = std::nullopt;
    std::optional<ChangeTo<std::string>> comment = std::nullopt;
    std::optional<bool> retracted = std::nullopt;
    std::string reason = {};
    bool operator==(const AmendValue&) const = default;
};
constexpr auto describe(es::Type<AmendValue>) {
    using C = AmendValue;
    return es::event(
        "AmendValue", es::member("of", &C::of, version_rule), es::member("value", &C::value),
        es::member("observedAt", &C::observed_at, from_rule),
        es::member("comment", &C::comment, comment_rule), es::member("retracted", &C::retracted),
        es::member("reason", &C::reason, reason_rule));
}

// What of the metric is changed, all or nothing; the rules judge what it is after all of it.
struct EditMetric {
    std::optional<std::string> name = std::nullopt;
    std::optional<std::string> description = std::nullopt;
    std::optional<std::string> unit = std::nullopt;
    std::optional<double> target = std::nullopt;
    std::optional<ChangeTo<TimePoint>> deadline = std::nullopt;
    std::optional<ChangeTo<Direction>> direction = std::nullopt;
    std::optional<ChangeTo<GoalMode>> mode = std::nullopt;
    std::optional<ChangeTo<TimePoint>> start = std::nullopt;
    std::optional<ChangeTo<double>> baseline = std::nullopt;
    std::optional<ChangeTo<double>> tolerance = std::nullopt;
    std::optional<ChangeTo<std::vector<Checkpoint>>> checkpoints = std::nullopt;
    std::optional<ChangeTo<UpdatePeriod>> update_every = std::nullopt;
    std::optional<ChangeTo<std::int64_t>> late_days = std::nullopt;
    std::optional<ChangeTo<std::int64_t>> decimals = std::nullopt;
    std::optional<ChangeTo<std::string>> owner = std::nullopt;
    std::optional<ChangeTo<std::vector<std::string>>> tags = std::nullopt;
    std::optional<ChangeTo<std::vector<Link>>> links = std::nullopt;
    std::optional<ChangeTo<bool>> archived = std::nullopt;
    std::optional<std::string> reason = std::nullopt;
    bool operator==(const EditMetric&) const = default;
};
constexpr auto describe(es::Type<EditMetric>) {
    using C = EditMetric;
    return es::event(
        "EditMetric", es::member("name", &C::name, name_rule),
        es::member("description", &C::description, description_rule),
        es::member("unit", &C::unit, unit_rule), es::member("target", &C::target),
        es::member("deadline", &C::deadline, until_rule),
        es::member("direction", &C::direction, directions),
        es::member("mode", &C::mode, goal_modes), es::member("start", &C::start, from_rule),
        es::member("baseline", &C::baseline), es::member("tolerance", &C::tolerance, NotNegative{}),
        es::member("checkpoints", &C::checkpoints, checkpoints_rule),
        es::member("updateEvery", &C::update_every, update_periods),
        es::member("lateDays", &C::late_days, late_days_rule),
        es::member("decimals", &C::decimals, decimals_rule),
        es::member("owner", &C::owner, owner_rule),
        es::member("tags", &C::tags, tags_rule, tag_rule),
        es::member("links", &C::links, links_rule), es::member("archived", &C::archived),
        es::member("reason", &C::reason, reason_rule, NullIsAbsent{}));
}

using MetricCommand =
    std::variant<MetricCreated, MetricDetailsUpdated, MetricTargetUpdated, MetricDeadlineUpdated,
                 MetricGoalUpdated, MetricScheduleUpdated, MetricSettingsUpdated, ReportValue,
                 MetricValueCorrected, MetricValueRetracted, MetricNoted, MetricArchived,
                 MetricReopened, ReportValues, AmendValue, EditMetric>;

}  // namespace kpi
