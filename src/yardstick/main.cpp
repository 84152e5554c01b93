// The program's entry: reads the command line and runs the subcommand.
#include <CLI/CLI.hpp>

#include <iostream>
#include <string>

#include "base/text.hpp"
#include "es/errors.hpp"
#include "yardstick/commands.hpp"
#include "yardstick/engines.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/settings.hpp"

namespace {

using namespace yardstick;

constexpr const char* footer =
    "Settings come from flags, else from the environment, else from a file .env, else defaults.\n"
    "Exit codes: 0 done, 1 it could not be done, 2 done but for what was named, 3 a check found\n"
    "differences, 4 no such metric, 5 the data folder is in use, 64 the command line is wrong.";

int fail(int exit_code, const std::string& sentence) {
    std::cerr << "yardstick: " << sentence << "\n";
    return exit_code;
}

int run(int argc, char** argv) {
    CLI::App app("Yardstick keeps a business's KPIs and goals, every change as an event.",
                 "yardstick");
    app.footer(footer);
    app.set_version_flag("--version", std::string("yardstick ") + YARDSTICK_VERSION);
    app.require_subcommand(1);
    std::vector<Command> commands;
    for (const auto group : {server_commands, client_commands, transfer_commands, data_commands}) {
        for (Command& command : group(app)) commands.push_back(std::move(command));
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& done) {  // --help, --version
        return app.exit(done);
    } catch (const CLI::RequiredError& error) {
        // What isn't known is what is wrong, not what is missing then.
        const auto unknown = app.remaining(/*recurse=*/true);
        const std::string what =
            unknown.empty() ? error.what() : base::excerpt(unknown.front()) + " is not known";
        return fail(exit_usage, what + " (see yardstick --help)");
    } catch (const CLI::ParseError& error) {
        return fail(exit_usage, std::string(error.what()) + " (see yardstick --help)");
    }
    for (const Command& command : commands) {
        if (command.app->parsed()) return command.run();
    }
    return exit_usage;  // not reached: a subcommand is required
}

}  // namespace

int main(int argc, char** argv) {
    try {
        yardstick::load_dotenv(".env");
        return run(argc, argv);
    } catch (const yardstick::WrongUsage& error) {
        return fail(exit_usage, error.what());
    } catch (const es::InUse& error) {
        return fail(exit_in_use, error.what());
    } catch (const std::exception& error) {
        return fail(exit_failure, error.what());
    }
}
