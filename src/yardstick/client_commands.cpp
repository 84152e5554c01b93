#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>

#include "yardstick/commands.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/healthy.hpp"
#include "yardstick/show.hpp"

namespace yardstick {
namespace {

Command show_command(CLI::App& program) {
    struct Options {
        std::string id;
        std::string read_url = "http://127.0.0.1:3001";
    };
    auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("show", "Show a metric: value, progress, latest events");
    command->add_option("ID", options->id, "The metric's id")->required();
    command->add_option("--server", options->read_url, "URL of the read API")
        ->envname("YARDSTICK_READ_URL")
        ->capture_default_str();
    return {command, [options] {
                if (show(options->read_url, options->id, std::cout) == ShowResult::shown) {
                    return exit_done;
                }
                std::cerr << "yardstick: there is no metric '" << options->id << "' at "
                          << options->read_url << ".\n";
                return exit_not_found;
            }};
}

Command healthy_command(CLI::App& program) {
    auto url = std::make_shared<std::string>();
    CLI::App* command = program.add_subcommand(
        "healthy", "Ask the servers that listen here whether they run; exit with 1 if not");
    command->add_option("--url", *url, "Of one server, in the place of those that listen here");
    return {
        command, [url] {
            return healthy(url->empty() ? local_servers(environment_variable) : std::vector{*url});
        }};
}

}  // namespace

std::vector<Command> client_commands(CLI::App& program) {
    return {show_command(program), healthy_command(program)};
}

}  // namespace yardstick
