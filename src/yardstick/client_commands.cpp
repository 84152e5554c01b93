#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "cli/ca_file.hpp"
#include "cli/commands.hpp"
#include "yardstick/commands.hpp"
#include "yardstick/healthy.hpp"

namespace yardstick {
namespace {

Command healthy_command(CLI::App& program) {
    struct Options {
        std::string url;
        std::string ca_file;
    };
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand(
        "healthy", "Ask the servers that listen here whether they run; exit with 1 if not");
    command->add_option("--url", options->url,
                        "Of one server, in the place of those that listen here");
    cli::add_ca_file(*command, options->ca_file);
    return {command, [options] {
                return healthy(options->url.empty() ? local_servers(environment_variable)
                                                    : std::vector{options->url},
                               healthy_patience, options->ca_file);
            }};
}

}  // namespace

std::vector<Command> client_commands(CLI::App& program) {
    return {
        cli::list_command(program),    cli::show_command(program), cli::report_command(program),
        cli::create_command(program),  cli::edit_command(program), cli::correct_command(program),
        cli::retract_command(program), cli::note_command(program), cli::completion_command(program),
        cli::man_command(program),     healthy_command(program)};
}

}  // namespace yardstick
