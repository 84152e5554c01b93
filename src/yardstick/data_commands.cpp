#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>

#include "yardstick/accept_lost_events.hpp"
#include "yardstick/backup.hpp"
#include "yardstick/commands.hpp"
#include "yardstick/create_table.hpp"
#include "yardstick/engine_options.hpp"
#include "yardstick/folder_access.hpp"
#include "yardstick/rebuild.hpp"
#include "yardstick/status.hpp"

namespace yardstick {
namespace {

void add_data(CLI::App& command, std::filesystem::path& data) {
    command.add_option("--data", data, "Folder of the event store and the views")
        ->envname("YARDSTICK_DATA")
        ->capture_default_str();
}

Command rebuild_command(CLI::App& program) {
    auto options = std::make_shared<RebuildOptions>();
    auto engines = std::make_shared<EngineOptions>();
    CLI::App* command = program.add_subcommand(
        "rebuild", "Rebuild the views from the events, beside running processes or without");
    add_data(*command, options->data);
    add_engine_options(*command, *engines);
    CLI::Option* metric =
        command->add_option("--metric", options->metric, "Only this metric's; also un-parks it")
            ->check(CLI::Validator(
                [](const std::string& id) {
                    return id.empty() ? std::string("it is empty") : std::string();
                },
                ""));
    command
        ->add_flag(
            "--check", options->check,
            "Change nothing, print where views and events differ, and exit with 3 if they do")
        ->excludes(metric);
    return {command, [options, engines] {
                options->engines = choose_engines(*engines, Role::projects, environment_variable);
                return rebuild(*options);
            }};
}

Command backup_command(CLI::App& program) {
    struct Options {
        std::filesystem::path data = "./data";
        std::filesystem::path file;
    };
    auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_subcommand("backup", "Copy the events to a file, also while they are written");
    command
        ->add_option("FILE", options->file,
                     "The copy, which replaces an earlier one; - is the standard output")
        ->required();
    add_data(*command, options->data);
    return {command, [options] {
                require_data_folder("backup", environment_variable);
                require_readable(options->data);
                return backup(options->data, options->file);
            }};
}

Command restore_command(CLI::App& program) {
    auto options = std::make_shared<RestoreCommand>();
    CLI::App* command = program.add_subcommand(
        "restore", "Put a backup in the place of the events, while nothing runs");
    command
        ->add_option("FILE", options->file,
                     "The backup, which is checked first; - is the standard input")
        ->required();
    add_data(*command, options->data);
    command->add_flag("--force", options->force,
                      "Also a copy of another event store than the one that is there");
    return {command, [options] {
                require_data_folder("restore", environment_variable);
                require_readable(options->data);
                return restore(*options);
            }};
}

Command verify_command(CLI::App& program) {
    struct Options {
        std::filesystem::path data = "./data";
        std::filesystem::path file;
    };
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand(
        "verify", "Look through all events; exit with 3 and name what is wrong with them");
    command->add_option("FILE", options->file, "A backup, instead of the events of the folder");
    add_data(*command, options->data);
    return {command, [options] {
                if (options->file.empty()) {
                    require_data_folder("verify", environment_variable);
                    require_readable(options->data);
                }
                return verify(options->data, options->file);
            }};
}

Command status_command(CLI::App& program) {
    struct Options {
        std::filesystem::path data = "./data";
        bool json = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand(
        "status", "What runs over a data folder, what it holds, and how far the views are");
    add_data(*command, options->data);
    command->add_flag("--json", options->json, "For programs");
    return {command, [options] {
                require_data_folder("status", environment_variable);
                require_readable(options->data);
                return show_status(options->data, options->json);
            }};
}

Command accept_lost_events_command(CLI::App& program) {
    auto data = std::make_shared<std::filesystem::path>("./data");
    CLI::App* command = program.add_subcommand(
        "accept-lost-events",
        "Continue without events that were lost, where a start is refused because of them");
    add_data(*command, *data);
    return {command, [data] {
                require_data_folder("accept-lost-events", environment_variable);
                require_readable(*data);
                return accept_lost_events(*data);
            }};
}

Command create_table_command(CLI::App& program) {
    auto engines = std::make_shared<EngineOptions>();
    CLI::App* command = program.add_subcommand(
        "create-table", "Make the table of the events in DynamoDB, with its stream");
    add_table_option(*command, *engines);
    return {
        command, [engines] {
            engines->store = "dynamodb";
            return create_table(choose_engines(*engines, Role::writes, environment_variable).table);
        }};
}

}  // namespace

std::vector<Command> data_commands(CLI::App& program) {
    return {rebuild_command(program),     backup_command(program),
            restore_command(program),     accept_lost_events_command(program),
            verify_command(program),      status_command(program),
            create_table_command(program)};
}

}  // namespace yardstick
