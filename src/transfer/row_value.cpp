#include "transfer/row_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "base/text.hpp"
#include "transfer/text_scanner.hpp"

namespace transfer {
namespace {

constexpr const char* how_to_say =
    "say which sign is the decimal one with --decimal comma or --decimal point";
constexpr std::string_view decimal_option = "--decimal";

// What separates groups of digits besides the sign that isn't the decimal one: apostrophes and
// blanks (a no-break, a thin and a narrow no-break one).
constexpr std::array<std::string_view, 6> group_separators{
    "'", "\xE2\x80\x99", " ", "\xC2\xA0", "\xE2\x80\x89", "\xE2\x80\xAF"};

// Blanks as trim() knows them, and no-break ones.
std::string_view trimmed(std::string_view text) {
    for (;;) {
        text = base::trim(text);
        const std::string_view before = text;
        for (const std::string_view blank : group_separators) {
            if (blank == "'" || blank == "\xE2\x80\x99") continue;
            if (text.starts_with(blank)) text.remove_prefix(blank.size());
            if (text.ends_with(blank)) text.remove_suffix(blank.size());
        }
        if (text.size() == before.size()) return text;
    }
}

// The separator that the text begins with, or nothing.
std::string_view separator_at(std::string_view text, char other_sign) {
    if (text.starts_with(other_sign)) return text.substr(0, 1);
    for (const std::string_view separator : group_separators) {
        if (text.starts_with(separator)) return separator;
    }
    return {};
}

std::size_t digits_at(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

// The text with its groups joined and a point for its decimal sign; nullopt when its digits are not
// grouped in threes by one and the same separator.
std::optional<std::string> plain_form(std::string_view text, char sign) {
    std::string plain;
    if (text.starts_with('-')) {
        plain = "-";
        text.remove_prefix(1);
    }
    const std::size_t digits = digits_at(text);
    plain += text.substr(0, digits);
    text.remove_prefix(digits);
    const auto separator = separator_at(text, sign == '.' ? ',' : '.');
    if (!separator.empty() && (digits == 0 || digits > 3)) return std::nullopt;
    while (!separator.empty() && text.starts_with(separator)) {
        text.remove_prefix(separator.size());
        if (digits_at(text) != 3) return std::nullopt;
        plain += text.substr(0, 3);
        text.remove_prefix(3);
    }
    if (text.starts_with(sign)) {
        plain += '.';
        text.remove_prefix(1);
    }
    plain += text;  // whatever else is no number
    if (text.find('.') != std::string_view::npos) return std::nullopt;
    return plain;
}

// What is wrong with the number, in the words of `shown`.
RowValue read_plain(std::string_view plain, std::string_view shown, const char* example) {
    RowValue row;
    const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), row.value);
    const bool whole = end == plain.data() + plain.size();
    if (whole && error == std::errc::result_out_of_range) {
        row.fault = "the value " + base::excerpt(shown) + " is beyond what a number can hold";
    } else if (error != std::errc() || !whole) {
        row.fault = "the value " + base::excerpt(shown) + " is not a number such as " + example;
    } else if (!std::isfinite(row.value)) {
        row.fault = "the value " + base::excerpt(shown) + " is not a finite number";
    }
    return row;
}

bool has_comma_at_digit(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != ',') continue;
        if ((i > 0 && is_digit(text[i - 1])) || (i + 1 < text.size() && is_digit(text[i + 1]))) {
            return true;
        }
    }
    return false;
}

enum class Points { none, decimal, groups, either };

// What the points at the digits of a text can be, whatever stands around them (a currency sign).
Points points_in(std::string_view text) {
    const std::size_t first = text.find('.');
    if (first == std::string_view::npos) return Points::none;
    std::size_t before = 0;
    while (before < first && is_digit(text[first - 1 - before])) ++before;
    const bool may_begin_groups = before >= 1 && before <= 3 && text[first - before] != '0';
    std::string_view rest = text.substr(first);
    std::size_t groups = 0;
    while (rest.starts_with('.') && digits_at(rest.substr(1)) == 3) {
        rest.remove_prefix(4);
        ++groups;
    }
    if (may_begin_groups && groups > 1 && !rest.starts_with('.')) return Points::groups;
    const std::size_t after = digits_at(text.substr(first + 1));
    const std::string_view behind = text.substr(first + 1 + after);
    if (before + after == 0 || behind.find('.') != std::string_view::npos) return Points::none;
    const bool exponent = !behind.empty() && base::lower(behind.front()) == 'e';
    return may_begin_groups && groups == 1 && !exponent ? Points::either : Points::decimal;
}

// Whether it would be a number if the sign was known.
bool needs_a_sign(std::string_view text) {
    constexpr std::string_view signs = ".,";
    return std::ranges::any_of(signs, [&](char sign) {
        const auto plain = plain_form(text, sign);
        return plain && read_plain(*plain, text, "").fault.empty();
    });
}

}  // namespace

bool is_blank(std::string_view text) {
    return trimmed(text).empty();
}

RowValue read_row_value(std::string_view text, DecimalSign sign) {
    text = trimmed(text);
    if (text.empty()) {
        return {0, "the value is missing; --skip-blank passes over such rows", "--skip-blank"};
    }
    if (sign == DecimalSign::unknown) {
        RowValue row = read_plain(text, text, "1234.5");
        if (points_in(text) == Points::either) {
            row.fault = "the value " + base::excerpt(text) + " may be a fraction or thousands; " +
                        how_to_say;
            row.option = decimal_option;
        } else if (!row.fault.empty() && needs_a_sign(text)) {
            row.fault += std::string("; if it is one, ") + how_to_say;
            row.option = decimal_option;
        }
        return row;
    }
    const bool comma = sign == DecimalSign::comma;
    const char* example = comma ? "1.234,5" : "1,234.5";
    const auto plain = plain_form(text, comma ? ',' : '.');
    if (plain) return read_plain(*plain, text, example);
    return {0, "the value " + base::excerpt(text) + " is not a number such as " + example};
}

void DecimalSigns::note(Seen& seen, std::size_t line, std::string_view text) {
    if (seen.line == 0) seen = {line, base::excerpt(text)};
}

void DecimalSigns::look_at(std::size_t line, std::string_view text) {
    text = trimmed(text);
    if (has_comma_at_digit(text)) note(comma_, line, text);
    switch (points_in(text)) {
        case Points::decimal:
            return note(point_, line, text);
        case Points::groups:
            return note(groups_, line, text);
        case Points::either:
            return note(either_, line, text);
        case Points::none:
            return;
    }
}

std::string DecimalSigns::doubt() const {
    const auto at = [](const Seen& seen) {
        return seen.text + " in line " + std::to_string(seen.line);
    };
    const Seen& with_point = point_.line != 0 ? point_ : either_.line != 0 ? either_ : groups_;
    if (comma_.line != 0 && comma_.line == with_point.line) {
        return "the value " + at(comma_) + " has both signs; " + how_to_say;
    }
    if (comma_.line != 0 && with_point.line != 0) {
        return "the values have both signs, " + at(comma_) + " and " + at(with_point) + "; " +
               how_to_say;
    }
    if (groups_.line != 0) return "the value " + at(groups_) + " has several points; " + how_to_say;
    if (either_.line != 0 && point_.line == 0) {
        return "the value " + at(either_) + " may be a fraction or thousands; " + how_to_say;
    }
    return {};
}

DecimalSign DecimalSigns::sign() const {
    return point_.line != 0 ? DecimalSign::point : DecimalSign::unknown;
}

}  // namespace transfer
