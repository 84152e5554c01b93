// A file of values for any metrics: lines of id,value[,date].
#pragma once

#include <string>

#include "cli/metric_api.hpp"

namespace cli {

// One line after the other; one that is refused is named with its number, on stderr, and the next
// one follows. Returns the exit code. Throws es::Unavailable when a server stays away: lines before
// it are recorded.
int report_file(MetricApi& api, const std::string& file, bool json);

}  // namespace cli
