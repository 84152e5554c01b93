// The program's entry: reads the command line and runs the subcommand.
#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/log.hpp"
#include "base/patient_output.hpp"
#include "base/text.hpp"
#include "es/errors.hpp"
#include "yardstick/commands.hpp"
#include "yardstick/engines.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/settings.hpp"
#include "yardstick/suggestion.hpp"

namespace {

using namespace yardstick;

std::string footer() {
    std::string codes;
    for (const auto& [code, meaning] : cli::exit_codes) {
        const char* separator = codes.empty() ? "" : code == cli::exit_not_found ? ",\n" : ", ";
        codes += separator + std::to_string(code) + " " + meaning;
    }
    return "Settings come from flags, else from the environment, else from a file .env, else "
           "defaults.\nExit codes: " +
           codes + ".";
}

// A sentence on stderr, which may be a pipe that nobody reads.
void say(const std::string& sentence) {
    base::PatientOutput out(STDERR_FILENO);
    out.wait_at_most(std::chrono::seconds(1));
    out.write("yardstick: " + base::printable(sentence) + "\n");
}

int fail(int exit_code, const std::string& sentence) {
    base::log::finish();
    say(sentence);
    return exit_code;
}

// What came of reading the file .env of the folder that the program was started in.
struct FoundSettings {
    std::string notice;          // for the person at the terminal
    std::exception_ptr trouble;  // the command can't be run
};

// What runs for long is set up by that file. Every other command says so when it took something
// from it: whoever stands in a folder may not know of the file.
FoundSettings load_settings(bool of_a_server) {
    FoundSettings found;
    try {
        const auto taken = load_dotenv({.file = ".env", .ours = of_a_server});
        if (of_a_server || taken.empty()) return found;
        std::error_code ignored;
        found.notice =
            "settings are taken from " + std::filesystem::absolute(".env", ignored).string() + ".";
    } catch (const es::Unusable& error) {
        found.notice = std::string(error.what()) + " Its settings are not used.";
        if (of_a_server) found = {{}, std::current_exception()};
    }
    return found;
}

// The subcommand that was asked for, as far as the command line could be read.
const CLI::App& asked(const CLI::App& program) {
    const auto parsed = program.get_subcommands();
    return parsed.empty() ? program : *parsed.front();
}

int refuse(const CLI::App& program, const std::string& what) {
    const CLI::App& app = asked(program);
    const std::string name = &app == &program ? "yardstick" : "yardstick " + app.get_name();
    return fail(exit_usage, what + " (see " + name + " --help)");
}

int refuse_unknown(const CLI::App& program, const std::string& word) {
    const std::string likely = suggestion_for(word, asked(program));
    return refuse(program, base::excerpt(word) + " is not known" +
                               (likely.empty() ? "" : "; did you mean " + likely + "?"));
}

// CLI11's own words, but for those that only a programmer reads.
std::string reason_of(const CLI::ParseError& error) {
    std::string what = error.what();
    constexpr std::string_view conversion = "Could not convert: ";
    if (!what.starts_with(conversion)) return what;
    return what.substr(conversion.size()) + " is not of the form that it takes";
}

// A command is done only when what it has to say is written: not to a full disk, for example.
int when_written(int exit_code) {
    std::cout.flush();
    return std::cout ? exit_code : fail(exit_failure, "The output can't be written.");
}

// A value such as -.5 is no option: CLI11 knows negative numbers by their first digit.
std::vector<std::string> arguments_of(int argc, char** argv) {
    std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
    for (std::string& argument : arguments) {
        const bool number = argument.size() > 2 && argument.starts_with("-.") &&
                            argument[2] >= '0' && argument[2] <= '9';
        if (number) argument.insert(1, "0");
    }
    std::ranges::reverse(arguments);  // as CLI11 takes them
    return arguments;
}

int run(int argc, char** argv) {
    CLI::App app("Yardstick keeps a business's KPIs and goals, every change as an event.",
                 "yardstick");
    app.footer(footer());
    app.set_version_flag("--version", std::string("yardstick ") + YARDSTICK_VERSION);
    app.require_subcommand(1);
    FoundSettings settings;
    std::vector<Command> commands;
    for (const auto group : {server_commands, client_commands, transfer_commands, data_commands}) {
        for (Command& command : group(app)) {
            // Before the command's options are looked up in the environment.
            command.app->preparse_callback([&, server = group == server_commands](std::size_t) {
                settings = load_settings(server);
            });
            commands.push_back(std::move(command));
        }
    }
    try {
        app.parse(arguments_of(argc, argv));
    } catch (const CLI::Success& done) {  // --help, --version
        return when_written(app.exit(done));
    } catch (const CLI::ParseError& error) {
        // What isn't known is what is wrong, not what is missing then.
        const auto unknown = app.remaining(/*recurse=*/true);
        if (!unknown.empty()) return refuse_unknown(app, unknown.front());
        return refuse(app, reason_of(error));
    }
    if (settings.trouble) std::rethrow_exception(settings.trouble);
    if (!settings.notice.empty()) say(settings.notice);
    for (const Command& command : commands) {
        if (command.app->parsed()) return when_written(command.run());
    }
    return exit_usage;  // not reached: a subcommand is required
}

// A program may be started with one of them closed. The next file that it opens would take that
// number, and what is meant for people would go into the file.
void open_standard_files() {
    for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(file, F_GETFD) >= 0) continue;
        static_cast<void>(::open("/dev/null", O_RDWR));  // takes the lowest free number
    }
}

}  // namespace

int main(int argc, char** argv) {
    open_standard_files();
    try {
        return run(argc, argv);
    } catch (const cli::Failed& failed) {
        return fail(failed.code(), failed.what());
    } catch (const cli::WrongUsage& error) {
        return fail(exit_usage, error.what());
    } catch (const es::InUse& error) {
        return fail(exit_in_use, error.what());
    } catch (const std::exception& error) {
        return fail(exit_failure, error.what());
    }
}
