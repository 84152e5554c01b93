#include "kpi/goal.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace kpi {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;

// 9999-12-31T23:59:59.999Z, the last time that can be written.
constexpr TimePoint last_time{milliseconds(253'402'300'799'999)};

TimePoint later(TimePoint time, milliseconds by) {
    return time > last_time - by ? last_time : time + by;
}

bool is_met(const Goal& goal, double value, double target) {
    return goal.direction == Direction::at_least ? value >= target : value <= target;
}

// A piece of the plan: what is left to go at its ends. It may lead back: a value that came later
// may have moved the baseline beyond a checkpoint.
struct Piece {
    TimePoint begin{};
    TimePoint end{};
    double left_at_begin = 0;
    double left_at_end = 0;

    // How long before its end so much is left; `left` lies between its ends.
    [[nodiscard]] double before_end(double left) const {
        return static_cast<double>((end - begin).count()) * (left - left_at_end) /
               (left_at_begin - left_at_end);
    }
};

// What separates a value from the target, positive before it.
double way_to_go(const Goal& goal, double value) {
    return goal.target >= goal.baseline ? goal.target - value : value - goal.target;
}

std::vector<Piece> plan_of(const Goal& goal) {
    std::vector<Piece> plan;
    Piece piece{goal.start, goal.start, way_to_go(goal, goal.baseline), 0};
    const auto add = [&](TimePoint end, double target) {
        piece = {piece.end, end, plan.empty() ? piece.left_at_begin : piece.left_at_end,
                 way_to_go(goal, target)};
        plan.push_back(piece);
    };
    for (const auto& [until, target] : goal.checkpoints) add(until, target);
    add(goal.deadline, goal.target);
    return plan;
}

// The last moment at which the plan leaves at least so much (which is more than nothing) to go, in
// whole milliseconds; before the start if it never does.
TimePoint last_with_left(const Goal& goal, double left) {
    const auto plan = plan_of(goal);
    const auto piece = std::ranges::find_if(
        plan.rbegin(), plan.rend(), [&](const Piece& p) { return p.left_at_begin >= left; });
    if (piece == plan.rend()) return goal.start - milliseconds(1);
    return piece->end - milliseconds(static_cast<std::int64_t>(std::ceil(piece->before_end(left))));
}

// The first moment at which the plan leaves at most so much (which is not below nothing) to go.
TimePoint first_with_left(const Goal& goal, double left) {
    const auto plan = plan_of(goal);
    const auto piece = std::ranges::find_if(
        plan, [&](const Piece& p) { return std::min(p.left_at_begin, p.left_at_end) <= left; });
    if (piece == plan.end()) return goal.deadline;
    if (piece->left_at_begin <= left) return piece->begin;
    return piece->end -
           milliseconds(static_cast<std::int64_t>(std::floor(piece->before_end(left))));
}

// Builds the list: one status after another, none twice in a row.
class Timeline {
public:
    explicit Timeline(Status first) : all_{{TimePoint::min(), first}} {}
    void then(TimePoint at, Status status) {
        while (all_.size() > 1 && all_.back().at >= at) all_.pop_back();
        if (all_.back().status != status) all_.push_back({at, status});
    }
    std::vector<StatusFrom> take() { return std::move(all_); }

private:
    std::vector<StatusFrom> all_;
};

// The status in a year without end, and at one moment of the pace.
std::vector<StatusFrom> paces_of(const Goal& goal, double value) {
    switch (shape_of(goal)) {
        case GoalShape::reach: {
            const double way = way_to_go(goal, value);
            Timeline line(Status::on_track);
            line.then(last_with_left(goal, way / on_track_max) + milliseconds(1), Status::at_risk);
            line.then(last_with_left(goal, way / at_risk_max) + milliseconds(1), Status::off_track);
            return line.take();
        }
        case GoalShape::budget: {
            if (goal.target <= goal.baseline) return Timeline(Status::on_track).take();
            const double way = goal.target - value;
            Timeline line(Status::off_track);
            line.then(first_with_left(goal, way * at_risk_max), Status::at_risk);
            line.then(first_with_left(goal, way * on_track_max), Status::on_track);
            return line.take();
        }
        case GoalShape::keep:
            break;
    }
    const double tolerance = goal.tolerance.value_or(std::abs(goal.target) / 10);
    const auto kept = [&](double target) {
        if (is_met(goal, value, target)) return Status::on_track;
        return std::abs(value - target) <= tolerance ? Status::at_risk : Status::off_track;
    };
    const auto& steps = goal.checkpoints;
    Timeline line(kept(steps.empty() ? goal.target : steps.front().target));
    for (std::size_t i = 0; i < steps.size(); ++i) {
        line.then(steps[i].until + milliseconds(1),
                  kept(i + 1 < steps.size() ? steps[i + 1].target : goal.target));
    }
    return line.take();
}

milliseconds length_of(UpdatePeriod period) {
    switch (period) {
        case UpdatePeriod::daily:
            return days(1);
        case UpdatePeriod::weekly:
            return days(7);
        case UpdatePeriod::monthly:
            return days(31);
        case UpdatePeriod::quarterly:
            return days(92);
        case UpdatePeriod::yearly:
            break;
    }
    return days(366);
}

}  // namespace

GoalShape shape_of(const Goal& goal) {
    const bool budget = goal.kind == MetricKind::counter && goal.direction == Direction::at_most;
    if (budget) return GoalShape::budget;
    if (goal.mode == GoalMode::keep) return GoalShape::keep;
    return is_met(goal, goal.baseline, goal.target) ? GoalShape::keep : GoalShape::reach;
}

std::vector<StatusFrom> statuses_of(const Goal& goal, const std::optional<Standing>& standing) {
    if (!standing) return Timeline(Status::no_data).take();
    const double value = standing->value;
    const bool met = is_met(goal, value, goal.target);
    const GoalShape shape = shape_of(goal);
    if (shape == GoalShape::budget && !met) return Timeline(Status::missed).take();
    if (goal.mode == GoalMode::reach && shape != GoalShape::budget && met) {
        return Timeline(Status::achieved).take();
    }
    const auto paces = paces_of(goal, value);
    // A monthly figure is judged by its own month, else by the clock, never before the start nor
    // after the deadline.
    const auto judged = [&](TimePoint moment) {
        return status_at(paces, std::clamp(moment, goal.start, goal.deadline));
    };
    Timeline line(judged(goal.update_every ? standing->date : goal.start));
    if (!goal.update_every) {
        for (const auto& [at, status] : paces) {
            if (at > goal.start && at <= goal.deadline) line.then(at, status);
        }
    }
    line.then(later(goal.deadline, days(goal.late_days)), met ? Status::achieved : Status::missed);
    return line.take();
}

Status status_at(const std::vector<StatusFrom>& all, TimePoint now) {
    const auto next = std::ranges::upper_bound(all, now, {}, &StatusFrom::at);
    return std::prev(next)->status;
}

std::optional<double> share_done(const Goal& goal, double value) {
    const bool of_nothing = shape_of(goal) == GoalShape::budget && goal.target <= goal.baseline;
    if (shape_of(goal) == GoalShape::keep || of_nothing ||
        !(std::abs(goal.target - goal.baseline) > 0)) {
        return std::nullopt;
    }
    return (value - goal.baseline) / (goal.target - goal.baseline);
}

std::optional<TimePoint> due_from(const Goal& goal, const Standing& standing) {
    if (!goal.update_every) return std::nullopt;
    return later(standing.date, length_of(*goal.update_every));
}

std::optional<TimePoint> stale_from(const Goal& goal, const Standing& standing) {
    if (!goal.update_every) return std::nullopt;
    return later(standing.date, 2 * length_of(*goal.update_every));
}

TimePoint attention_at(const Goal& goal, const std::optional<Standing>& standing,
                       TimePoint created) {
    const TimePoint since = standing ? standing->date : created;
    TimePoint earliest = goal.deadline;
    const auto all = statuses_of(goal, standing);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool good = all[i].status == Status::on_track || all[i].status == Status::achieved;
        const bool over = i + 1 < all.size() && all[i + 1].at <= since;
        if (good || over) continue;
        earliest = std::min(earliest, std::max(all[i].at, since));
        break;
    }
    if (standing) {
        if (const auto due = due_from(goal, *standing)) earliest = std::min(earliest, *due);
    }
    return earliest;
}

}  // namespace kpi
