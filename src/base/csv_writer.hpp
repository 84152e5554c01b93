// Writes CSV, one row after another: quotes as in RFC 4180, also around cells that hold a semicolon
// or a tab; lines end with a line feed alone.
#pragma once

#include <string>
#include <string_view>

namespace base {

class CsvWriter {
public:
    // Text of outsiders. A spreadsheet would run one that begins with = + - @ (also their
    // full-width forms), a tab or a carriage return as a formula, so it gets an apostrophe in
    // front, which a spreadsheet shows as text. So that this can be undone, one that has such an
    // apostrophe already gets another.
    CsvWriter& text(std::string_view text);
    // Our own numbers, times and words.
    CsvWriter& plain(std::string_view text);
    CsvWriter& number(double value);
    void end_row();

    [[nodiscard]] const std::string& rows() const { return rows_; }
    void clear() { rows_.clear(); }

private:
    void separate();

    std::string rows_;
    bool within_row_ = false;
};

}  // namespace base
