// A list of metrics as a table, CSV or Markdown. Pure: what it is drawn on and the clock are passed
// in.
#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "cli/look.hpp"
#include "cli/metric.hpp"

namespace cli {

enum class ListFormat { table, csv, markdown };

// The columns that a list has unless others are asked for; symbols and lines are for terminals.
std::vector<std::string> usual_columns(ListFormat format, const Look& look);

// All that there are: "trend" and "outlook", and members of a document. For messages and
// completion.
std::vector<std::string> known_columns();

// The line of the columns' names (none of a table).
std::string list_header(ListFormat format, const std::vector<std::string>& columns);

// Lines for these metrics: in a table's, texts are made for people; in CSV the members are as the
// server writes them.
std::string list_rows(ListFormat format, const std::vector<std::string>& columns,
                      const std::vector<Metric>& metrics, const Look& look, base::TimePoint now);

}  // namespace cli
