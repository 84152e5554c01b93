#include "transfer/series_reader.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "es/errors.hpp"

namespace transfer {
namespace {

constexpr std::size_t shown_columns_max = 20;  // in an error

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
    return " It is not text in UTF-8: save it as such, or convert it with iconv -f WINDOWS-1252 -t "
           "UTF-8.";
}

std::size_t column_of(const std::vector<std::string>& header, const std::string& column,
                      const std::string& file) {
    const auto found = std::ranges::find(header, column);
    if (found == header.end()) {
        throw es::Unusable(file + " has no column " + base::excerpt(column) + "; it has " +
                           list_of(header) + "." + another_delimiter(header) +
                           another_encoding(header));
    }
    if (std::find(found + 1, header.end(), column) != header.end()) {
        throw es::Unusable(file + " has the column " + base::excerpt(column) + " more than once.");
    }
    return static_cast<std::size_t>(found - header.begin());
}

bool is_empty(std::string_view cell) {
    return base::trim(cell).empty();
}

}  // namespace

SeriesReader::SeriesReader(CsvReader& rows, const std::string& name, const SeriesColumns& columns,
                           SeriesForms forms)
    : rows_(rows), name_(name), forms_(forms) {
    auto header = rows_.next();
    if (!header) throw es::Unusable(name + " is empty: it has no header that names its columns.");
    if (!header->fault.empty()) {
        throw es::Unusable("The header of " + name + " (line " + std::to_string(header->line) +
                           ") " + header->fault + ".");
    }
    auto& cells = header->cells;
    while (cells.size() > 1 && is_empty(cells.back())) cells.pop_back();
    cells_ = cells.size();
    time_ = column_of(cells, columns.time, name);
    value_ = column_of(cells, columns.value, name);
    for (const auto& [column, text] : columns.where) {
        where_.push_back({column_of(cells, column, name), text});
    }
}

bool SeriesReader::wanted(const std::vector<std::string>& cells) const {
    return std::ranges::all_of(where_, [&](const Condition& condition) {
        return cells[condition.column] == condition.text;
    });
}

// The next one that is wanted, or whose fault says why it can't be read.
std::optional<CsvRow> SeriesReader::next_row() {
    while (auto row = rows_.next()) {
        if (!row->fault.empty()) return row;
        auto& cells = row->cells;
        if (std::ranges::all_of(cells, is_empty)) continue;
        const std::size_t count = cells.size();
        while (cells.size() > cells_ && is_empty(cells.back())) cells.pop_back();
        // One cell too many is often a comma within a number: no cell of such a row can be trusted.
        if (cells.size() != cells_) {
            row->fault = "has " + std::to_string(count) + (count == 1 ? " cell" : " cells") +
                         " where the header has " + std::to_string(cells_);
            return row;
        }
        if (wanted(cells)) return row;
    }
    return std::nullopt;
}

std::optional<SeriesRow> SeriesReader::next() {
    auto row = next_row();
    if (!row) return std::nullopt;
    SeriesRow result{row->line, {}, 0, std::move(row->fault)};
    if (!result.fault.empty()) return result;
    auto time = read_row_time(row->cells[time_], forms_.digits);
    result.time = time.time.value_or(base::TimePoint{});
    result.fault = std::move(time.fault);
    const auto value = read_row_value(row->cells[value_], forms_.decimal);
    result.value = value.value;
    if (!value.fault.empty()) {
        result.fault += (result.fault.empty() ? "" : ", and ") + value.fault;
    }
    return result;
}

DecimalSign SeriesReader::find_decimal_sign() {
    DecimalSigns signs;
    while (const auto row = next_row()) {
        if (row->fault.empty()) signs.look_at(row->line, row->cells[value_]);
    }
    const std::string doubt = signs.doubt();
    if (!doubt.empty()) {
        throw es::Unusable("Nothing of " + name_ + " is imported: " + doubt + ".");
    }
    return signs.sign();
}

}  // namespace transfer
