#include "cli/command_tree.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace cli {
namespace {

// "{a,b}" -> a, b
std::vector<std::string> words_in(const std::string& type) {
    std::vector<std::string> words;
    const auto begin = type.find('{');
    const auto end = type.find('}');
    if (begin == std::string::npos || end == std::string::npos) return words;
    std::string_view rest = std::string_view(type).substr(begin + 1, end - begin - 1);
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        words.emplace_back(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return words;
}

bool is_file(const std::string& name, const std::string& type) {
    constexpr std::array<std::string_view, 5> names{"--data", "--ca-file", "FILE", "FOLDER",
                                                    "--output"};
    return type == "FILE" || type == "FOLDER" || std::ranges::find(names, name) != names.end();
}

Values values_of(const CLI::Option& option, const std::string& name, const std::string& type) {
    return {.words = words_in(type),
            .listed = option.get_delimiter() == ',',
            .metric_id = name == "ID" || type == "ID" || (name == "--id" && type == "TEXT"),
            .file = is_file(name, type)};
}

TreeOption option_of(const CLI::Option& option) {
    TreeOption read;
    read.positional = option.get_positional();
    if (read.positional) {
        read.names.push_back(option.get_name(true));
    } else {
        for (const std::string& name : option.get_lnames()) read.names.push_back("--" + name);
        for (const std::string& name : option.get_snames()) read.names.push_back("-" + name);
    }
    const bool flag = option.get_items_expected_max() == 0;
    read.type = flag ? "" : option.get_type_name();
    if (!flag && read.type.empty()) read.type = read.names.front();
    read.values = values_of(option, read.names.front(), read.type);
    read.required = option.get_required();
    read.repeatable = option.get_items_expected_max() > 1;
    read.what = option.get_description();
    read.usual = option.get_default_str();
    read.environment = option.get_envname();
    read.group = option.get_group();
    return read;
}

std::vector<TreeOption> options_of(const CLI::App& app, bool positional) {
    std::vector<TreeOption> options;
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_positional() != positional || option->get_group().empty()) continue;
        options.push_back(option_of(*option));
    }
    return options;
}

}  // namespace

CommandTree tree_of(const CLI::App& program) {
    CommandTree tree{.name = program.get_name(),
                     .what = program.get_description(),
                     .version = program.version(),
                     .options = options_of(program, false),
                     .commands = {}};
    for (const CLI::App* app : program.get_subcommands([](const CLI::App*) { return true; })) {
        tree.commands.push_back({app->get_name(), app->get_description(), options_of(*app, false),
                                 options_of(*app, true)});
    }
    return tree;
}

}  // namespace cli
