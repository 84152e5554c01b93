// Points in time (UTC, whole milliseconds) and their text form, RFC 3339.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace base {

using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

// Passed in wherever "now" matters, so that tests own the clock.
using Clock = std::function<TimePoint()>;
TimePoint system_now();

// "2026-12-31T23:59:59.999Z"
std::string format_time(TimePoint time);

// What a date without a time of day means.
enum class DateAlone { start_of_day, end_of_day };  // 00:00:00.000 or 23:59:59.999, in UTC

// RFC 3339 with any offset, or a date alone. Digits finer than a millisecond are cut. nullopt for
// anything else, for second 60, hour 24, and for years outside 0001..9999 in UTC.
std::optional<TimePoint> parse_time(std::string_view text, DateAlone date_alone);

}  // namespace base
