// The subcommands in groups: each adds its options to the command line and says what to run.
#pragma once

#include <vector>

#include "cli/command.hpp"

namespace yardstick {

using cli::Command;

// What runs until it is stopped: serve, write-api, read-api, projector, lambda.
std::vector<Command> server_commands(CLI::App& program);

// What is asked of running servers: list, show, report, create, edit, correct, retract, note,
// healthy; and completion and man, which ask nobody.
std::vector<Command> client_commands(CLI::App& program);

// What brings data in and out: import, export, tail.
std::vector<Command> transfer_commands(CLI::App& program);

// What looks after stored data: rebuild, backup, restore, accept-lost-events, verify, status,
// create-table.
std::vector<Command> data_commands(CLI::App& program);

}  // namespace yardstick
