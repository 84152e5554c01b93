// What a goal is, and how it stands: the statuses that a metric has from now on if nothing more is
// reported. Pure: no clock, no storage. The rules in words: docs/status.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "es/described.hpp"
#include "es/event.hpp"

namespace kpi {

using es::TimePoint;

enum class MetricKind {
    counter,  // starts at 0 and never goes down (the original's only kind)
    gauge,    // any value, any target
};
enum class Direction { at_least, at_most };
enum class GoalMode {
    reach,  // get there by the deadline
    keep,   // stay there
};
// How often a value is expected.
enum class UpdatePeriod { daily, weekly, monthly, quarterly, yearly };
enum class Status { no_data, on_track, at_risk, off_track, achieved, missed };

inline constexpr auto metric_kinds = es::one_of<MetricKind>("counter", "gauge");
inline constexpr auto directions = es::one_of<Direction>("at_least", "at_most");
inline constexpr auto goal_modes = es::one_of<GoalMode>("reach", "keep");
inline constexpr auto update_periods =
    es::one_of<UpdatePeriod>("daily", "weekly", "monthly", "quarterly", "yearly");
inline constexpr auto statuses =
    es::one_of<Status>("no_data", "on_track", "at_risk", "off_track", "achieved", "missed");

// A step on the way: what should be reached, or kept, until then.
struct Checkpoint {
    TimePoint until{};
    double target = 0;
    bool operator==(const Checkpoint&) const = default;
};

struct Goal {
    MetricKind kind = MetricKind::counter;
    Direction direction = Direction::at_least;
    GoalMode mode = GoalMode::reach;
    double target = 0;
    TimePoint start{};
    TimePoint deadline{};                 // after start
    double baseline = 0;                  // the value at the start
    std::optional<double> tolerance;      // of keep; absent: a tenth of the target
    std::vector<Checkpoint> checkpoints;  // ascending, within (start, deadline)
    std::optional<UpdatePeriod> update_every;
    int late_days = 0;  // for which values of before the deadline are still taken
};

// What a goal asks for. One whose baseline is good enough already is kept: it has no way to go.
enum class GoalShape {
    reach,   // to move fast enough towards the target
    budget,  // a counter that may come to its target at most: to use it up no faster than planned
    keep,    // to be on the good side now
};
GoalShape shape_of(const Goal& goal);

// The current value.
struct Standing {
    double value = 0;
    TimePoint date{};
    bool operator==(const Standing&) const = default;
};

// The needed pace, as a multiple of the planned one, up to which a goal is on track, or at risk.
inline constexpr double on_track_max = 1.1;
inline constexpr double at_risk_max = 1.3;

struct StatusFrom {
    TimePoint at{};  // the first moment; TimePoint::min(): since ever
    Status status = Status::no_data;
    bool operator==(const StatusFrom&) const = default;
};

// All statuses that the goal has while nothing more is reported, in order; the first one since
// ever, each other than the one before. `standing`: nullopt where nothing was reported.
std::vector<StatusFrom> statuses_of(const Goal& goal, const std::optional<Standing>& standing);
Status status_at(const std::vector<StatusFrom>& all, TimePoint now);

// Share of the way from the baseline to the target; nullopt where there is none to go.
std::optional<double> share_done(const Goal& goal, double value);

// When the next value is due, and from when on its absence is remarkable.
std::optional<TimePoint> due_from(const Goal& goal, const Standing& standing);
std::optional<TimePoint> stale_from(const Goal& goal, const Standing& standing);

// The earliest moment from which on somebody should look at it; it does not depend on the clock.
// `created`: of the metric, which counts while nothing was reported.
TimePoint attention_at(const Goal& goal, const std::optional<Standing>& standing,
                       TimePoint created);

}  // namespace kpi
