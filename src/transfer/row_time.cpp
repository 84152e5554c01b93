#include "transfer/row_time.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

#include "base/text.hpp"

namespace transfer {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

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

std::optional<base::TimePoint> start_of(std::string_view year, std::string_view month,
                                        std::string_view day) {
    std::string date(year);
    date.append("-").append(month).append("-").append(day);
    return base::parse_time(date, base::DateAlone::start_of_day);
}

std::optional<base::TimePoint> start_of_quarter(std::string_view year, char quarter) {
    constexpr std::string_view months[] = {"01", "04", "07", "10"};
    if (quarter < '1' || quarter > '4') return std::nullopt;
    return start_of(year, months[quarter - '1'], "01");
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

// 2024, 202403, 20240331, 2024033113, 202403311359, 20240331135959.
std::optional<base::TimePoint> read_calendar(std::string_view text) {
    if (text.size() < 4 || text.size() > 14 || text.size() % 2 != 0) return std::nullopt;
    const auto part = [&](std::size_t at, const char* otherwise) {
        return std::string(text.size() > at ? text.substr(at, 2) : otherwise);
    };
    std::string time(text.substr(0, 4));
    time += "-" + part(4, "01") + "-" + part(6, "01") + "T" + part(8, "00") + ":" + part(10, "00") +
            ":" + part(12, "00") + "Z";
    return base::parse_time(time, base::DateAlone::start_of_day);
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

constexpr const char* how_to_say =
    "say what digits mean with --digits calendar, seconds, milliseconds or microseconds";

// Nine digits of seconds are 1973, eleven go to 5138; twelve digits of milliseconds begin in 1973.
RowTime read_unknown_digits(std::string_view text) {
    if (text.size() == 4) {
        const auto time = start_of(text, "01", "01");
        return time ? RowTime{time, {}} : RowTime{{}, base::excerpt(text) + " is not a year"};
    }
    if (const std::string date = likely_date(text); !date.empty()) {
        return {{},
                base::excerpt(text) + " may be " + date + " or a time since 1970; " + how_to_say};
    }
    if (text.size() < 9 || text.size() > 14) {
        return {{},
                base::excerpt(text) +
                    " is neither a year (2024) nor seconds or milliseconds since 1970; write dates "
                    "as 2024-03-31, or " +
                    how_to_say};
    }
    return {read_count(text, text.size() < 12 ? Digits::seconds : Digits::milliseconds), {}};
}

RowTime read_digits(std::string_view text, Digits digits) {
    if (digits == Digits::unknown) return read_unknown_digits(text);
    const bool calendar = digits == Digits::calendar;
    const auto time = calendar ? read_calendar(text) : read_count(text, digits);
    if (time) return {time, {}};
    return {
        {},
        base::excerpt(text) + (calendar ? " is not a date and time such as 20240331 or 202403311359"
                                        : " lies beyond the year 9999")};
}

std::optional<base::TimePoint> read_period(std::string_view text) {
    if (has_form(text, "0000/00")) return start_of(text.substr(0, 4), text.substr(5, 2), "01");
    if (has_form(text, "0000/00/00")) {
        return start_of(text.substr(0, 4), text.substr(5, 2), text.substr(8, 2));
    }
    if (has_form(text, "0000 Q0")) return start_of_quarter(text.substr(0, 4), text[6]);
    if (has_form(text, "0000Q0")) return start_of_quarter(text.substr(0, 4), text[5]);
    if (has_form(text, "Q0 0000")) return start_of_quarter(text.substr(3, 4), text[1]);
    std::string time(text);
    if (time.size() > 10 && time[10] == ' ') time[10] = 'T';  // RFC 3339 allows the space
    return base::parse_time(time, base::DateAlone::start_of_day);
}

// 31/12/2024, 1.2.24, 12-31-2024 and the like.
bool has_day_first(std::string_view text) {
    const auto separator = text.find_first_of("/.-");
    if (separator == 0 || separator > 2) return false;
    const auto second = text.find(text[separator], separator + 1);
    if (second == std::string_view::npos) return false;
    const auto middle = text.substr(separator + 1, second - separator - 1);
    const auto year = text.substr(second + 1, 4);
    return all_digits(text.substr(0, separator)) && middle.size() <= 2 && all_digits(middle) &&
           year.size() >= 2 && is_digit(year[0]) && is_digit(year[1]);
}

bool lacks_offset(std::string_view text) {
    return text.size() > 10 &&
           base::parse_time(text.substr(0, 10), base::DateAlone::start_of_day) &&
           (text[10] == 'T' || text[10] == ' ' || text[10] == 't') &&
           text.find_first_of("Zz+-", 11) == std::string_view::npos;
}

}  // namespace

RowTime read_row_time(std::string_view text, Digits digits) {
    text = base::trim(text);
    if (text.empty()) return {{}, "the time is missing"};
    if (all_digits(text)) return read_digits(text, digits);
    if (const auto time = read_period(text)) return {time, {}};
    if (has_day_first(text)) {
        return {{},
                base::excerpt(text) +
                    " may be month/day or day/month; write the year first, as in 2024-03-31"};
    }
    if (lacks_offset(text)) {
        return {
            {},
            base::excerpt(text) +
                " has no offset; write 2024-03-31T13:59:00Z for UTC, or one such as +01:00 for Z"};
    }
    return {{},
            base::excerpt(text) +
                " is not a time; write 2024, 2024-Q1, 2024-03, 2024-03-31 or "
                "2024-03-31T12:00:00Z"};
}

}  // namespace transfer
