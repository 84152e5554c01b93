#include "transfer/row_time.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

#include "base/text.hpp"

namespace transfer {
namespace {

constexpr std::string_view order_option = "--date-order";
constexpr std::string_view zone_option = "--utc-offset";
constexpr std::string_view digits_option = "--digits";
constexpr std::string_view format_option = "--time-format";

// Whether the text has the form: '0' stands for a digit, '/' for '-' or '/', ' ' for a space or
// '-', 'Q' for it in either case, other characters for themselves.
bool has_form(std::string_view text, std::string_view form) {
    return std::ranges::equal(text, form, [](char c, char wanted) {
        switch (wanted) {
            case '0':
                return is_digit(c);
            case '/':
                return c == '-' || c == '/';
            case ' ':
                return c == ' ' || c == '-';
            case 'Q':
                return base::lower(c) == 'q';
            default:
                return c == wanted;
        }
    });
}

// Digits that form no valid date are not read as one.
std::optional<LocalTime> day_of(std::string_view year, std::string_view month,
                                std::string_view day) {
    std::string date(year);
    date.append("-").append(month).append("-").append(day);
    return read_local_time(date, DateOrder::ymd);
}

std::optional<LocalTime> quarter_of(std::string_view year, char quarter) {
    constexpr std::string_view months[] = {"01", "04", "07", "10"};
    if (quarter < '1' || quarter > '4') return std::nullopt;
    return day_of(year, months[quarter - '1'], "01");
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

// 2024, 202403, 20240331, 2024033113, 202403311359, 20240331135959.
std::optional<LocalTime> read_calendar(std::string_view text) {
    if (text.size() < 4 || text.size() > 14 || text.size() % 2 != 0) return std::nullopt;
    const auto part = [&](std::size_t at, const char* otherwise) {
        return std::string(text.size() > at ? text.substr(at, 2) : otherwise);
    };
    std::string time(text.substr(0, 4));
    time += "-" + part(4, "01") + "-" + part(6, "01");
    if (text.size() > 8) time += "T" + part(8, "00") + ":" + part(10, "00") + ":" + part(12, "00");
    return read_local_time(time, DateOrder::ymd);
}

// "2024-02-24 00:10" when somebody may have meant that, also by mistake (a day 30 of February, an
// hour 24); else empty. Those of 10 and 12 digits are looked for in some years only: the seconds of
// 2017 to 2030 read as dates of other centuries.
std::string likely_date(std::string_view text) {
    if (text.size() < 8 || text.size() > 14 || text.size() % 2 != 0) return {};
    const std::string_view year = text.substr(0, 4);
    if (text.size() == 10 && (year < "1900" || year > "2200")) return {};
    if (text.size() == 12 && (year < "1500" || year > "2200")) return {};
    constexpr std::string_view separators[] = {"-", "-", " ", ":", ":"};
    constexpr std::string_view lowest[] = {"01", "01", "00", "00", "00"};
    constexpr std::string_view highest[] = {"12", "31", "24", "60", "60"};
    std::string date(year);
    for (std::size_t i = 0; 4 + 2 * i < text.size(); ++i) {
        const std::string_view part = text.substr(4 + 2 * i, 2);
        if (part < lowest[i] || part > highest[i]) return {};
        date.append(separators[i]).append(part);
    }
    return text.size() == 10 ? date + " h" : date;
}

// Since 1970. nullopt: beyond the year 9999.
std::optional<base::TimePoint> read_count(std::string_view text, Digits digits) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    constexpr std::int64_t ms_max = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z
    if (digits == Digits::seconds && number > ms_max / 1000) return std::nullopt;
    if (digits == Digits::seconds) number *= 1000;
    if (digits == Digits::microseconds) number /= 1000;
    if (number > ms_max) return std::nullopt;
    return base::TimePoint(std::chrono::milliseconds(number));
}

// "2024-03-31"
std::string date_in(const LocalTime& local) {
    const base::TimePoint day(std::chrono::sys_days(local.date));
    return base::format_time(day).substr(0, 10);
}

RowTime beyond_years(std::string_view text) {
    return {{}, base::excerpt(text) + " lies outside the years 1 to 9999"};
}

RowTime at(base::TimePoint time, std::string_view text) {
    static const auto first = *base::parse_time("0001-01-01", base::DateAlone::start_of_day);
    static const auto last = *base::parse_time("9999-12-31", base::DateAlone::end_of_day);
    if (time < first || time > last) return beyond_years(text);
    return {time};
}

RowTime start_of(std::chrono::local_days day, std::string_view text, const Zone& zone) {
    if (const auto start = zone.start_of(day)) return at(*start, text);
    return {{}, base::excerpt(text) + " was left out in " + zone.name()};
}

constexpr const char* how_to_say_which =
    "; write an offset into such a time, as in 2024-03-31T02:30:00+01:00, or say --utc-offset if "
    "the "
    "clocks of the file are never changed";

RowTime at_instant_of(Zone::LocalMs time, std::string_view text, const Zone& zone) {
    const auto instants = zone.instants_of(time);
    switch (instants.count) {
        case 0:
            return {{},
                    base::excerpt(text) + " does not exist in " + zone.name() +
                        ", where clocks were put forward over it" + how_to_say_which,
                    zone_option};
        case 2:
            return {{},
                    base::excerpt(text) + " was there twice in " + zone.name() +
                        ", where clocks were put back (" + base::format_time(instants.first) +
                        " and " + base::format_time(instants.second) + ")" + how_to_say_which,
                    zone_option};
        default:
            return at(instants.first, text);
    }
}

// The instant that is meant.
RowTime resolve(const LocalTime& local, std::string_view text, const std::optional<Zone>& zone) {
    const std::chrono::local_days day(local.date);
    if (!local.time_of_day) return start_of(day, text, zone.value_or(Zone()));
    const Zone::LocalMs time = day + *local.time_of_day;
    if (local.offset) return at(base::TimePoint(time.time_since_epoch()) - *local.offset, text);
    if (zone) return at_instant_of(time, text, *zone);
    return {{},
            base::excerpt(text) +
                " has no offset; say in which zone it is with --utc-offset +01:00, --time-zone "
                "Europe/Berlin or --time-zone UTC",
            zone_option};
}

constexpr const char* how_to_say =
    "say what digits mean with --digits calendar, seconds, milliseconds or microseconds";

// Nine digits of seconds are 1973, eleven go to 5138; twelve digits of milliseconds begin in 1973.
RowTime read_unknown_digits(std::string_view text, const TimeForms& forms) {
    if (text.size() == 4) {
        const auto year = day_of(text, "01", "01");
        if (!year) return {{}, base::excerpt(text) + " is not a year"};
        return resolve(*year, text, forms.zone);
    }
    if (const std::string date = likely_date(text); !date.empty()) {
        return {{},
                base::excerpt(text) + " may be " + date + " or a time since 1970; " + how_to_say,
                digits_option};
    }
    if (text.size() < 9 || text.size() > 14) {
        return {{},
                base::excerpt(text) +
                    " is neither a year (2024) nor seconds or milliseconds since 1970; write dates "
                    "as 2024-03-31, or " +
                    how_to_say,
                digits_option};
    }
    return {read_count(text, text.size() < 12 ? Digits::seconds : Digits::milliseconds)};
}

RowTime read_digits(std::string_view text, const TimeForms& forms) {
    if (forms.digits == Digits::unknown) return read_unknown_digits(text, forms);
    if (forms.digits != Digits::calendar) {
        const auto time = read_count(text, forms.digits);
        return time ? RowTime{time}
                    : RowTime{{}, base::excerpt(text) + " lies beyond the year 9999"};
    }
    const auto local = read_calendar(text);
    if (!local) {
        return {{},
                base::excerpt(text) +
                    " is not a date and time such as 20240331 or 202403311359 (--digits calendar)"};
    }
    // Without a zone such times of day are UTC, as --digits says.
    return resolve(*local, text, forms.zone.value_or(Zone()));
}

RowTime read_in_format(std::string_view text, const TimeForms& forms) {
    const auto local = forms.format->read(text);
    if (local) return resolve(*local, text, forms.zone);
    return {{},
            base::excerpt(text) + " is not a time of the form " +
                base::excerpt(forms.format->form()) + " (--time-format)",
            format_option};
}

// A month or quarter, with its year first or last.
std::optional<LocalTime> read_period(std::string_view text) {
    if (has_form(text, "0000/00")) return day_of(text.substr(0, 4), text.substr(5, 2), "01");
    if (has_form(text, "00/0000") || has_form(text, "00.0000")) {
        return day_of(text.substr(3, 4), text.substr(0, 2), "01");
    }
    if (has_form(text, "0000 Q0")) return quarter_of(text.substr(0, 4), text[6]);
    if (has_form(text, "0000Q0")) return quarter_of(text.substr(0, 4), text[5]);
    if (has_form(text, "Q0 0000")) return quarter_of(text.substr(3, 4), text[1]);
    return std::nullopt;
}

bool has_date_first(std::string_view text) {
    return text.size() >= 10 && has_form(text.substr(0, 10), "0000/00/00");
}

// The year first or last, with a time of day or without.
std::optional<LocalTime> read_date(std::string_view text, DateOrder order) {
    if (has_date_first(text)) return read_local_time(text, DateOrder::ymd);
    return read_local_time(text, order);
}

RowTime year_last(std::string_view text, DateOrder order) {
    const std::string shown = base::excerpt(text);
    if (has_short_year(text)) {
        return {{},
                shown +
                    " has a year of two digits; say what it means with --time-format, such as "
                    "%d.%m.%y",
                format_option};
    }
    const auto day_first = read_local_time(text, DateOrder::dmy);
    const auto month_first = read_local_time(text, DateOrder::mdy);
    if (!day_first && !month_first) return {{}, shown + " is not a date"};
    if (order != DateOrder::unknown) {
        return {
            {},
            shown + " is not a date in the order of --date-order " + std::string(to_string(order)),
            order_option};
    }
    if (!day_first || !month_first) {
        const auto only = day_first ? DateOrder::dmy : DateOrder::mdy;
        return {{},
                shown + " has the " + (day_first ? "day" : "month") +
                    " first; say that all dates do with --date-order " +
                    std::string(to_string(only)),
                order_option};
    }
    return {{},
            shown + " may be day/month or month/day (" + date_in(*day_first) + " or " +
                date_in(*month_first) + "); say which with --date-order dmy or --date-order mdy",
            order_option};
}

RowTime not_a_time(std::string_view text) {
    const auto year_first = read_local_time(text, DateOrder::ymd);
    return {
        {},
        base::excerpt(text) +
            (year_first
                 ? " is not written as 2024-03-31; say that the year is first with --date-order ymd"
                 : " is not a time; write 2024, 2024-Q1, 2024-03, 2024-03-31 or "
                   "2024-03-31T12:00:00Z, or say how it is written with --time-format"),
        year_first ? order_option : format_option};
}

}  // namespace

RowTime read_row_time(std::string_view text, const TimeForms& forms) {
    text = base::trim(text);
    if (text.empty()) return {{}, "the time is missing"};
    if (forms.format) return read_in_format(text, forms);
    if (all_digits(text)) return read_digits(text, forms);
    if (const auto period = read_period(text)) return resolve(*period, text, forms.zone);
    if (const auto date = read_date(text, forms.order)) return resolve(*date, text, forms.zone);
    if (looks_like_year_last(text)) return year_last(text, forms.order);
    return not_a_time(text);
}

bool shows_order(std::string_view text, DateOrder order) {
    text = base::trim(text);
    const auto other = order == DateOrder::dmy ? DateOrder::mdy : DateOrder::dmy;
    return read_local_time(text, order) && !read_local_time(text, other);
}

}  // namespace transfer
