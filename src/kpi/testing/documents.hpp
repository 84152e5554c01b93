// Documents as they would be after a fold, for tests of what is done with them.
#pragma once

#include <optional>
#include <vector>

#include "kpi/metric_view.hpp"

namespace kpi::testing {

// The value that is in force.
inline void set_current(MetricDocument& document, const MetricValue& value) {
    document.metric.value = value.value;
    document.metric.value_date = value.version > 0 ? std::optional(value.date) : std::nullopt;
    document.metric.value_version = value.version;
}

inline std::vector<MetricRow> rows_of(const std::vector<MetricValue>& values) {
    return {values.begin(), values.end()};
}

}  // namespace kpi::testing
