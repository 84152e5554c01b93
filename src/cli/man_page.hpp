// The manual page, from the same command line as the help. Pure.
#pragma once

#include <string>

#include "cli/command_tree.hpp"

namespace cli {

// As `man` reads it: yardstick(1).
std::string man_page(const CommandTree& tree);

}  // namespace cli
