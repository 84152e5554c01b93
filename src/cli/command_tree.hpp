// The command line as data: what completion scripts and the manual page are made of.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cli {

// What a value may be, as far as a shell can offer it.
struct Values {
    std::vector<std::string> words;  // one of these
    bool listed = false;             // or several, with commas between
    bool metric_id = false;
    bool file = false;
};

struct TreeOption {
    std::vector<std::string> names;  // "--server", "-h"; of a positional one its name: "ID"
    bool positional = false;
    std::string type;  // how help calls its value: "URL", "{a,b}"; empty: it is a flag
    Values values;
    bool required = false;
    bool repeatable = false;
    std::string what;
    std::string usual;        // its default; empty: none, or none that is said
    std::string environment;  // the variable that gives it, too
    std::string group;

    [[nodiscard]] bool takes_value() const { return !type.empty(); }
};

struct TreeCommand {
    std::string name;
    std::string what;
    std::vector<TreeOption> options;      // in their order, --help first
    std::vector<TreeOption> positionals;  // in their order
};

struct CommandTree {
    std::string name;
    std::string what;
    std::string version;
    std::vector<TreeOption> options;  // of the program itself
    std::vector<TreeCommand> commands;
};

CommandTree tree_of(const CLI::App& program);

}  // namespace cli
