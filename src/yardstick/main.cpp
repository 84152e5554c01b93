// The program's entry: reads the command line and calls the subcommand.
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "es/errors.hpp"
#include "yardstick/serve.hpp"
#include "yardstick/settings.hpp"
#include "yardstick/show.hpp"

namespace {

using namespace yardstick;

// Exit codes; --help lists them.
constexpr int exit_failure = 1;
constexpr int exit_not_found = 4;
constexpr int exit_usage = 64;

constexpr const char* footer =
    "Settings come from flags, else from the environment, else from a file .env, else defaults.\n"
    "Exit codes: 0 done, 1 it could not be done, 4 no such metric, 64 the command line is wrong.";

// Settings as they are written on the command line.
struct SettingTexts {
    std::string log_format = "auto";
    std::string log_level = "info";
};

void apply(const SettingTexts& texts, Settings& settings) {
    using base::log::Format;
    using base::log::Level;
    const std::map<std::string, Format> formats{
        {"auto", Format::automatic}, {"text", Format::text}, {"json", Format::json}};
    const std::map<std::string, Level> levels{{"debug", Level::debug},
                                              {"info", Level::info},
                                              {"warning", Level::warning},
                                              {"error", Level::error},
                                              {"off", Level::off}};
    settings.log = {formats.at(texts.log_format), levels.at(texts.log_level)};
}

void add_serve_options(CLI::App& serve, Settings& settings, SettingTexts& texts) {
    serve.add_option("--data", settings.data, "Folder of the event store and the views")
        ->envname("YARDSTICK_DATA")
        ->capture_default_str();
    serve.add_option("--write-listen", settings.write_listen, "Address and port of the write API")
        ->envname("YARDSTICK_WRITE_LISTEN")
        ->capture_default_str();
    serve.add_option("--read-listen", settings.read_listen, "Address and port of the read API")
        ->envname("YARDSTICK_READ_LISTEN")
        ->capture_default_str();
    serve
        .add_flag("--listen-anywhere", settings.listen_anywhere,
                  "Allow addresses that other machines can reach (there are no API keys yet)")
        ->envname("YARDSTICK_LISTEN_ANYWHERE");
    serve.add_option("--log-format", texts.log_format, "auto (text on a terminal), text or json")
        ->check(CLI::IsMember({"auto", "text", "json"}).description(""))
        ->envname("YARDSTICK_LOG_FORMAT")
        ->capture_default_str();
    serve.add_option("--log-level", texts.log_level, "debug, info, warning, error or off")
        ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}).description(""))
        ->envname("YARDSTICK_LOG_LEVEL")
        ->capture_default_str();
    serve.add_flag("--access-log,!--no-access-log", settings.access_log, "Log each request")
        ->envname("YARDSTICK_ACCESS_LOG");
}

int fail(const std::string& sentence) {
    std::cerr << "yardstick: " << sentence << "\n";
    return exit_failure;
}

int run(int argc, char** argv) {
    CLI::App app("Yardstick keeps a business's KPIs and goals, every change as an event.",
                 "yardstick");
    app.footer(footer);
    app.set_version_flag("--version", std::string("yardstick ") + YARDSTICK_VERSION);
    app.require_subcommand(1);

    Settings settings;
    CLI::App* serve_command = app.add_subcommand(
        "serve", "Run the write API, the read API and the projector over one data folder");
    SettingTexts texts;
    add_serve_options(*serve_command, settings, texts);

    std::string id;
    std::string read_url = "http://127.0.0.1:3001";
    CLI::App* show_command =
        app.add_subcommand("show", "Show a metric: value, progress, latest events");
    show_command->add_option("ID", id, "The metric's id")->required();
    show_command->add_option("--server", read_url, "URL of the read API")
        ->envname("YARDSTICK_READ_URL")
        ->capture_default_str();

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& done) {  // --help, --version
        return app.exit(done);
    } catch (const CLI::ParseError& error) {
        std::cerr << "yardstick: " << error.what() << " (see yardstick --help)\n";
        return exit_usage;
    }

    if (serve_command->parsed()) {
        apply(texts, settings);
        return serve(settings);
    }
    if (show(read_url, id, std::cout) == ShowResult::shown) return EXIT_SUCCESS;
    std::cerr << "yardstick: there is no metric '" << id << "' at " << read_url << ".\n";
    return exit_not_found;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        yardstick::load_dotenv(".env");
        return run(argc, argv);
    } catch (const std::exception& error) {
        return fail(error.what());
    }
}
