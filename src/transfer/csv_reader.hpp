// Rows of a CSV file (RFC 4180) one by one, each with the number of the line it begins on. What is
// no row is told, and the reading continues with the next line. Limits: csv_line_bytes_max and
// below.
//
//     CsvReader rows(lines);
//     while (const auto row = rows.next()) {
//         if (row->fault.empty()) use(row->cells); else report(row->line, row->fault);
//     }
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "transfer/line_reader.hpp"

namespace transfer {

inline constexpr std::size_t csv_line_bytes_max = 64 * 1024;
// A cell in quotes may hold line breaks. Beyond this its quote is taken for a mistake.
inline constexpr std::size_t csv_row_lines_max = 100;

struct CsvRow {
    std::size_t line = 0;  // where it begins
    std::vector<std::string> cells;
    std::string fault;  // not empty: this is no row, e.g. "has a quote that is never closed"
};

class CsvReader {
public:
    // `lines` is kept by reference; its limit is csv_line_bytes_max, its ends LineEnds::any.
    // Without a delimiter a first line such as "sep=;" (Excel) says it, else it is a comma.
    // The lines above `first_line` are passed over, whatever they hold.
    explicit CsvReader(LineReader& lines, std::optional<char> delimiter = std::nullopt,
                       std::size_t first_line = 1);
    ~CsvReader();

    // nullopt at the end. Blank lines, a byte order mark and a line "sep=;" are passed over.
    std::optional<CsvRow> next();

    [[nodiscard]] std::size_t first_line() const { return first_line_; }
    [[nodiscard]] std::size_t lines_read() const { return lines_read_; }

private:
    class Parser;
    std::optional<Line> next_line();
    std::optional<Line> read_line();
    std::optional<Line> begin_with(Line line);
    void take(Line line);
    void give_up(std::string fault);

    LineReader& lines_;
    const std::optional<char> delimiter_;  // as it was given
    const std::size_t first_line_;
    std::size_t lines_read_ = 0;
    std::unique_ptr<Parser> parser_;
    std::deque<CsvRow> ready_;
    std::deque<Line> again_;  // lines that a row with a mistake had swallowed
    std::deque<Line> open_;   // lines of the row that is not complete yet
};

}  // namespace transfer
