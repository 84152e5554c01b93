// A series in a CSV file: of each row the time and the value, in the columns that were named. Cells
// beyond the header's that are all empty (a delimiter at the end) and empty rows are passed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "transfer/csv_reader.hpp"
#include "transfer/row_time.hpp"
#include "transfer/row_value.hpp"

namespace transfer {

struct SeriesColumns {
    // The names of the columns; of those with the same name, "name#2" is the second.
    std::string time;
    std::string value;
    // Only rows whose column has that text are taken (all of them, when there are several).
    std::vector<std::pair<std::string, std::string>> where;
};

// What is said about times and values that read in more than one way.
struct SeriesForms {
    TimeForms times = {};
    DecimalSign decimal = DecimalSign::unknown;
    bool skip_blank = false;  // rows without a value are passed over
};

struct SeriesRow {
    std::size_t line = 0;
    base::TimePoint time{};
    double value = 0;
    std::string fault = {};        // not empty: the row can't be taken, and why
    std::string_view option = {};  // with a fault: what decides it, if one option alone does
};

class SeriesReader {
public:
    // Reads the header. Throws es::Unusable: there is none, or a column isn't in it, or twice.
    // `rows` is kept by reference; `name` is what errors call the file.
    SeriesReader(CsvReader& rows, const std::string& name, const SeriesColumns& columns,
                 SeriesForms forms = {});

    // What the file as a whole says of the forms that were not said, or against those that were.
    struct Findings {
        DecimalSign decimal = DecimalSign::unknown;
        std::vector<std::string> doubts;  // each is a reason to take nothing of the file
    };
    // Reads to the end.
    Findings look_through();

    // The next row that is wanted or can't be read; nullopt at the end.
    std::optional<SeriesRow> next();

    // Rows that were passed over since they have no value.
    [[nodiscard]] std::uint64_t blank() const { return blank_; }

private:
    struct Condition {
        std::size_t column;
        std::string text;
    };
    std::optional<CsvRow> next_row();
    void check_cells(CsvRow& row) const;
    [[nodiscard]] bool wanted(const std::vector<std::string>& cells) const;

    CsvReader& rows_;
    const std::string name_;
    const SeriesForms forms_;
    std::size_t cells_ = 0;  // of each row
    std::size_t time_ = 0;
    std::size_t value_ = 0;
    std::vector<Condition> where_;
    std::uint64_t blank_ = 0;
};

}  // namespace transfer
