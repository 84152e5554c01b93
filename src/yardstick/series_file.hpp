// A CSV file as `import` reads it: as a whole before its first row is taken, if something of it
// depends on all of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/progress.hpp"
#include "es/errors.hpp"
#include "transfer/csv_reader.hpp"
#include "transfer/line_reader.hpp"
#include "transfer/series_preview.hpp"
#include "transfer/series_reader.hpp"
#include "yardstick/import_options.hpp"

namespace yardstick {

// The rows, from where the file stands. Throws Usage and es::Unusable.
class Series {
public:
    Series(const ImportOptions& options, const transfer::File& file, transfer::SeriesForms forms);
    [[nodiscard]] transfer::SeriesReader& reader() { return reader_; }
    [[nodiscard]] std::uint64_t bytes() const { return lines_.bytes(); }

private:
    const std::string name_;
    transfer::LineReader lines_;
    transfer::CsvReader rows_;
    transfer::SeriesReader reader_;
};

// The file, and what was found out about it.
struct SeriesFile {
    transfer::File file;
    transfer::SeriesForms forms;
    std::string doubts;  // not empty: why nothing of it can be taken
};
// Throws Usage and es::Unusable.
SeriesFile open_series(const ImportOptions& options);
// "Nothing of a.csv is imported: ..."
es::Unusable nothing_imported(const ImportOptions& options, const std::string& why);

// Kilobytes of a file; `unit` of a pipe, whose size is unknown.
base::Progress progress_of(const transfer::File& file, const std::string& unit);
// "line 3: has 2 cells."
std::string at_line(std::size_t line, const std::string& why);

// Prints what would be recorded and what would not; with `doubts` nothing would. Returns the exit
// code.
int print_preview(const ImportOptions& options, const transfer::SeriesPreview& preview,
                  std::uint64_t blank, const std::string& doubts);
// Names the lines that would not land, on stderr.
void print_troubles(const transfer::SeriesPreview& preview);

}  // namespace yardstick
