// Rows in aligned columns. Pure: what it is drawn on is passed in.
//
//     cli::Table table({{}, {.align = cli::Align::right}, {.width_min = 12}});
//     table.add({{"at risk", cli::yellow}, {"10 books"}, {"Books read"}});
//     out << table.text(look);
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/look.hpp"

namespace cli {

enum class Align { left, right };

struct TableColumn {
    Align align = Align::left;
    // What it may be cut to where the terminal is too narrow; 0: it is never cut.
    std::size_t width_min = 0;
};

struct TableCell {
    std::string text;  // clean (width.hpp)
    Colour colour = Colour::none;
};

class Table {
public:
    explicit Table(std::vector<TableColumn> columns) : columns_(std::move(columns)) {}

    // As many cells as columns.
    void add(std::vector<TableCell> row) { rows_.push_back(std::move(row)); }

    // A line for each row. Columns that may be cut give way, the widest first, until a row fits the
    // terminal; what still doesn't is cut at its end. Without a width nothing is cut.
    [[nodiscard]] std::string text(const Look& look) const;

private:
    [[nodiscard]] std::vector<std::size_t> widths(const Look& look) const;

    std::vector<TableColumn> columns_;
    std::vector<std::vector<TableCell>> rows_;
};

}  // namespace cli
