#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>

#include "yardstick/commands.hpp"
#include "yardstick/rebuild.hpp"

namespace yardstick {
namespace {

void add_data(CLI::App& command, std::filesystem::path& data) {
    command.add_option("--data", data, "Folder of the event store and the views")
        ->envname("YARDSTICK_DATA")
        ->capture_default_str();
}

Command rebuild_command(CLI::App& program) {
    auto options = std::make_shared<RebuildOptions>();
    CLI::App* command = program.add_subcommand(
        "rebuild", "Make the views anew from the events, beside running processes or without");
    add_data(*command, options->data);
    CLI::Option* metric =
        command->add_option("--metric", options->metric, "Only this metric's; also un-parks it");
    command
        ->add_flag(
            "--check", options->check,
            "Change nothing, print where views and events differ, and exit with 3 if they do")
        ->excludes(metric);
    return {command, [options] { return rebuild(*options); }};
}

}  // namespace

std::vector<Command> data_commands(CLI::App& program) {
    return {rebuild_command(program)};
}

}  // namespace yardstick
