// The subcommands in groups: each adds its options to the command line and says what to run.
#pragma once

#include <functional>
#include <vector>

namespace CLI {
class App;
}

namespace yardstick {

struct Command {
    CLI::App* app;             // parsed: it was asked for
    std::function<int()> run;  // returns the exit code (exit_codes.hpp)
};

// What runs until it is stopped: serve, write-api, read-api, projector, lambda.
std::vector<Command> server_commands(CLI::App& program);

// What is asked of running servers: show, healthy.
std::vector<Command> client_commands(CLI::App& program);

// What brings data in and out: import, export, tail.
std::vector<Command> transfer_commands(CLI::App& program);

// What looks after stored data: rebuild, backup, restore, accept-lost-events, verify, status,
// create-table.
std::vector<Command> data_commands(CLI::App& program);

}  // namespace yardstick
