// The options that several commands share, written once.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/metric_api.hpp"

namespace cli {

// Of a command that reads: --server (also --read-server) is the read API.
void add_read_server(CLI::App& command, Servers& servers);
// Of a command that changes something: --server is the write API, --read-server where the result is
// read; --by, --retry-for.
void add_servers(CLI::App& command, Servers& servers);

// Options whose name for a value tells completion what it may be (completion.hpp).
CLI::Option* add_id(CLI::App& command, std::string& id);
CLI::Option* add_choice(CLI::App& command, const std::string& name, std::string& option,
                        const std::vector<std::string>& words, const std::string& what);
// Several words of them, with commas between or the option several times.
CLI::Option* add_choices(CLI::App& command, const std::string& name,
                         std::vector<std::string>& option, const std::vector<std::string>& words,
                         const std::string& what);
// May be given several times; each takes one value.
CLI::Option* add_repeatable(CLI::App& command, const std::string& name,
                            std::optional<std::vector<std::string>>& option,
                            const std::string& what);
void add_json(CLI::App& command, bool& json, const std::string& what);
void add_ascii(CLI::App& command, bool& ascii);

// For an option that is a metric's version.
CLI::Validator is_version();

// A number, a whole one, a time as a person writes them. Throw WrongUsage, which names `option`.
double number_in(const std::string& text, const std::string& option);
std::int64_t whole_number_in(const std::string& text, const std::string& option);
// A date alone is that day's start or end. As the servers take it: RFC 3339.
std::string time_in(const std::string& text, const std::string& option, base::DateAlone date_alone);

}  // namespace cli
