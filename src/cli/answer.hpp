// What a command prints about a change that was recorded.
#pragma once

#include <string>

#include "cli/metric_api.hpp"

namespace cli {

// "recorded", "repeated", "unchanged"
const char* word_of(Outcome outcome);

// How the metric stands after it: read back from the read API. Where that can't be reached, what
// was recorded is said all the same, and why there is no more on stderr.
//
//     books: 11 books (+1), version 13: on track until 5 Jul
//
// With `json`: {"id","version","outcome","metric"} in one line, metric being null where it can't be
// read.
std::string answer_text(MetricApi& api, const Changed& changed, bool json);

// The same without asking anything; for a test, and for those who have no read API.
std::string answer_line(const Changed& changed, const std::optional<Metric>& metric,
                        std::optional<double> change, base::TimePoint now);

}  // namespace cli
