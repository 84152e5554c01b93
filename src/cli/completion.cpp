#include "cli/completion.hpp"

#include <string_view>

namespace cli {
namespace {

constexpr const char* ids_command = "list --ids 2>/dev/null";

std::string joined(const std::vector<std::string>& words, const char* separator = " ") {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
    return text;
}

std::string replaced(std::string_view text, char what, const char* by) {
    std::string result;
    for (const char c : text) {
        if (c == what) {
            result += by;
        } else {
            result += c;
        }
    }
    return result;
}

// Within single quotes of bash and zsh.
std::string quoted(std::string_view text) {
    return "'" + replaced(text, '\'', "'\\''") + "'";
}

// What the script of bash offers for a value.
std::string bash_offer(const Values& values) {
    if (values.metric_id) return "@id";
    if (values.file) return "@file";
    if (values.words.empty()) return "";
    return (values.listed ? "@list " : "") + joined(values.words);
}

// The first line of what is offered says how: @id, @file, @list or the words themselves.
constexpr const char* bash_body = R"bash(
_yardstick_offer() {
    local offer="$1" current="$2"
    case "$offer" in
    '') ;;
    @id) mapfile -t COMPREPLY < <(compgen -W "$("$3" @IDS@)" -- "$current") ;;
    @file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    '@list '*)
        local before=''
        [[ $current == *,* ]] && before="${current%,*},"
        mapfile -t COMPREPLY < <(compgen -P "$before" -W "${offer#@list }" -- "${current##*,}") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$offer" -- "$current") ;;
    esac
}

_yardstick() {
    local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"
    local command='' place=0 i
    COMPREPLY=()
    # "--option=value" comes as three words.
    if [[ $current == '=' ]]; then
        current=''
    elif [[ $before == '=' && COMP_CWORD -gt 1 ]]; then
        before="${COMP_WORDS[COMP_CWORD-2]}"
    fi
    for ((i = 1; i < COMP_CWORD; ++i)); do
        local word="${COMP_WORDS[i]}"
        if [[ -z $command ]]; then
            [[ $word != -* ]] && command="$word"
        elif [[ $word != -* && $word != '=' ]] && ! _yardstick_takes_value "$command" "${COMP_WORDS[i-1]}"; then
            ((++place))
        fi
    done
    if [[ -z $command ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_yardstick_commands)" -- "$current")
    elif _yardstick_takes_value "$command" "$before"; then
        _yardstick_offer "$(_yardstick_values "$command" "$before")" "$current" "${COMP_WORDS[0]}"
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_yardstick_options "$command")" -- "$current")
    else
        _yardstick_offer "$(_yardstick_values "$command" "$place")" "$current" "${COMP_WORDS[0]}"
    fi
}

complete -F _yardstick yardstick
)bash";

// A function of the script: a word (or "command option") in, a line out.
class BashCase {
public:
    explicit BashCase(const char* name, const char* of)
        : text_(std::string(name) + "() {\n    case " + of + " in\n") {}
    void add(const std::string& pattern, const std::string& line) {
        if (!line.empty()) text_ += "    " + pattern + ") echo " + quoted(line) + " ;;\n";
    }
    [[nodiscard]] std::string end() const { return text_ + "    esac\n}\n"; }

private:
    std::string text_;
};

std::vector<std::string> names_of(const std::vector<TreeOption>& options, bool with_value_only) {
    std::vector<std::string> names;
    for (const TreeOption& option : options) {
        if (with_value_only && !option.takes_value()) continue;
        names.insert(names.end(), option.names.begin(), option.names.end());
    }
    return names;
}

std::string bash_takes_value(const CommandTree& tree) {
    std::string text = "_yardstick_takes_value() {\n    case \"$1 $2\" in\n";
    for (const TreeCommand& command : tree.commands) {
        const auto names = names_of(command.options, true);
        if (names.empty()) continue;
        std::string patterns;
        for (const std::string& name : names) {
            patterns += (patterns.empty() ? "" : " | ") + quoted(command.name + " " + name);
        }
        text += "    " + patterns + ") return 0 ;;\n";
    }
    return text + "    esac\n    return 1\n}\n";
}

std::string bash_values(const CommandTree& tree) {
    BashCase values("_yardstick_values", "\"$1 $2\"");
    for (const TreeCommand& command : tree.commands) {
        for (const TreeOption& option : command.options) {
            const std::string offer = bash_offer(option.values);
            for (const std::string& name : option.names) {
                values.add(quoted(command.name + " " + name), offer);
            }
        }
        for (std::size_t i = 0; i < command.positionals.size(); ++i) {
            values.add(quoted(command.name + " " + std::to_string(i)),
                       bash_offer(command.positionals[i].values));
        }
    }
    return values.end();
}

// In a description of zsh's _arguments.
std::string zsh_text(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') safe += '\\';
        safe += c;
    }
    return replaced(safe, '\'', "'\\''");
}

std::string zsh_action(const Values& values, const std::string& name) {
    if (values.metric_id) return "_yardstick_ids";
    if (values.file) return "_files";
    if (values.words.empty()) return " ";
    if (values.listed) return "_values -s , " + name + " " + joined(values.words);
    return "(" + joined(values.words) + ")";
}

std::string zsh_arguments(const TreeCommand& command) {
    std::string text;
    for (const TreeOption& option : command.options) {
        for (const std::string& name : option.names) {
            const std::string label = zsh_text(name.substr(name.find_first_not_of('-')));
            text +=
                " \\\n            '" + std::string(option.repeatable ? "*" : "") + name + "[" +
                zsh_text(option.what) + "]" +
                (option.takes_value() ? ":" + label + ":" + zsh_action(option.values, label) : "") +
                "'";
        }
    }
    for (std::size_t i = 0; i < command.positionals.size(); ++i) {
        const TreeOption& positional = command.positionals[i];
        const std::string label = zsh_text(positional.names.front());
        text += " \\\n            '" + std::to_string(i + 1) + ":" + label + ":" +
                zsh_action(positional.values, label) + "'";
    }
    return text;
}

std::string fish_quoted(std::string_view text) {
    return "'" + replaced(replaced(text, '\\', "\\\\"), '\'', "\\'") + "'";
}

std::string fish_action(const CommandTree& tree, const Values& values) {
    if (values.metric_id) return " -a '(" + tree.name + " " + ids_command + ")'";
    if (values.words.empty()) return "";
    return " -a " + fish_quoted(joined(values.words));
}

std::string fish_option(const CommandTree& tree, const TreeCommand& command,
                        const TreeOption& option) {
    std::string line =
        "complete -c " + tree.name + " -n '__fish_seen_subcommand_from " + command.name + "'";
    for (const std::string& name : option.names) {
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    if (option.takes_value()) line += option.values.file ? " -r -F" : " -x";
    return line + fish_action(tree, option.values) + " -d " + fish_quoted(option.what) + "\n";
}

}  // namespace

std::string bash_completion(const CommandTree& tree) {
    std::vector<std::string> commands;
    BashCase options("_yardstick_options", "\"$1\"");
    for (const TreeCommand& command : tree.commands) {
        commands.push_back(command.name);
        options.add(command.name, joined(names_of(command.options, false)));
    }
    const auto own = names_of(tree.options, false);
    std::string body = bash_body;
    const std::string place = "@IDS@";
    body.replace(body.find(place), place.size(), ids_command);
    return "# Completion of " + tree.name + " for bash: source <(" + tree.name +
           " completion bash)\n_yardstick_commands() {\n    echo " +
           quoted(joined(commands) + " " + joined(own)) + "\n}\n" + options.end() +
           bash_takes_value(tree) + bash_values(tree) + body;
}

std::string zsh_completion(const CommandTree& tree) {
    std::string text = "#compdef " + tree.name + "\n# Completion of " + tree.name +
                       " for zsh: a file _" + tree.name + " in a folder of $fpath, or source <(" +
                       tree.name + " completion zsh)\n_yardstick_ids() {\n    local -a ids\n" +
                       "    ids=(${(f)\"$(" + tree.name + " " + ids_command +
                       ")\"})\n    _describe 'metric' ids\n}\n\n_yardstick() {\n" +
                       "    local curcontext=\"$curcontext\" state line\n    local -a commands\n"
                       "    typeset -A opt_args\n"
                       "    _arguments -C '1:command:->command' '*::argument:->argument'\n"
                       "    case $state in\n    command)\n        commands=(\n";
    for (const TreeCommand& command : tree.commands) {
        text += "            '" + command.name + ":" + zsh_text(command.what) + "'\n";
    }
    text +=
        "        )\n        _describe 'command' commands ;;\n"
        "    argument)\n        case $words[1] in\n";
    for (const TreeCommand& command : tree.commands) {
        text += "        " + command.name + ")\n            _arguments" + zsh_arguments(command) +
                " ;;\n";
    }
    return text +
           "        esac ;;\n    esac\n}\n\n"
           "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
           "    _yardstick \"$@\"\nelse\n    compdef _yardstick " +
           tree.name + "\nfi\n";
}

std::string fish_completion(const CommandTree& tree) {
    std::string text = "# Completion of " + tree.name + " for fish: " + tree.name +
                       " completion fish | source\ncomplete -c " + tree.name + " -f\n";
    for (const TreeCommand& command : tree.commands) {
        text += "complete -c " + tree.name + " -n __fish_use_subcommand -a " + command.name +
                " -d " + fish_quoted(command.what) + "\n";
        for (const TreeOption& option : command.options) {
            text += fish_option(tree, command, option);
        }
        for (const TreeOption& positional : command.positionals) {
            const std::string action = fish_action(tree, positional.values);
            if (action.empty() && !positional.values.file) continue;
            text += "complete -c " + tree.name + " -n '__fish_seen_subcommand_from " +
                    command.name + "'" + (positional.values.file ? " -F" : "") + action + "\n";
        }
    }
    return text;
}

}  // namespace cli
