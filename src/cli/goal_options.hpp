// A metric's members on the command line, for `create` and `edit`.
#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cli {

// As they were given: an empty text takes the member away.
struct GoalOptions {
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::optional<std::string> unit;
    std::optional<std::string> target;
    std::optional<std::string> deadline;
    std::optional<std::string> start;
    std::optional<std::string> baseline;
    std::optional<std::string> tolerance;
    std::optional<std::vector<std::string>> checkpoints;
    std::optional<std::string> every;
    std::optional<std::string> late_days;
    std::optional<std::string> decimals;
    std::optional<std::string> owner;
    std::optional<std::vector<std::string>> tags;
    std::optional<std::vector<std::string>> links;
    bool at_most = false;
    bool at_least = false;
    bool keep = false;
    bool reach = false;
};

void add_goal_options(CLI::App& command, GoalOptions& options);

// A member's name and its JSON text; "null" takes it away.
using Member = std::pair<std::string, std::string>;
// Those that were given, as the API takes them. Throws WrongUsage.
std::vector<Member> members_of(const GoalOptions& options);

}  // namespace cli
