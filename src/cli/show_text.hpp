// One metric for a person, as lines of text. Pure: what it is drawn on and the clock are passed in.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "cli/look.hpp"
#include "cli/metric.hpp"

namespace cli {

inline constexpr std::size_t trend_values = 40;
inline constexpr int events_shown = 10;

// All of it up to one version.
struct Picture {
    Metric metric;
    std::vector<double> values;       // the latest trend_values by date
    json::Value chart;                // the read API's answer; null where there is none
    std::vector<json::Value> events;  // the latest, by version
    std::size_t newer = 0;            // events that the view doesn't have
};

std::string show_text(const Picture& picture, const Look& look, base::TimePoint now);

}  // namespace cli
