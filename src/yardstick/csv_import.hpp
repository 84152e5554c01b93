// `import FILE.csv`: a series through the two APIs, or, with --dry-run, what would become of it.
#pragma once

#include <cstddef>
#include <string>

#include "base/progress.hpp"
#include "transfer/line_reader.hpp"
#include "yardstick/import_options.hpp"

namespace yardstick {

// The exit code. Throws Usage, es::Unusable and es::Unavailable.
int import_csv(const ImportOptions& options);

// Kilobytes of a file; `unit` of a pipe, whose size is unknown.
base::Progress progress_of(const transfer::File& file, const std::string& unit);
// "line 3: has 2 cells."
std::string at_line(std::size_t line, const std::string& why);

}  // namespace yardstick
