#include "transfer/header.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "es/errors.hpp"

namespace transfer {
namespace {

constexpr std::size_t shown_columns_max = 20;    // in an error
constexpr std::size_t looked_at_rows_max = 100;  // for a header further down

std::string list_of(const std::vector<std::string>& header) {
    std::string list;
    for (std::size_t i = 0; i < std::min(header.size(), shown_columns_max); ++i) {
        list += (list.empty() ? "" : ", ") + base::excerpt(header[i]);
    }
    return header.size() > shown_columns_max ? list + ", …" : list;
}

// A header of one cell that another delimiter would cut into more.
std::string another_delimiter(const std::vector<std::string>& header) {
    if (header.size() != 1) return {};
    for (const auto& [delimiter, option] :
         {std::pair{';', "';'"}, {'\t', "tab"}, {'|', "'|'"}, {',', "','"}}) {
        if (header.front().find(delimiter) != std::string::npos) {
            return std::string(" Its columns may be separated otherwise: --delimiter ") + option +
                   ".";
        }
    }
    return {};
}

// Of a text editor or spreadsheet that saved another encoding.
std::string another_encoding(const std::vector<std::string>& header) {
    if (std::ranges::all_of(header, base::is_utf8)) return {};
    return " It is not text in UTF-8; say what it is with --encoding, such as windows-1252.";
}

// "name#2": the name and which one of several.
struct Numbered {
    std::string name;
    std::size_t number = 0;
};
std::optional<Numbered> numbered(const std::string& column) {
    const auto sign = column.rfind('#');
    if (sign == std::string::npos || sign == 0) return std::nullopt;
    std::size_t number = 0;
    const char* end = column.data() + column.size();
    const auto [read, error] = std::from_chars(column.data() + sign + 1, end, number);
    if (error != std::errc() || read != end || number == 0) return std::nullopt;
    return Numbered{column.substr(0, sign), number};
}

}  // namespace

Header::Header(CsvReader& rows, const std::string& name) : rows_(rows), name_(name) {
    const std::size_t line = rows.first_line();
    auto header = rows.next();
    if (!header && line > 1) {
        throw es::Unusable(name + " has " + std::to_string(rows.lines_read()) +
                           " lines, so that line " + std::to_string(line) +
                           " can't be its header (--header-line).");
    }
    if (!header) throw es::Unusable(name + " is empty: it has no header that names its columns.");
    if (line > 1 && header->line != line) {
        throw es::Unusable("Line " + std::to_string(line) + " of " + name +
                           " is empty, so that it can't be the header (--header-line).");
    }
    if (!header->fault.empty()) {
        // A semicolon after a quote is one that a comma's rules don't expect.
        const bool quote = header->fault.find("quote") != std::string::npos;
        throw es::Unusable(
            "The header of " + name + " (line " + std::to_string(header->line) + ") " +
            header->fault + "." +
            (quote ? " Its columns may be separated otherwise: --delimiter ';'." : ""));
    }
    cells_ = std::move(header->cells);
    while (cells_.size() > 1 && base::trim(cells_.back()).empty()) cells_.pop_back();
}

// By the exact name, or, if there is none, by the name without the blanks around it.
std::vector<std::size_t> Header::columns_named(const std::string& column) const {
    std::vector<std::size_t> exact;
    std::vector<std::size_t> trimmed;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
        if (cells_[i] == column) exact.push_back(i);
        if (base::trim(cells_[i]) == base::trim(column)) trimmed.push_back(i);
    }
    return exact.empty() ? trimmed : exact;
}

std::size_t Header::column_of(const std::string& column) {
    const auto found = columns_named(column);
    if (found.size() == 1) return found.front();
    if (found.size() > 1) {
        throw es::Unusable(name_ + " has the column " + base::excerpt(column) + " " +
                           std::to_string(found.size()) +
                           " times; say which one is meant: " + base::excerpt(column + "#1") +
                           " is the first, " + base::excerpt(column + "#2") + " the second.");
    }
    if (const auto one = numbered(column)) {
        const auto of_name = columns_named(one->name);
        if (one->number <= of_name.size()) return of_name[one->number - 1];
    }
    refuse(column);
}

void Header::refuse(const std::string& column) {
    std::string hint = further_down(column);
    if (hint.empty()) hint = another_delimiter(cells_) + another_encoding(cells_);
    throw es::Unusable(name_ + " has no column " + base::excerpt(column) + "; it has " +
                       list_of(cells_) + "." + hint);
}

std::string Header::further_down(const std::string& column) {
    for (std::size_t i = 0; i < looked_at_rows_max; ++i) {
        const auto row = rows_.next();
        if (!row) break;
        const bool found = std::ranges::any_of(row->cells, [&](const std::string& cell) {
            return base::trim(cell) == base::trim(column);
        });
        if (!found) continue;
        const std::string line = std::to_string(row->line);
        return " Line " + line + " names it: --header-line " + line + ".";
    }
    return {};
}

}  // namespace transfer
