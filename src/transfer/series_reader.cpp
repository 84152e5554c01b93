#include "transfer/series_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "base/text.hpp"
#include "es/errors.hpp"
#include "transfer/row_time.hpp"

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

std::size_t column_of(const std::vector<std::string>& header, const std::string& column,
                      const std::string& file) {
    const auto found = std::ranges::find(header, column);
    if (found == header.end()) {
        throw es::Unusable(file + " has no column " + base::excerpt(column) + "; it has " +
                           list_of(header) + ".");
    }
    if (std::find(found + 1, header.end(), column) != header.end()) {
        throw es::Unusable(file + " has the column " + base::excerpt(column) + " more than once.");
    }
    return static_cast<std::size_t>(found - header.begin());
}

// The number, or what is wrong with it in `fault`.
double read_value(std::string_view cell, std::string& fault) {
    const std::string_view text = base::trim(cell);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = end == text.data() + text.size();
    if (text.empty()) {
        fault = "the value is missing";
    } else if (whole && error == std::errc::result_out_of_range) {
        fault = "the value " + base::excerpt(text) + " is beyond what a number can hold";
    } else if (error != std::errc() || !whole) {
        fault = "the value " + base::excerpt(text) + " is not a number such as 1234.5";
    } else if (!std::isfinite(value)) {
        fault = "the value " + base::excerpt(text) + " is not a finite number";
    }
    return value;
}

}  // namespace

SeriesReader::SeriesReader(CsvReader& rows, const std::string& name, const SeriesColumns& columns)
    : rows_(rows) {
    const auto header = rows_.next();
    if (!header) throw es::Unusable(name + " is empty: it has no header that names its columns.");
    if (!header->fault.empty()) {
        throw es::Unusable("The header of " + name + " (line " + std::to_string(header->line) +
                           ") " + header->fault + ".");
    }
    cells_ = header->cells.size();
    time_ = column_of(header->cells, columns.time, name);
    value_ = column_of(header->cells, columns.value, name);
    for (const auto& [column, text] : columns.where) {
        where_.push_back({column_of(header->cells, column, name), text});
    }
}

bool SeriesReader::wanted(const std::vector<std::string>& cells) const {
    return std::ranges::all_of(where_, [&](const Condition& condition) {
        return cells[condition.column] == condition.text;
    });
}

std::optional<SeriesRow> SeriesReader::next() {
    while (auto row = rows_.next()) {
        SeriesRow result{row->line, {}, 0, std::move(row->fault)};
        if (!result.fault.empty()) return result;
        // One cell too many is often a comma within a number: no cell of such a row can be trusted.
        if (row->cells.size() != cells_) {
            result.fault = "has " + std::to_string(row->cells.size()) +
                           (row->cells.size() == 1 ? " cell" : " cells") +
                           " where the header has " + std::to_string(cells_);
            return result;
        }
        if (!wanted(row->cells)) continue;
        auto time = read_row_time(row->cells[time_]);
        result.time = time.time.value_or(base::TimePoint{});
        result.fault = std::move(time.fault);
        std::string wrong_value;
        result.value = read_value(row->cells[value_], wrong_value);
        if (!wrong_value.empty()) {
            result.fault += (result.fault.empty() ? "" : ", and ") + wrong_value;
        }
        return result;
    }
    return std::nullopt;
}

}  // namespace transfer
