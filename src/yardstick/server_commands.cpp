#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "yardstick/commands.hpp"
#include "yardstick/engine_options.hpp"
#include "yardstick/lambda_function.hpp"
#include "yardstick/servers.hpp"
#include "yardstick/settings.hpp"

namespace yardstick {
namespace {

struct ServerOptions {
    Settings settings;
    std::vector<std::string> allowed_hosts;
    std::vector<std::string> cors_origins;
    std::string log_format = "auto";
    std::string log_level = "info";
    EngineOptions engines;
};

base::log::Options log_options(const ServerOptions& options) {
    using base::log::Format;
    using base::log::Level;
    const std::map<std::string, Format> formats{
        {"auto", Format::automatic}, {"text", Format::text}, {"json", Format::json}};
    const std::map<std::string, Level> levels{{"debug", Level::debug},
                                              {"info", Level::info},
                                              {"warning", Level::warning},
                                              {"error", Level::error},
                                              {"off", Level::off}};
    return {formats.at(options.log_format), levels.at(options.log_level)};
}

Settings settings_of(const ServerOptions& options, Role role) {
    Settings settings = options.settings;
    settings.log = log_options(options);
    for (const std::string& host : options.allowed_hosts) {
        settings.allowed_hosts.push_back(parse_allowed_host(host));
    }
    for (const std::string& origin : options.cors_origins) {
        add_cors_origin(settings.cors_origins, origin);
    }
    settings.engines = choose_engines(options.engines, role, environment_variable);
    return settings;
}

void add_log_options(CLI::App& command, ServerOptions& options) {
    command
        .add_option("--log-format", options.log_format, "auto (text on a terminal), text or json")
        ->check(CLI::IsMember({"auto", "text", "json"}).description(""))
        ->type_name("{auto,text,json}")
        ->envname("YARDSTICK_LOG_FORMAT")
        ->capture_default_str();
    command.add_option("--log-level", options.log_level, "debug, info, warning, error or off")
        ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}).description(""))
        ->type_name("{debug,info,warning,error,off}")
        ->envname("YARDSTICK_LOG_LEVEL")
        ->capture_default_str();
}

// An option that may be repeated; in the environment commas separate.
void add_list(CLI::App& command, const std::string& name, const char* environment,
              std::vector<std::string>& values, const char* about) {
    command.add_option(name, values, about)
        ->allow_extra_args(false)
        ->delimiter(',')
        ->envname(environment);
}

void add_common_options(CLI::App& command, ServerOptions& options) {
    Settings& settings = options.settings;
    command.add_option("--data", settings.data, "Folder of the event store and the views")
        ->envname("YARDSTICK_DATA")
        ->capture_default_str();
    add_engine_options(command, options.engines);
    command
        .add_flag("--listen-anywhere", settings.listen_anywhere,
                  "Allow addresses that other machines can reach (there are no API keys yet)")
        ->envname("YARDSTICK_LISTEN_ANYWHERE");
    add_list(command, "--allowed-host", "YARDSTICK_ALLOWED_HOST", options.allowed_hosts,
             "A host name to answer for, besides localhost and IP addresses; may be repeated");
    add_list(command, "--cors-origin", "YARDSTICK_CORS_ORIGIN", options.cors_origins,
             "Let the web pages of https://NAME use the APIs; '*': all pages may read; may be "
             "repeated");
    add_log_options(command, options);
    command.add_flag("--access-log,!--no-access-log", settings.access_log, "Log each request")
        ->envname("YARDSTICK_ACCESS_LOG");
}

void add_listen(CLI::App& command, const std::string& name, const char* environment,
                ListenOption& listen, const char* about) {
    listen.name = name;
    command.add_option(name, listen.text, about)->envname(environment)->capture_default_str();
}

void add_shards(CLI::App& command, Settings& settings) {
    command
        .add_option("--shards", settings.shards,
                    "Threads that decide commands, each for a part of the metrics (1 to " +
                        std::to_string(shards_max) + ")")
        ->check(CLI::Range(std::size_t{1}, shards_max).description(""))
        ->envname("YARDSTICK_SHARDS")
        ->capture_default_str();
}

}  // namespace

std::vector<Command> server_commands(CLI::App& program) {
    std::vector<Command> commands;
    const auto add = [&](const std::string& name, const std::string& about, Role role,
                         int (*run)(const Settings&)) {
        auto options = std::make_shared<ServerOptions>();
        CLI::App* command = program.add_subcommand(name, about);
        add_common_options(*command, *options);
        commands.push_back(
            {command, [options, role, run] { return run(settings_of(*options, role)); }});
        return options;
    };
    constexpr const char* write_env = "YARDSTICK_WRITE_LISTEN";
    constexpr const char* write_about = "Address and port of the write API";
    constexpr const char* read_env = "YARDSTICK_READ_LISTEN";
    constexpr const char* read_about = "Address and port of the read API";
    const auto all =
        add("serve", "Run the write API, the read API and the projector over one data folder",
            Role::everything, serve);
    CLI::App& serve_app = *commands.back().app;
    add_listen(serve_app, "--write-listen", write_env, all->settings.write_listen, write_about);
    add_listen(serve_app, "--read-listen", read_env, all->settings.read_listen, read_about);
    add_shards(serve_app, all->settings);

    const auto write =
        add("write-api", "Run the write API alone; it owns the events", Role::writes, serve_writes);
    add_listen(*commands.back().app, "--listen", write_env, write->settings.write_listen,
               write_about);
    add_shards(*commands.back().app, write->settings);
    const auto read = add("read-api", "Run the read API alone; any number of them may run",
                          Role::reads, serve_reads);
    add_listen(*commands.back().app, "--listen", read_env, read->settings.read_listen, read_about);
    const auto project = add("projector", "Run the projector alone; it owns the views",
                             Role::projects, serve_projection);
    add_listen(*commands.back().app, "--listen", "YARDSTICK_PROJECTOR_LISTEN",
               project->settings.projector_listen,
               "Address and port of the projector's health and metrics");

    auto function = std::make_shared<ServerOptions>();
    CLI::App* lambda = program.add_subcommand(
        "lambda", "Run the projector as a function on AWS Lambda, fed by the table's stream");
    add_engine_options(*lambda, function->engines);
    add_log_options(*lambda, *function);
    commands.push_back(
        {lambda, [function] { return serve_lambda(log_options(*function), function->engines); }});
    return commands;
}

}  // namespace yardstick
