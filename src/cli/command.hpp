// A subcommand of the program: its options are on the command line, and this runs it.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cli {

struct Command {
    CLI::App* app;             // parsed: it was asked for
    std::function<int()> run;  // returns the exit code (exit_codes.hpp)
};

}  // namespace cli
