// The header of a CSV file: which column has which name, and, where a name isn't found, what may be
// wrong with the file.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "transfer/csv_reader.hpp"

namespace transfer {

class Header {
public:
    // Reads it. `name` is what errors call the file. Throws es::Unusable if the file has no header.
    Header(CsvReader& rows, const std::string& name);

    // The column of that name; "name#2" is the second of several. Throws es::Unusable: it isn't
    // there, or there are several. Looks further down in the file then, for what may be the header.
    std::size_t column_of(const std::string& column);

    // Without empty ones at the end.
    [[nodiscard]] std::size_t cells() const { return cells_.size(); }

private:
    [[nodiscard]] std::vector<std::size_t> columns_named(const std::string& column) const;
    [[noreturn]] void refuse(const std::string& column);
    std::string further_down(const std::string& column);

    CsvReader& rows_;
    const std::string name_;
    std::vector<std::string> cells_;
};

}  // namespace transfer
