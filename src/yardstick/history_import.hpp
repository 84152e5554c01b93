// `import FILE.csv --from-history`: a metric with the history of its values, straight into a data
// folder.
#pragma once

#include "kpi/metric_events.hpp"
#include "yardstick/import_options.hpp"
#include "yardstick/series_file.hpp"

namespace yardstick {

// What the write API would take of the metric that the options describe. Throws Usage, and
// es::Unusable: it would not read it.
kpi::MetricCreated creation_of(const ImportOptions& options);

// All of the file or nothing of it. The exit code. Throws Usage, es::Unusable and es::Unavailable.
int import_history(const ImportOptions& options, const SeriesFile& file);

}  // namespace yardstick
