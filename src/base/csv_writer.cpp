#include "base/csv_writer.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"

namespace base {
namespace {

bool looks_like_formula(std::string_view text) {
    const auto first = text.find_first_not_of('\'');
    if (first == std::string_view::npos) return false;
    text.remove_prefix(first);
    // The full-width forms = + - @ are taken for the others, by some.
    constexpr std::array<std::string_view, 10> starts{"=",  "+",      "-",      "@",      "\t",
                                                      "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"};
    return std::ranges::any_of(starts,
                               [&](std::string_view start) { return text.starts_with(start); });
}

// Readers trim blanks that stand outside of quotes, and spreadsheets split cells at semicolons and
// tabs, too, unless they are set up otherwise.
bool needs_quotes(std::string_view text) {
    if (text.empty()) return false;
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    return is_blank(text.front()) || is_blank(text.back()) ||
           text.find_first_of(",;\t\"\r\n") != std::string_view::npos;
}

}  // namespace

void CsvWriter::separate() {
    if (within_row_) rows_ += ',';
    within_row_ = true;
}

CsvWriter& CsvWriter::text(std::string_view text) {
    separate();
    const bool apostrophe = looks_like_formula(text);
    const bool quotes = needs_quotes(text);
    if (quotes) rows_ += '"';
    if (apostrophe) rows_ += '\'';
    for (const char c : text) {
        if (c == '"') rows_ += '"';
        rows_ += c;
    }
    if (quotes) rows_ += '"';
    return *this;
}

CsvWriter& CsvWriter::plain(std::string_view text) {
    separate();
    rows_ += text;
    return *this;
}

CsvWriter& CsvWriter::number(double value) {
    return plain(json::format_number(value));
}

void CsvWriter::end_row() {
    rows_ += '\n';
    within_row_ = false;
}

}  // namespace base
