// Dates and times of day as files write them, not yet at an instant: 31.12.2024, 2024-03-31 09:05,
// 3/4/2024 9:05 PM.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "transfer/text_scanner.hpp"

namespace transfer {

// What a calendar and a clock on a wall show.
struct LocalTime {
    std::chrono::year_month_day date;
    // By the clock, less than 24 h; absent: the whole day is meant, or what begins with it.
    std::optional<std::chrono::milliseconds> time_of_day = {};
    std::optional<std::chrono::minutes> offset = {};  // from UTC, if the text has one
};

// In which order a file writes day, month and year.
enum class DateOrder { unknown, dmy, mdy, ymd };
// "dmy"
std::string_view to_string(DateOrder order);

// A date in that order, with '/', '.' or '-' between its parts and a year of four digits, and
// perhaps a time of day after it. nullopt: it isn't one, or the order is unknown.
std::optional<LocalTime> read_local_time(std::string_view text, DateOrder order);

// Whether it begins with two numbers of up to two digits and a third of two to four, like a date
// that has its year last.
bool looks_like_year_last(std::string_view text);
// Whether it looks so and its year has two digits.
bool has_short_year(std::string_view text);

// Parts of it. nullopt: there is none, or it is out of its range.
// 9:05, 09:05:30, 09:05:30.250 (or with a comma), each perhaps with AM or PM.
std::optional<std::chrono::milliseconds> scan_time_of_day(TextScanner& scanner);
// Z, +02:00, +0200, +02.
std::optional<std::chrono::minutes> scan_offset(TextScanner& scanner);
// Of 12 hours and AM or PM; false: the hour is none of them.
bool to_24_hours(int& hour, bool afternoon);

}  // namespace transfer
