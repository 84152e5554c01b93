// `import FILE.csv --from-history`: a metric with the history of its values, straight into a data
// folder.
#pragma once

#include "yardstick/import_options.hpp"
#include "yardstick/series_file.hpp"

namespace yardstick {

// All of the file or nothing of it. The exit code. Throws Usage, es::Unusable and es::Unavailable.
int import_history(const ImportOptions& options, const SeriesFile& file);

}  // namespace yardstick
