// The commands for people and scripts that ask running servers: each adds its options to the
// command line and says what to run. They throw Failed and WrongUsage (exit_codes.hpp),
// es::Unavailable and es::Unusable.
#pragma once

#include "cli/command.hpp"

namespace cli {

Command list_command(CLI::App& program);
Command show_command(CLI::App& program);
Command report_command(CLI::App& program);
Command create_command(CLI::App& program);
Command edit_command(CLI::App& program);
Command correct_command(CLI::App& program);
Command retract_command(CLI::App& program);
Command note_command(CLI::App& program);

// Of the whole command line, so they look at `program` when they run.
Command completion_command(CLI::App& program);
Command man_command(CLI::App& program);

}  // namespace cli
