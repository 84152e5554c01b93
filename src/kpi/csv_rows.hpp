// Metrics and their values as rows of CSV, for everything that hands them out in that form.
#pragma once

#include <string>

#include "base/csv_writer.hpp"
#include "es/event.hpp"
#include "kpi/metric_views.hpp"

namespace kpi {

// The exported fields, after the id. `now` decides what is expired.
std::string metrics_csv_header();
void write_metric(base::CsvWriter& csv, const MetricId& id, const MetricDocument& document,
                  es::TimePoint now);

inline constexpr const char* values_csv_header = "id,date,value,version\n";
void write_value(base::CsvWriter& csv, const MetricId& id, const MetricValue& value);

// With a column that is "true" for values that were taken back, else empty.
inline constexpr const char* all_values_csv_header = "id,date,value,version,retracted\n";
void write_value_with_mark(base::CsvWriter& csv, const MetricId& id, const MetricValue& value);

}  // namespace kpi
