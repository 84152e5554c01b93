#include "kpi/signals.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace kpi {
namespace {

// The constants of XmR charts: 3 sigma, where sigma is the mean step / 1.128.
constexpr double limits_factor = 2.66;
constexpr double step_factor = 3.268;
constexpr std::int64_t run_length = 8;
constexpr std::ptrdiff_t cluster_length = 3;

NaturalLimits limits_of(std::span<const Reading> readings) {
    const double first = readings.front().value;
    const auto count = static_cast<double>(readings.size());
    double sum = 0;  // of differences: equal values then have exactly themselves as their mean
    double steps = 0;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        sum += readings[i].value - first;
        if (i > 0) steps += std::abs(readings[i].value - readings[i - 1].value);
    }
    const double mean = first + sum / count;
    const double step = steps / (count - 1);
    return {mean,
            mean - limits_factor * step,
            mean + limits_factor * step,
            step_factor * step,
            readings.size(),
            readings.front().date};
}

int side_of(double value, double middle) {
    return value > middle ? 1 : value < middle ? -1 : 0;
}

// The side of the limit that it is nearer to than to the mean; 0: of none.
int near_side(const NaturalLimits& limits, double value) {
    if (value > (limits.mean + limits.upper) / 2) return 1;
    if (value < (limits.mean + limits.lower) / 2) return -1;
    return 0;
}

bool is_met(Direction direction, double value, double target) {
    return direction == Direction::at_least ? value >= target : value <= target;
}

std::int64_t period_of(UpdatePeriod period, TimePoint time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const int year = static_cast<int>(date.year());
    const auto month = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
    switch (period) {
        case UpdatePeriod::daily:
            break;
        case UpdatePeriod::weekly:
            // 1970-01-01 was a Thursday.
            return std::chrono::floor<std::chrono::weeks>(day + std::chrono::days(3))
                .time_since_epoch()
                .count();
        case UpdatePeriod::monthly:
            return year * 12 + month;
        case UpdatePeriod::quarterly:
            return year * 4 + month / 3;
        case UpdatePeriod::yearly:
            return year;
    }
    return day.time_since_epoch().count();
}

}  // namespace

void SignalFinder::add(const Reading& reading) {
    if (lasting_) {
        rules_.look(*lasting_, reading);
        return;
    }
    first_.push_back(reading);
    if (first_.size() < limits_values_max) return;
    lasting_ = limits_of(first_);
    for (const Reading& earlier : first_) rules_.look(*lasting_, earlier);
}

Variation SignalFinder::result() const {
    Variation variation;
    Rules rules = rules_;
    if (first_.size() < limits_values_min) {
        variation.needed = limits_values_min - first_.size();
        return variation;
    }
    variation.limits = lasting_;
    if (!lasting_) {
        variation.limits = limits_of(std::span(first_).first(limits_values_min));
        for (const Reading& reading : first_) rules.look(*variation.limits, reading);
    }
    rules.move_signals_to(variation);
    return variation;
}

void SignalFinder::Rules::look(const NaturalLimits& limits, const Reading& reading) {
    if (reading.value > limits.upper) report(reading, SignalRule::outside, 1);
    if (reading.value < limits.lower) report(reading, SignalRule::outside, -1);
    look_at_step(limits, reading);
    look_at_run(limits, reading);
    look_at_cluster(limits, reading);
}

void SignalFinder::Rules::look_at_step(const NaturalLimits& limits, const Reading& reading) {
    const double before = std::exchange(previous_, reading.value).value_or(reading.value);
    if (std::abs(reading.value - before) <= limits.step_max) return;
    report(reading, SignalRule::step, side_of(reading.value, before));
}

void SignalFinder::Rules::look_at_run(const NaturalLimits& limits, const Reading& reading) {
    const int side = side_of(reading.value, limits.mean);
    run_ = std::exchange(run_side_, side) == side ? run_ + 1 : 1;
    if (side != 0 && run_ == run_length) report(reading, SignalRule::run, side);
}

void SignalFinder::Rules::look_at_cluster(const NaturalLimits& limits, const Reading& reading) {
    std::ranges::rotate(near_, near_.begin() + 1);
    near_.back() = near_side(limits, reading.value);
    int side = 0;
    for (const int each : {-1, 1}) {
        if (std::ranges::count(near_, each) >= cluster_length) side = each;
    }
    if (std::exchange(cluster_side_, side) == side || side == 0) return;
    report(reading, SignalRule::cluster, side);
}

void SignalFinder::Rules::report(const Reading& reading, SignalRule rule, int side) {
    if (reading.date < options_.from || reading.date > options_.to) return;
    const bool good = (side > 0) == (options_.direction == Direction::at_least);
    signals_.push_back({reading.date, reading.version, rule, good});
    if (signals_.size() <= signals_max) return;
    signals_.pop_front();
    ++left_out_;
}

void SignalFinder::Rules::move_signals_to(Variation& variation) {
    variation.signals.assign(signals_.begin(), signals_.end());
    variation.signals_left_out = left_out_;
}

std::optional<Reading> PeriodIncrements::add(const Reading& reading) {
    const std::int64_t period = period_of(period_, reading.date);
    if (!current_ || period <= current_->period) {
        current_ = {current_ ? current_->period : period, reading};
        return std::nullopt;
    }
    const auto ended = increment();
    before_ = std::exchange(current_, PeriodEnd{period, reading});
    return ended;
}

std::optional<Reading> PeriodIncrements::last(TimePoint now) const {
    if (!current_ || period_of(period_, now) <= current_->period) return std::nullopt;
    return increment();
}

std::optional<Reading> PeriodIncrements::increment() const {
    if (!before_ || before_->period + 1 != current_->period) return std::nullopt;
    Reading reading = current_->reading;
    reading.value -= before_->reading.value;
    return reading;
}

Outlook outlook_of(const NaturalLimits& limits, Direction direction, double target) {
    const bool up = direction == Direction::at_least;
    if (is_met(direction, up ? limits.lower : limits.upper, target)) return Outlook::reliable;
    if (!is_met(direction, up ? limits.upper : limits.lower, target)) return Outlook::unlikely;
    return Outlook::hit_or_miss;
}

double target_at(const Goal& goal, TimePoint time) {
    const auto step = std::ranges::lower_bound(goal.checkpoints, time, {}, &Checkpoint::until);
    return step != goal.checkpoints.end() ? step->target : goal.target;
}

Met met_of(const Goal& goal, std::span<const Reading> readings) {
    const auto latest = readings.last(std::min(readings.size(), met_values_max));
    const auto met = std::ranges::count_if(latest, [&](const Reading& reading) {
        return is_met(goal.direction, reading.value, target_at(goal, reading.date));
    });
    return {latest.size(), static_cast<std::size_t>(met)};
}

}  // namespace kpi
