#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/text.hpp"
#include "http/client.hpp"
#include "yardstick/ca_file.hpp"
#include "yardstick/commands.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/healthy.hpp"
#include "yardstick/show.hpp"

namespace yardstick {
namespace {

constexpr const char* usual_read_url = "http://127.0.0.1:3001";

struct ShowOptions {
    std::string id;
    std::string read_url = usual_read_url;
    std::string ca_file;
};

int show_metric(const ShowOptions& options) {
    const std::string at = base::printable(http::shown_url(options.read_url));
    try {
        http::Client client(options.read_url.substr(0, options.read_url.find_last_not_of('/') + 1),
                            http::client_timeout, options.ca_file);
        if (show(client, options.id, std::cout) == ShowResult::shown) return exit_done;
    } catch (const http::Refused&) {
        throw std::runtime_error("Nobody listens at " + at +
                                 ": start a server with 'yardstick serve', or name the read API of "
                                 "another one with --server.");
    }
    std::cerr << "yardstick: there is no metric " << base::excerpt(options.id) << " at " << at
              << ".\n";
    return exit_not_found;
}

Command show_command(CLI::App& program) {
    auto options = std::make_shared<ShowOptions>();
    CLI::App* command =
        program.add_subcommand("show", "Show a metric: value, progress, latest events");
    command->add_option("ID", options->id, "The metric's id")->required();
    command->add_option("--server", options->read_url, "URL of the read API")
        ->envname("YARDSTICK_READ_URL")
        ->capture_default_str();
    add_ca_file(*command, options->ca_file);
    return {command, [options] { return show_metric(*options); }};
}

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
    add_ca_file(*command, options->ca_file);
    return {command, [options] {
                return healthy(options->url.empty() ? local_servers(environment_variable)
                                                    : std::vector{options->url},
                               healthy_patience, options->ca_file);
            }};
}

}  // namespace

std::vector<Command> client_commands(CLI::App& program) {
    return {show_command(program), healthy_command(program)};
}

}  // namespace yardstick
