// A series in a CSV file: of each row the time and the value, in the columns that were named. Cells
// beyond the header's that are all empty (a delimiter at the end) and empty rows are passed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "transfer/csv_reader.hpp"
#include "transfer/row_time.hpp"
#include "transfer/row_value.hpp"

namespace transfer {

struct SeriesColumns {
    std::string time;  // the names of the columns
    std::string value;
    // Only rows whose column has that text are taken (all of them, when there are several).
    std::vector<std::pair<std::string, std::string>> where;
};

// What times and values mean that read in more than one way.
struct SeriesForms {
    Digits digits = Digits::unknown;
    DecimalSign decimal = DecimalSign::unknown;
};

struct SeriesRow {
    std::size_t line = 0;
    base::TimePoint time{};
    double value = 0;
    std::string fault;  // not empty: the row can't be taken, and why
};

class SeriesReader {
public:
    // Reads the header. Throws es::Unusable: there is none, or a column isn't in it, or twice.
    // `rows` is kept by reference; `name` is what errors call the file.
    SeriesReader(CsvReader& rows, const std::string& name, const SeriesColumns& columns,
                 SeriesForms forms = {});

    // Reads to the end and returns the decimal sign that the wanted values show. Throws
    // es::Unusable when it is in doubt.
    DecimalSign find_decimal_sign();

    // The next row that is wanted or can't be read; nullopt at the end.
    std::optional<SeriesRow> next();

private:
    struct Condition {
        std::size_t column;
        std::string text;
    };
    std::optional<CsvRow> next_row();
    [[nodiscard]] bool wanted(const std::vector<std::string>& cells) const;

    CsvReader& rows_;
    const std::string name_;
    const SeriesForms forms_;
    std::size_t cells_ = 0;  // of each row
    std::size_t time_ = 0;
    std::size_t value_ = 0;
    std::vector<Condition> where_;
};

}  // namespace transfer
