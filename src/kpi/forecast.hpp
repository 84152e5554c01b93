// Where a metric will be at its deadline: between standing still and continuing as so far, plus the
// usual ups and downs. "So far" are the changes over as long a time as lies between the last value
// and the deadline, in all of the history. The interval was checked against real data:
// forecast_test.cpp keeps the backtest. Pure: no clock, no storage.
//
//     const auto forecast = kpi::forecast_of(history, {.kind = kind, .now = now, .at = deadline});
//     forecast.range->low, forecast.range->high   // 8 of 10 times between them
//     forecast.needed                             // without range: so many more values
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "kpi/goal.hpp"
#include "kpi/reading.hpp"

namespace kpi {

// So many of these changes must lie in the history, and it must be at least twice as long as their
// time.
inline constexpr std::size_t forecast_windows_min = 8;
// A longer history is given as so many of its values, equally spread (kpi::Thinned).
inline constexpr std::size_t forecast_history_max = 500;
// Forecasts from fewer values held less often: those who read them are told.
inline constexpr std::size_t forecast_values_enough = 24;

// Of values that came within a moment it would take millions until there is one: nobody waits for
// so many.
inline constexpr std::size_t forecast_needed_max = 1'000;

struct ForecastQuestion {
    MetricKind kind = MetricKind::counter;
    TimePoint now{};  // after the deadline there is no forecast
    TimePoint at{};   // the deadline
};

struct ForecastRange {
    double low = 0;
    double as_so_far = 0;  // if it continues as it did
    double high = 0;
    std::size_t windows = 0;  // the changes that it was computed from
    bool operator==(const ForecastRange&) const = default;
};

struct Forecast {
    std::optional<ForecastRange> range;
    // Without a range: so many more values until there is one, if they come as often as so far;
    // nullopt: there will be none before the deadline, or it takes more than forecast_needed_max.
    std::optional<std::size_t> needed;
};

// `history` by date; of several values of one date the last one counts.
Forecast forecast_of(std::span<const Reading> history, const ForecastQuestion& question);

}  // namespace kpi
