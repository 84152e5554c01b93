// A metric with the history of its values, as events: as if it had been created when its first
// value was true, and each value had been reported when it was true. So a goal that is over can be
// kept, and what was known when can be asked.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "es/event.hpp"
#include "kpi/metric.hpp"
#include "transfer/series_reader.hpp"

namespace transfer {

// They are sorted in memory.
inline constexpr std::size_t history_rows_max = 1'000'000;

// What is noted with such events: nobody had reported them then.
inline constexpr const char* history_note = "importedAs";

// Reads to the end. By time; those of one time, and those with a fault, in the order of the file.
// Throws es::Unusable: there are more than history_rows_max.
std::vector<SeriesRow> rows_by_time(SeriesReader& rows);

// What `id` begins with. The same for the same rows, so that a second import recognises them.
es::RecordedEvent creation_event(const std::string& id, const kpi::MetricCreated& creation,
                                 base::TimePoint created);
es::RecordedEvent value_event(const std::string& id, es::Version version, const SeriesRow& row);

}  // namespace transfer
