#include "cli/man_page.hpp"

#include <map>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "cli/exit_codes.hpp"

namespace cli {
namespace {

// As roff takes it: a hyphen is one that can be copied, and no line begins with a control
// character.
std::string roff(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        if (safe.empty() && (c == '.' || c == '\'')) safe += "\\&";
        if (c == '\\') {
            safe += "\\e";
        } else if (c == '-') {
            safe += "\\-";
        } else {
            safe += c;
        }
    }
    return safe;
}

std::string bold(std::string_view text) {
    return "\\fB" + roff(text) + "\\fR";
}

std::string italic(std::string_view text) {
    return "\\fI" + roff(text) + "\\fR";
}

// More would not fit a line.
constexpr std::size_t words_in_name_max = 6;

std::string joined(const std::vector<std::string>& words, const char* separator) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
    return text;
}

// "--kind {counter,gauge}": "--kind counter|gauge"
std::string value_text(const TreeOption& option) {
    const auto& words = option.values.words;
    if (words.empty()) return italic(option.type);
    return italic(words.size() > words_in_name_max ? "WORD" : joined(words, "|"));
}

std::string usage(const CommandTree& tree, const TreeCommand& command) {
    std::string line = bold(tree.name + " " + command.name);
    for (const TreeOption& option : command.options) {
        if (option.required) line += " " + bold(option.names.front()) + " " + italic(option.type);
    }
    for (const TreeOption& positional : command.positionals) {
        const std::string name = italic(positional.names.front());
        line += positional.required ? " " + name : " [" + name + "]";
    }
    return line + " [" + italic("OPTION") + "]...";
}

std::string item(const TreeOption& option) {
    std::string line;
    for (const std::string& name : option.names) {
        line += (line.empty() ? "" : ", ") + (option.positional ? italic(name) : bold(name));
    }
    const bool words = option.positional && !option.values.words.empty();
    if ((option.takes_value() && !option.positional) || words) line += " " + value_text(option);
    line = ".TP\n" + line + "\n" + roff(option.what);
    if (option.values.words.size() > words_in_name_max) {
        line += ": " + roff(joined(option.values.words, ", "));
    }
    if (!option.usual.empty()) line += " [" + roff(option.usual) + "]";
    if (!option.environment.empty()) line += ". Also " + bold(option.environment);
    return line + ".\n";
}

std::string commands(const CommandTree& tree) {
    std::string text = ".SH COMMANDS\n";
    for (const TreeCommand& command : tree.commands) {
        text += ".SS " + roff(command.name) + "\n" + roff(command.what) + ".\n.PP\n" +
                usage(tree, command) + "\n";
        for (const TreeOption& positional : command.positionals) text += item(positional);
        for (const TreeOption& option : command.options) text += item(option);
    }
    return text;
}

// Every variable, and the options that it stands for.
std::string environment(const CommandTree& tree) {
    std::map<std::string, std::map<std::string, bool>> variables;
    for (const TreeCommand& command : tree.commands) {
        for (const TreeOption& option : command.options) {
            if (!option.environment.empty()) {
                variables[option.environment][option.names.front()] = true;
            }
        }
    }
    std::string text = ".SH ENVIRONMENT\n";
    for (const auto& [variable, options] : variables) {
        std::string names;
        for (const auto& [name, ignored] : options) {
            names += (names.empty() ? "" : ", ") + bold(name);
        }
        text += ".TP\n" + bold(variable) + "\nThe same as " + names + ".\n";
    }
    return text + ".TP\n" + bold("NO_COLOR") + "\nIf it is set, nothing is coloured.\n";
}

std::string exit_status() {
    std::string text = ".SH EXIT STATUS\n";
    for (const ExitCode& code : exit_codes) {
        text += ".TP\n" + bold(std::to_string(code.code)) + "\n" + roff(code.meaning) + ".\n";
    }
    return text;
}

}  // namespace

std::string man_page(const CommandTree& tree) {
    std::string title = tree.name;
    for (char& c : title) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return ".TH " + title + " 1 \"\" \"" + roff(tree.version) + "\" \"User Commands\"\n.SH NAME\n" +
           roff(tree.name) + " \\- " +
           "keeps the KPIs and goals of a business, every change as an event\n.SH SYNOPSIS\n" +
           bold(tree.name) + " " + italic("COMMAND") + " [" + italic("OPTION") +
           "]...\n.SH DESCRIPTION\n" + roff(tree.what) +
           "\n.PP\nSettings come from options, else from the environment, else from a file " +
           bold(".env") + " in the current folder, else from defaults.\n" + commands(tree) +
           environment(tree) + exit_status();
}

}  // namespace cli
