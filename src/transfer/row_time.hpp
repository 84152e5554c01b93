// The forms in which files give times: a year, a quarter, a month or a date (each means its start,
// in UTC), RFC 3339, or seconds or milliseconds since 1970. A form that two people could read
// differently is refused, unless whoever imports says what digits mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace transfer {

struct RowTime {
    std::optional<base::TimePoint> time;
    std::string fault;  // why there is none, e.g. "'03/04/2024' may be ..."
};

// What a time of digits alone means.
enum class Digits {
    unknown,       // a year, or what it can only be: 1711843200 is no date
    seconds,       // since 1970
    milliseconds,  // since 1970
    microseconds,  // since 1970
    calendar,      // YYYY, YYYYMM, YYYYMMDD, and further with HH, HHMM, HHMMSS, in UTC
};

// Blanks around it don't matter.
RowTime read_row_time(std::string_view text, Digits digits = Digits::unknown);

}  // namespace transfer
