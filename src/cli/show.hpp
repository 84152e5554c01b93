// What `yardstick show ID` asks the read API for.
#pragma once

#include <string>

#include "cli/metric_api.hpp"
#include "cli/show_text.hpp"

namespace cli {

// How long the view is waited for when events are recorded that it doesn't have yet.
inline constexpr int show_patience_ms = 5'000;

// The metric and its latest events are those of one version. Throws Failed. `as_of`: empty, or a
// time as the server takes it.
Picture look_at(MetricApi& api, const std::string& id, const std::string& as_of);

}  // namespace cli
