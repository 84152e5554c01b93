// The events of a metric, each in a line that people read.
#pragma once

#include <string>

#include "base/json.hpp"

namespace cli {

// "value 11 (+1) of 31 May 2026, "two by ferry", says sales". An event of a type that isn't known
// here has its type and payload.
std::string event_text(const json::Value& event);

// "  13  30 Jun 2026 10:42  value 11"
std::string event_line(const json::Value& event);

}  // namespace cli
