#include "transfer/time_format.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "es/errors.hpp"

namespace transfer {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::string_view, 24> month_names{
    "January",   "February", "March",    "April",    "May", "June", "July", "August",
    "September", "October",  "November", "December", "Jan", "Feb",  "Mar",  "Apr",
    "May",       "Jun",      "Jul",      "Aug",      "Sep", "Oct",  "Nov",  "Dec"};
constexpr std::array<std::string_view, 14> weekday_names{
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    "Mon",    "Tue",     "Wed",       "Thu",      "Fri",    "Sat",      "Sun"};
constexpr std::array<std::string_view, 2> halves{"AM", "PM"};

constexpr std::int64_t count_max = 253'402'300'799;  // the last second of the year 9999

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// What was read so far; a member that isn't there was not asked for.
struct Fields {
    std::optional<int> year, month, day, day_of_year, quarter, week_year, week, weekday;
    std::optional<int> hour, minute, half;
    std::optional<milliseconds> second;
    std::optional<minutes> offset;
    std::optional<std::int64_t> count;  // seconds since 1970
};

std::optional<int> within(std::optional<int> number, int min, int max) {
    return number && *number >= min && *number <= max ? number : std::nullopt;
}

// Whether it was there.
template <class T>
bool set(std::optional<T>& field, std::optional<T> read) {
    field = read;
    return read.has_value();
}

std::optional<int> scan_short_year(TextScanner& scanner) {
    const auto year = scanner.number(2, 2);
    if (!year) return std::nullopt;
    return *year + (*year < 69 ? 2000 : 1900);  // as POSIX says
}

std::optional<int> scan_word(TextScanner& scanner, std::span<const std::string_view> words,
                             std::size_t count) {
    const auto index = scanner.one_of(words);
    if (!index) return std::nullopt;
    return static_cast<int>(*index % count) + 1;
}

std::optional<milliseconds> scan_second(TextScanner& scanner) {
    const auto second = within(scanner.number(1, 2), 0, 59);
    if (!second) return std::nullopt;
    const TextScanner before = scanner;
    if (scanner.take_any_of(".,")) {
        if (const auto fraction = scanner.fraction()) return seconds(*second) + *fraction;
        scanner = before;
    }
    return seconds(*second);
}

std::optional<std::int64_t> scan_count(TextScanner& scanner) {
    std::int64_t count = 0;
    if (!is_digit(scanner.peek())) return std::nullopt;
    while (const auto digit = scanner.number(1, 1)) {
        count = count * 10 + *digit;
        if (count > count_max) return std::nullopt;
    }
    return count;
}

// False: there is nothing of that kind.
bool scan_date_part(char conversion, TextScanner& scanner, Fields& fields) {
    switch (conversion) {
        case 'Y':
            return set(fields.year, within(scanner.number(4, 4), 1, 9999));
        case 'y':
            return set(fields.year, scan_short_year(scanner));
        case 'm':
            return set(fields.month, within(scanner.number(1, 2), 1, 12));
        case 'b':
        case 'B':
            return set(fields.month, scan_word(scanner, month_names, 12));
        case 'd':
        case 'e':
            scanner.take_blanks();
            return set(fields.day, within(scanner.number(1, 2), 1, 31));
        case 'j':
            return set(fields.day_of_year, within(scanner.number(1, 3), 1, 366));
        case 'q':
            return set(fields.quarter, within(scanner.number(1, 1), 1, 4));
        case 'G':
            return set(fields.week_year, within(scanner.number(4, 4), 1, 9998));
        case 'V':
            return set(fields.week, within(scanner.number(1, 2), 1, 53));
        case 'u':
            return set(fields.weekday, within(scanner.number(1, 1), 1, 7));
        default:
            return scan_word(scanner, weekday_names, 7).has_value();  // a or A, which says no more
    }
}

bool scan_part(char conversion, TextScanner& scanner, Fields& fields) {
    switch (conversion) {
        case 'H':
            return set(fields.hour, within(scanner.number(1, 2), 0, 23));
        case 'I':
            return set(fields.hour, within(scanner.number(1, 2), 1, 12));
        case 'M':
            return set(fields.minute, within(scanner.number(1, 2), 0, 59));
        case 'S':
            return set(fields.second, scan_second(scanner));
        case 'p':
            return set(fields.half, scan_word(scanner, halves, 2));
        case 'z':
            return set(fields.offset, scan_offset(scanner));
        case 's':
            return set(fields.count, scan_count(scanner));
        case '%':
            return scanner.take('%');
        default:
            return scan_date_part(conversion, scanner, fields);
    }
}

// Monday of the first week is in that of January 4th (ISO 8601).
std::optional<std::chrono::local_days> day_of_week(int year, int week, int weekday) {
    using namespace std::chrono;
    const local_days fourth{std::chrono::year(year) / January / 4};
    const local_days first = fourth - (std::chrono::weekday(fourth) - Monday);
    const local_days day = first + days(7 * (week - 1) + weekday - 1);
    const local_days next_fourth{std::chrono::year(year + 1) / January / 4};
    const local_days next = next_fourth - (std::chrono::weekday(next_fourth) - Monday);
    if (day >= next) return std::nullopt;  // a week 53 that the year hasn't
    return day;
}

std::optional<std::chrono::year_month_day> date_of(const Fields& fields) {
    using namespace std::chrono;
    if (fields.week) {
        const auto day = day_of_week(*fields.week_year, *fields.week, fields.weekday.value_or(1));
        return day ? std::optional(year_month_day(*day)) : std::nullopt;
    }
    const std::chrono::year year(*fields.year);
    if (fields.day_of_year) {
        const year_month_day date(local_days(year / January / 1) + days(*fields.day_of_year - 1));
        return date.year() == year ? std::optional(date) : std::nullopt;
    }
    const int month = fields.quarter ? 3 * *fields.quarter - 2 : fields.month.value_or(1);
    const year_month_day date =
        year / month / std::chrono::day(static_cast<unsigned>(fields.day.value_or(1)));
    return date.ok() ? std::optional(date) : std::nullopt;
}

std::optional<LocalTime> local_time_of(const Fields& fields) {
    if (fields.count) {
        const std::chrono::local_seconds time{seconds(*fields.count)};
        const auto day = std::chrono::floor<days>(time);
        return LocalTime{std::chrono::year_month_day(day), time - day, minutes(0)};
    }
    const auto date = date_of(fields);
    if (!date) return std::nullopt;
    LocalTime local{*date, std::nullopt, fields.offset};
    if (fields.hour) {
        int hour = *fields.hour;
        if (fields.half && !to_24_hours(hour, *fields.half == 2)) return std::nullopt;
        local.time_of_day = hours(hour) + minutes(fields.minute.value_or(0)) +
                            fields.second.value_or(milliseconds(0));
    }
    return local;
}

es::Unusable misfit(const std::string& form, const std::string& why) {
    return es::Unusable("--time-format " + base::excerpt(form) + " " + why);
}

std::string written_out(std::string_view form) {
    std::string plain;
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] != '%' || i + 1 == form.size()) {
            plain += form[i];
            continue;
        }
        const char conversion = form[++i];
        if (conversion == 'F') {
            plain += "%Y-%m-%d";
        } else if (conversion == 'T') {
            plain += "%H:%M:%S";
        } else {
            plain.append("%").append(1, conversion);
        }
    }
    return plain;
}

// The conversions of a form that is written out, in their order. Throws es::Unusable.
std::string conversions_in(const std::string& form, std::string_view plain) {
    std::string found;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        if (plain[i] != '%') continue;
        if (++i == plain.size()) throw misfit(form, "ends with a single %; %% stands for one");
        const std::string conversion = std::string("%") + plain[i];
        if ((conversions.find(conversion + " ") == std::string_view::npos && plain[i] != '%')) {
            throw misfit(form, "has " + base::excerpt(conversion) +
                                   ", which is not known; known are " + std::string(conversions));
        }
        if (plain[i] != '%') found += plain[i];
    }
    return found;
}

// What the conversions set, so that none is set twice.
char kind_of(char conversion) {
    switch (conversion) {
        case 'y':
            return 'Y';
        case 'b':
        case 'B':
            return 'm';
        case 'e':
            return 'd';
        case 'I':
            return 'H';
        case 'A':
            return 'a';
        default:
            return conversion;
    }
}

// Why the conversions together say no time; empty: they do.
std::string gap_in(const std::string& found) {
    std::string kinds;
    for (const char conversion : found) {
        const char kind = kind_of(conversion);
        if (kinds.find(kind) != std::string::npos) {
            return std::string("says what %") + conversion + " means more than once";
        }
        kinds += kind;
    }
    const auto has = [&](char kind) { return kinds.find(kind) != std::string::npos; };
    const auto also = [&](char kind, char needed) { return !has(kind) || has(needed); };
    if (has('s')) return kinds == "s" ? "" : "has %s, which says all, and more";
    if (has('G') || has('V') || has('u')) {
        if (!has('G') || !has('V')) return "has a week without %G and %V";
        if (has('Y') || has('m') || has('d') || has('j') || has('q')) {
            return "has both a week and another date";
        }
    } else if (!has('Y')) {
        return "has no year (%Y)";
    }
    constexpr std::string_view parts = "jqm";
    if (std::ranges::count_if(parts, has) > 1) return "has more than one of month, quarter and %j";
    if (!also('d', 'm')) return "has a day without a month";
    if (!also('M', 'H') || !also('S', 'M'))
        return "has minutes or seconds without what is above them";
    const bool half_day = found.find('I') != std::string::npos;
    if (half_day != has('p')) return "has one of %I and %p without the other";
    return "";
}

}  // namespace

TimeFormat::TimeFormat(std::string form) : form_(std::move(form)), plain_(written_out(form_)) {
    const std::string gap = gap_in(conversions_in(form_, plain_));
    if (!gap.empty()) throw misfit(form_, gap);
}

std::optional<LocalTime> TimeFormat::read(std::string_view text) const {
    TextScanner scanner(text);
    Fields fields;
    for (std::size_t i = 0; i < plain_.size(); ++i) {
        if (plain_[i] == '%') {
            if (!scan_part(plain_[++i], scanner, fields)) return std::nullopt;
        } else if (is_blank(plain_[i])) {
            scanner.take_blanks();  // as strptime: any number of them
        } else if (!scanner.take(plain_[i])) {
            return std::nullopt;
        }
    }
    return scanner.at_end() ? local_time_of(fields) : std::nullopt;
}

}  // namespace transfer
