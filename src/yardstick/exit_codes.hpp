// The exit codes of all commands are those of the commands for people (cli).
#pragma once

#include "cli/exit_codes.hpp"

namespace yardstick {

using cli::exit_differences;
using cli::exit_done;
using cli::exit_failure;
using cli::exit_in_use;
using cli::exit_not_found;
using cli::exit_partly;
using cli::exit_usage;

}  // namespace yardstick
