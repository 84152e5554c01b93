// The rows of a CSV file are written, all cells in quotes, and read again as the same.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "transfer/csv_reader.hpp"

namespace {

using Cells = std::vector<std::string>;

transfer::File file_of(std::string_view text) {
    transfer::File file(::memfd_create("csv", 0));
    const auto size = ::write(file.descriptor(), text.data(), text.size());
    fuzz::check(size == static_cast<ssize_t>(text.size()), "the file is written");
    ::lseek(file.descriptor(), 0, SEEK_SET);
    return file;
}

std::vector<Cells> rows_of(std::string_view text) {
    const transfer::File file = file_of(text);
    const std::string name = "csv";
    transfer::LineReader lines(file, name, transfer::csv_line_bytes_max);
    transfer::CsvReader reader(lines, ',');
    std::vector<Cells> rows;
    std::size_t line = 0;
    while (auto row = reader.next()) {
        fuzz::check(row->line >= line, "rows come in the order of their lines");
        line = row->line;
        if (row->fault.empty()) rows.push_back(std::move(row->cells));
    }
    return rows;
}

std::string written(const std::vector<Cells>& rows) {
    std::string text = "\n";  // a first line "sep=;" would name the delimiter
    for (const Cells& cells : rows) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            text += i == 0 ? "\"" : ",\"";
            for (const char c : cells[i]) text += c == '"' ? "\"\"" : std::string(1, c);
            text += '"';
        }
        text += '\n';
    }
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto rows = rows_of({reinterpret_cast<const char*>(data), size});
    fuzz::check(rows_of(written(rows)) == rows, "rows read as the same");
    return 0;
}
