#include "transfer/series_reader.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "transfer/header.hpp"

namespace transfer {
namespace {

bool is_empty(std::string_view cell) {
    return base::trim(cell).empty();
}

// Notices a date that speaks against the order that was said, so that no other date is taken in it.
class OrderCheck {
public:
    explicit OrderCheck(const TimeForms& forms) : said_(forms.order) {}

    void look_at(std::size_t line, std::string_view text) {
        if (!doubt_.empty()) return;
        const auto other = said_ == DateOrder::dmy   ? DateOrder::mdy
                           : said_ == DateOrder::mdy ? DateOrder::dmy
                                                     : DateOrder::unknown;
        if (other == DateOrder::unknown || !shows_order(text, other)) return;
        doubt_ = "the date " + base::excerpt(text) + " in line " + std::to_string(line) +
                 " has the " + (other == DateOrder::dmy ? "day" : "month") +
                 " first, against --date-order " + std::string(to_string(said_)) +
                 "; if all dates do, say --date-order " + std::string(to_string(other));
    }
    [[nodiscard]] const std::string& doubt() const { return doubt_; }

private:
    const DateOrder said_;
    std::string doubt_;
};

}  // namespace

SeriesReader::SeriesReader(CsvReader& rows, const std::string& name, const SeriesColumns& columns,
                           SeriesForms forms)
    : rows_(rows), name_(name), forms_(std::move(forms)) {
    Header header(rows, name);
    cells_ = header.cells();
    time_ = header.column_of(columns.time);
    value_ = header.column_of(columns.value);
    for (const auto& [column, text] : columns.where) {
        where_.push_back({header.column_of(column), text});
    }
}

bool SeriesReader::wanted(const std::vector<std::string>& cells) const {
    return std::ranges::all_of(where_, [&](const Condition& condition) {
        return cells[condition.column] == condition.text;
    });
}

// One cell too many is often a comma within a number: no cell of such a row can be trusted.
void SeriesReader::check_cells(CsvRow& row) const {
    auto& cells = row.cells;
    const std::size_t count = cells.size();
    while (cells.size() > cells_ && is_empty(cells.back())) cells.pop_back();
    if (cells.size() != cells_) {
        row.fault = "has " + std::to_string(count) + (count == 1 ? " cell" : " cells") +
                    " where the header has " + std::to_string(cells_);
        return;
    }
    const bool readable = base::is_utf8(cells[time_]) && base::is_utf8(cells[value_]) &&
                          std::ranges::all_of(where_, [&](const Condition& condition) {
                              return base::is_utf8(cells[condition.column]);
                          });
    if (!readable) {
        row.fault =
            "holds text that is not UTF-8; say what it is with --encoding, such as "
            "windows-1252";
    }
}

// The next one that is wanted, or whose fault says why it can't be read.
std::optional<CsvRow> SeriesReader::next_row() {
    while (auto row = rows_.next()) {
        if (!row->fault.empty()) return row;
        if (std::ranges::all_of(row->cells, is_empty)) continue;
        check_cells(*row);
        if (!row->fault.empty()) return row;
        if (!wanted(row->cells)) continue;
        if (!forms_.skip_blank || !is_blank(row->cells[value_])) return row;
        ++blank_;
    }
    return std::nullopt;
}

std::optional<SeriesRow> SeriesReader::next() {
    auto row = next_row();
    if (!row) return std::nullopt;
    SeriesRow result{row->line, {}, 0, std::move(row->fault)};
    if (!result.fault.empty()) return result;
    auto time = read_row_time(row->cells[time_], forms_.times);
    auto value = read_row_value(row->cells[value_], forms_.decimal);
    result.time = time.time.value_or(base::TimePoint{});
    result.value = value.value;
    result.fault = std::move(time.fault);
    result.option = time.option;
    if (!value.fault.empty()) {
        result.option = result.fault.empty() ? value.option : "";
        result.fault += (result.fault.empty() ? "" : ", and ") + value.fault;
    }
    return result;
}

SeriesReader::Findings SeriesReader::look_through() {
    DecimalSigns signs;
    OrderCheck order(forms_.times);
    while (const auto row = next_row()) {
        if (!row->fault.empty()) continue;
        if (forms_.decimal == DecimalSign::unknown) signs.look_at(row->line, row->cells[value_]);
        order.look_at(row->line, row->cells[time_]);
    }
    Findings findings{forms_.decimal, {}};
    if (forms_.decimal == DecimalSign::unknown && signs.doubt().empty()) {
        findings.decimal = signs.sign();
    }
    for (const std::string& doubt : {signs.doubt(), order.doubt()}) {
        if (!doubt.empty()) findings.doubts.push_back(doubt);
    }
    return findings;
}

}  // namespace transfer
