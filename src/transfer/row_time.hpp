// The forms in which files give times: a year, a quarter, a month or a date (each means its start),
// a time of day with or without an offset, RFC 3339, or seconds or milliseconds since 1970. A form
// that two people could read differently is refused, unless whoever imports says what is meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "transfer/local_time.hpp"
#include "transfer/time_format.hpp"
#include "transfer/zone.hpp"

namespace transfer {

// What a time of digits alone means.
enum class Digits {
    unknown,       // a year, or what it can only be: 1711843200 is no date
    seconds,       // since 1970
    milliseconds,  // since 1970
    microseconds,  // since 1970
    calendar,      // YYYY, YYYYMM, YYYYMMDD, and further with HH, HHMM, HHMMSS
};

// What is said about a file's times.
struct TimeForms {
    Digits digits = Digits::unknown;
    DateOrder order = DateOrder::unknown;
    std::optional<TimeFormat> format = {};  // then no other form is read
    // Of times without an offset, and of days. Absent: days begin in UTC, and a time of day without
    // an offset is refused.
    std::optional<Zone> zone = {};
};

struct RowTime {
    std::optional<base::TimePoint> time = {};
    std::string fault = {};        // why there is none, e.g. "'03/04/2024' may be ..."
    std::string_view option = {};  // with a fault: what decides it, if anything does
};

// Blanks around it don't matter.
RowTime read_row_time(std::string_view text, const TimeForms& forms = {});

// Whether it is a date in the one order of day and month and not in the other.
bool shows_order(std::string_view text, DateOrder order);

}  // namespace transfer
