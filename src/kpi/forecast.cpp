#include "kpi/forecast.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace kpi {
namespace {

using std::chrono::milliseconds;

constexpr double z = 1.2815516;  // 8 of 10 times within +-z standard deviations

// One value a date.
std::vector<Reading> in_force(std::span<const Reading> history) {
    std::vector<Reading> kept;
    kept.reserve(history.size());
    for (const Reading& reading : history) {
        if (!kept.empty() && kept.back().date == reading.date) kept.pop_back();
        kept.push_back(reading);
    }
    return kept;
}

milliseconds length_of(std::span<const Reading> history) {
    return history.empty() ? milliseconds(0) : history.back().date - history.front().date;
}

// At a time from the date of `history[place]` on, and before the next one's: on the line between
// them. With the value in force instead, a window that is a little shorter than the time between
// two values (February's among months of 31 days) would say that nothing ever changes.
double value_at(std::span<const Reading> history, std::size_t place, TimePoint time) {
    const Reading& before = history[place];
    if (before.date == time || place + 1 == history.size()) return before.value;
    const Reading& after = history[place + 1];
    const auto share = static_cast<double>((time - before.date).count()) /
                       static_cast<double>((after.date - before.date).count());
    return before.value + share * (after.value - before.value);
}

// How much the value changed over so long a time, from each date on.
std::vector<double> changes_over(std::span<const Reading> history, milliseconds time) {
    std::vector<double> changes;
    std::size_t later = 0;  // the last value before the window's end
    for (const Reading& reading : history) {
        const TimePoint end = reading.date + time;
        if (end > history.back().date) break;
        while (later + 1 < history.size() && history[later + 1].date <= end) ++later;
        changes.push_back(value_at(history, later, end) - reading.value);
    }
    return changes;
}

// Each value adds a window, and brings the deadline nearer by one more.
std::optional<std::size_t> needed_after(std::span<const Reading> history, std::size_t windows,
                                        milliseconds left) {
    const std::size_t values_min = forecast_windows_min + 1;
    if (history.size() < 2) return values_min - history.size();
    const auto length = static_cast<double>(length_of(history).count());
    const double between = length / static_cast<double>(history.size() - 1);
    const auto to_go = static_cast<double>(left.count());
    // Below 0: so many values are missing until there is one.
    const double windows_now =
        windows > 0 ? static_cast<double>(windows) : std::floor((length - to_go) / between) + 1;
    const double for_windows =
        std::ceil((static_cast<double>(forecast_windows_min) - windows_now) / 2);
    const double for_length = std::ceil((2 * to_go - length) / (3 * between));
    const double needed = std::max({for_windows, for_length, 1.0});
    const auto needed_max = static_cast<double>(forecast_needed_max);
    if (needed * between >= to_go || needed > needed_max) return std::nullopt;
    return static_cast<std::size_t>(needed);
}

ForecastRange range_of(std::span<const Reading> history, const std::vector<double>& changes,
                       milliseconds left, MetricKind kind) {
    const auto count = static_cast<double>(changes.size());
    const double mean = std::accumulate(changes.begin(), changes.end(), 0.0) / count;
    double squares = 0;
    for (const double change : changes) squares += (change - mean) * (change - mean);
    const double deviation = std::sqrt(squares / (count - 1));
    // Windows overlap: so many steps of the history are within one.
    const double overlap = static_cast<double>(history.size() - 1) *
                           static_cast<double>(left.count()) /
                           static_cast<double>(length_of(history).count());
    const double usual = z * deviation * std::sqrt(1 + overlap / count);
    const double value = history.back().value;
    ForecastRange range{value + std::min(0.0, mean) - usual, value + mean,
                        value + std::max(0.0, mean) + usual, changes.size()};
    if (kind == MetricKind::counter) range.low = std::max(range.low, value);
    return range;
}

}  // namespace

Forecast forecast_of(std::span<const Reading> history, const ForecastQuestion& question) {
    const auto values = in_force(history);
    const TimePoint since = values.empty() ? question.now : values.back().date;
    const milliseconds left = question.at - since;
    if (question.now >= question.at || left <= milliseconds(0)) return {};
    const auto changes = changes_over(values, left);
    const bool is_long = 2 * left <= length_of(values);
    if (changes.size() < forecast_windows_min || !is_long) {
        return {std::nullopt, needed_after(values, changes.size(), left)};
    }
    return {range_of(values, changes, left, question.kind), std::nullopt};
}

}  // namespace kpi
