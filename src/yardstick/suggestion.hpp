// "Did you mean ...?" for a word of the command line that isn't known.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace yardstick {

// The subcommand or option of `app` that `word` is most likely a misspelling of; empty when none is
// near.
std::string suggestion_for(const std::string& word, const CLI::App& app);

}  // namespace yardstick
