// Scripts by which shells complete the program's command line. Pure.
#pragma once

#include <string>

#include "cli/command_tree.hpp"

namespace cli {

// To be sourced by each shell; the ids of metrics come from `yardstick list --ids`.
std::string bash_completion(const CommandTree& tree);
std::string zsh_completion(const CommandTree& tree);
std::string fish_completion(const CommandTree& tree);

}  // namespace cli
