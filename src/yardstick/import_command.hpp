// The command line of `import`: a series from CSV into a metric of running servers, or recorded
// events from lines of JSON into a data folder that nobody uses.
#pragma once

#include "yardstick/commands.hpp"

namespace yardstick {

Command import_command(CLI::App& program);

}  // namespace yardstick
