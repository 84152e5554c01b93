#include "transfer/local_time.hpp"

#include <array>
#include <cstdlib>
#include <utility>

namespace transfer {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Numbers {
    int first = 0;
    int second = 0;
    int third = 0;
    bool short_year = false;  // the third has two digits
};

// Three numbers with the same sign between them; the year of four digits is the first or the last.
std::optional<Numbers> scan_numbers(TextScanner& scanner, bool year_first) {
    const auto first = scanner.number(year_first ? 4 : 1, year_first ? 4 : 2);
    const char sign = scanner.peek();
    if (!first || !scanner.take_any_of("/.-")) return std::nullopt;
    const auto second = scanner.number(1, 2);
    if (!second || !scanner.take(sign)) return std::nullopt;
    const TextScanner before = scanner;
    auto third = year_first ? scanner.number(1, 2) : scanner.number(4, 4);
    if (third) return Numbers{*first, *second, *third, false};
    scanner = before;
    third = scanner.number(2, 2);
    if (!third) return std::nullopt;
    return Numbers{*first, *second, *third, true};
}

std::optional<std::chrono::year_month_day> date_of(int year, int month, int day) {
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || year < 1) return std::nullopt;
    return date;
}

std::optional<std::chrono::year_month_day> scan_date(TextScanner& scanner, DateOrder order) {
    const auto numbers = scan_numbers(scanner, order == DateOrder::ymd);
    if (!numbers || numbers->short_year || is_digit(scanner.peek())) return std::nullopt;
    const auto [first, second, third, short_year] = *numbers;
    switch (order) {
        case DateOrder::dmy:
            return date_of(third, second, first);
        case DateOrder::mdy:
            return date_of(third, first, second);
        case DateOrder::ymd:
            return date_of(first, second, third);
        case DateOrder::unknown:
            break;
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(DateOrder order) {
    switch (order) {
        case DateOrder::dmy:
            return "dmy";
        case DateOrder::mdy:
            return "mdy";
        case DateOrder::ymd:
            return "ymd";
        case DateOrder::unknown:
            break;
    }
    return "";
}

bool to_24_hours(int& hour, bool afternoon) {
    if (hour < 1 || hour > 12) return false;
    hour = hour % 12 + (afternoon ? 12 : 0);
    return true;
}

std::optional<std::chrono::milliseconds> scan_time_of_day(TextScanner& scanner) {
    static constexpr std::array<std::string_view, 2> halves{"AM", "PM"};
    const auto hour = scanner.number(1, 2);
    if (!hour || !scanner.take(':')) return std::nullopt;
    const auto minute = scanner.number(2, 2);
    if (!minute || *minute > 59) return std::nullopt;
    std::chrono::milliseconds time = minutes(*minute);
    if (scanner.take(':')) {
        const auto second = scanner.number(2, 2);
        if (!second || *second > 59) return std::nullopt;
        time += seconds(*second);
        if (scanner.take_any_of(".,")) {
            const auto fraction = scanner.fraction();
            if (!fraction) return std::nullopt;
            time += *fraction;
        }
    }
    int hour_of_day = *hour;
    const TextScanner before = scanner;
    scanner.take_blanks();
    if (const auto half = scanner.one_of(halves)) {
        if (!to_24_hours(hour_of_day, *half == 1)) return std::nullopt;
    } else {
        scanner = before;
    }
    if (hour_of_day > 23) return std::nullopt;
    return time + hours(hour_of_day);
}

std::optional<std::chrono::minutes> scan_offset(TextScanner& scanner) {
    if (scanner.take_any_of("Zz")) return minutes(0);
    const bool west = scanner.peek() == '-';
    if (!scanner.take_any_of("+-")) return std::nullopt;
    const auto hour = scanner.number(2, 2);
    if (!hour || *hour > 23) return std::nullopt;
    int minute = 0;
    if (scanner.take(':') || is_digit(scanner.peek())) {
        const auto part = scanner.number(2, 2);
        if (!part || *part > 59) return std::nullopt;
        minute = *part;
    }
    const minutes offset = hours(*hour) + minutes(minute);
    return west ? -offset : offset;
}

std::optional<LocalTime> read_local_time(std::string_view text, DateOrder order) {
    TextScanner scanner(text);
    const auto date = scan_date(scanner, order);
    if (!date) return std::nullopt;
    LocalTime local{*date};
    if (scanner.at_end()) return local;
    scanner.take(',');  // 31.12.2024, 10:00
    if (!scanner.take_blanks() && !scanner.take_any_of("Tt")) return std::nullopt;
    local.time_of_day = scan_time_of_day(scanner);
    if (!local.time_of_day) return std::nullopt;
    scanner.take_blanks();
    if (!scanner.at_end()) {
        local.offset = scan_offset(scanner);
        if (!local.offset || !scanner.at_end()) return std::nullopt;
    }
    return local;
}

bool looks_like_year_last(std::string_view text) {
    TextScanner scanner(text);
    return scan_numbers(scanner, false).has_value();
}

bool has_short_year(std::string_view text) {
    TextScanner scanner(text);
    const auto numbers = scan_numbers(scanner, false);
    return numbers && numbers->short_year && !is_digit(scanner.peek());
}

}  // namespace transfer
