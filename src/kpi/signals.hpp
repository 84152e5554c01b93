// Signals against noise: how much a metric's values vary by themselves (natural limits, XmR), and
// which of them say more than that. Pure: no clock, no storage. Values come one by one in the order
// of their dates, so that a million of them take no memory.
//
//     kpi::SignalFinder finder({.direction = kpi::Direction::at_least});
//     for (const auto& reading : readings) finder.add(reading);
//     const kpi::Variation variation = finder.result();
//     variation.limits->upper   // nullopt with fewer than 12 values: see `needed`
//     variation.signals         // each with its rule, and whether it is good
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "kpi/goal.hpp"
#include "kpi/reading.hpp"

namespace kpi {

// Limits come from the first 12 values, and from the first 24 as soon as there are so many. Then
// they stay: limits that move with each value never find anything.
inline constexpr std::size_t limits_values_min = 12;
inline constexpr std::size_t limits_values_max = 24;
// Only so many signals are kept, the latest.
inline constexpr std::size_t signals_max = 100;

struct NaturalLimits {
    double mean = 0;
    double lower = 0;
    double upper = 0;
    double step_max = 0;  // a larger step from one value to the next is a signal
    std::size_t of = 0;   // so many values made them
    TimePoint from{};     // the date of the first of these
    bool operator==(const NaturalLimits&) const = default;
};

enum class SignalRule {
    outside,  // a value outside the limits
    step,     // a step larger than usual
    run,      // 8 in a row on one side of the mean
    cluster,  // 3 of 4 in a row nearer to a limit than to the mean, on the same side
};

// A run and a cluster are reported at the value that completes them, and not again while they last.
struct Signal {
    TimePoint date{};
    es::Version version = 0;
    SignalRule rule = SignalRule::outside;
    bool good = false;  // by the goal's direction
    bool operator==(const Signal&) const = default;
};

struct Variation {
    std::optional<NaturalLimits> limits;  // nullopt: there are too few values
    std::size_t needed = 0;               // so many more values until there are limits
    std::vector<Signal> signals;          // by date
    std::int64_t signals_left_out = 0;    // earlier ones, beyond signals_max
};

struct SignalOptions {
    Direction direction = Direction::at_least;
    // Signals of values dated before `from` or after `to` are left out.
    TimePoint from = TimePoint::min();
    TimePoint to = TimePoint::max();
};

class SignalFinder {
public:
    explicit SignalFinder(SignalOptions options) : rules_(options) {}

    // In the order of dates, then versions.
    void add(const Reading& reading);
    [[nodiscard]] Variation result() const;

private:
    // Looks at one value after the other under limits that stay.
    class Rules {
    public:
        explicit Rules(SignalOptions options) : options_(options) {}
        void look(const NaturalLimits& limits, const Reading& reading);
        void move_signals_to(Variation& variation);

    private:
        void look_at_step(const NaturalLimits& limits, const Reading& reading);
        void look_at_run(const NaturalLimits& limits, const Reading& reading);
        void look_at_cluster(const NaturalLimits& limits, const Reading& reading);
        void report(const Reading& reading, SignalRule rule, int side);

        static constexpr std::size_t cluster_of = 4;
        SignalOptions options_;
        std::optional<double> previous_;
        int run_side_ = 0;  // 1: above the mean, -1: below it, 0: on it
        std::int64_t run_ = 0;
        std::array<int, cluster_of> near_{};  // the side of the limit that each is near to; or 0
        int cluster_side_ = 0;                // of the cluster that lasts; 0: none does
        std::deque<Signal> signals_;
        std::int64_t left_out_ = 0;
    };

    std::vector<Reading> first_;  // at most limits_values_max
    std::optional<NaturalLimits> lasting_;
    Rules rules_;
};

// The increments of a counter between the last values of neighbouring periods (days, weeks from
// Monday, months, ... in UTC), each dated as the later value. None leads over a period without
// values.
class PeriodIncrements {
public:
    explicit PeriodIncrements(UpdatePeriod period) : period_(period) {}

    // In the order of dates. Returns the increment that ends with the value before, if this one
    // lies in a later period.
    std::optional<Reading> add(const Reading& reading);
    // The increment that ends with the last value, if `now` is in a later period. While a period
    // runs, only a part of its increment is known.
    [[nodiscard]] std::optional<Reading> last(TimePoint now) const;

private:
    struct PeriodEnd {
        std::int64_t period = 0;
        Reading reading;
    };
    [[nodiscard]] std::optional<Reading> increment() const;

    UpdatePeriod period_;
    std::optional<PeriodEnd> before_;
    std::optional<PeriodEnd> current_;
};

// What the limits say about a goal that is to be kept.
enum class Outlook {
    reliable,     // the worse limit is good enough
    hit_or_miss,  // the target lies between the limits
    unlikely,     // not even the better limit is good enough: something has to change
};
Outlook outlook_of(const NaturalLimits& limits, Direction direction, double target);

// What a goal that is kept asks for at that time: a checkpoint's target holds until its `until`.
double target_at(const Goal& goal, TimePoint time);

// How many of the latest values met the target that was to be kept at their dates.
inline constexpr std::size_t met_values_max = 12;
struct Met {
    std::size_t of = 0;  // the latest met_values_max, or all
    std::size_t in = 0;
    bool operator==(const Met&) const = default;
};
// `readings` by date.
Met met_of(const Goal& goal, std::span<const Reading> readings);

}  // namespace kpi
