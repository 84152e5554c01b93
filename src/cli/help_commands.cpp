// `yardstick completion` and `yardstick man`: what is made of the whole command line.
#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>
#include <string>

#include "cli/command_tree.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/exit_codes.hpp"
#include "cli/man_page.hpp"
#include "cli/options.hpp"

namespace cli {
namespace {

int print_completion(const CLI::App& program, const std::string& shell) {
    const CommandTree tree = tree_of(program);
    std::cout << (shell == "bash"  ? bash_completion(tree)
                  : shell == "zsh" ? zsh_completion(tree)
                                   : fish_completion(tree));
    return exit_done;
}

}  // namespace

Command completion_command(CLI::App& program) {
    auto shell = std::make_shared<std::string>();
    CLI::App* command = program.add_subcommand(
        "completion", "Print the script by which a shell completes this command line");
    add_choice(*command, "SHELL", *shell, {"bash", "zsh", "fish"}, "Which shell")->required();
    return {command, [&program, shell] { return print_completion(program, *shell); }};
}

Command man_command(CLI::App& program) {
    CLI::App* command =
        program.add_subcommand("man", "Print the manual page: yardstick man | man -l -");
    return {command, [&program] {
                std::cout << man_page(tree_of(program));
                return exit_done;
            }};
}

}  // namespace cli
