#include "cli/options.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.hpp"
#include "cli/ca_file.hpp"
#include "cli/exit_codes.hpp"

namespace cli {
namespace {

constexpr int retry_for_max_s = 3'600;
constexpr const char* servers_group = "Servers";

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
}

// In the help "{a,b}" stands for the value: what completion offers.
void name_words(CLI::Option& option, const std::vector<std::string>& words) {
    option.type_name("{" + listed(words) + "}");
}

template <class Number>
std::optional<Number> parsed(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

void add_read_server(CLI::App& command, Servers& servers) {
    command.add_option("--server,--read-server", servers.read_url, "URL of the read API")
        ->envname("YARDSTICK_READ_URL")
        ->type_name("URL")
        ->capture_default_str()
        ->group(servers_group);
    add_ca_file(command, servers.ca_file)->group(servers_group);
}

void add_servers(CLI::App& command, Servers& servers) {
    command.add_option("--server", servers.write_url, "URL of the write API")
        ->envname("YARDSTICK_WRITE_URL")
        ->type_name("URL")
        ->capture_default_str()
        ->group(servers_group);
    command
        .add_option("--read-server", servers.read_url,
                    "URL of the read API, which says how the goal stands then")
        ->envname("YARDSTICK_READ_URL")
        ->type_name("URL")
        ->capture_default_str()
        ->group(servers_group);
    add_ca_file(command, servers.ca_file)->group(servers_group);
    command.add_option("--by", servers.by, "Who says so; it is kept with the event")
        ->envname("YARDSTICK_BY")
        ->group(servers_group);
    command
        .add_option("--retry-for", servers.retry_for_s,
                    "Seconds to try again while a server is away or overloaded [10, but a server "
                    "that isn't there is not waited for]")
        ->check(CLI::Range(1, retry_for_max_s).description(""))
        ->group(servers_group);
}

CLI::Option* add_id(CLI::App& command, std::string& id) {
    return command.add_option("ID", id, "The metric's id")->required()->type_name("");
}

CLI::Option* add_choice(CLI::App& command, const std::string& name, std::string& option,
                        const std::vector<std::string>& words, const std::string& what) {
    CLI::Option* added =
        command.add_option(name, option, what)->check(CLI::IsMember(words).description(""));
    name_words(*added, words);
    return added;
}

CLI::Option* add_choices(CLI::App& command, const std::string& name,
                         std::vector<std::string>& option, const std::vector<std::string>& words,
                         const std::string& what) {
    CLI::Option* added = command.add_option(name, option, what)
                             ->allow_extra_args(false)
                             ->delimiter(',')
                             ->check(CLI::IsMember(words).description(""));
    name_words(*added, words);
    return added;
}

CLI::Option* add_repeatable(CLI::App& command, const std::string& name,
                            std::optional<std::vector<std::string>>& option,
                            const std::string& what) {
    const auto take = [&option](const CLI::results_t& values) {
        option = values;
        return true;
    };
    return command.add_option(name, take, what)
        ->type_name("TEXT")
        ->expected(1, CLI::detail::expected_max_vector_size)
        ->allow_extra_args(false);
}

void add_json(CLI::App& command, bool& json, const std::string& what) {
    command.add_flag("--json", json, what);
}

void add_ascii(CLI::App& command, bool& ascii) {
    command.add_flag("--ascii", ascii, "Draw with ASCII characters alone");
}

CLI::Validator is_version() {
    return CLI::Validator(
        [](const std::string& text) {
            const auto version = parsed<std::int64_t>(text);
            return version && *version > 0
                       ? std::string()
                       : base::excerpt(text) + " is not a version: a whole number from 1";
        },
        "");
}

double number_in(const std::string& text, const std::string& option) {
    const auto number = parsed<double>(text);
    if (!number || !std::isfinite(*number)) {
        const bool comma = std::ranges::count(text, ',') == 1;
        throw WrongUsage(option + " " + base::excerpt(text) + " is not a number" +
                         (comma ? "; the decimal sign is a point" : "") + ".");
    }
    return *number;
}

std::int64_t whole_number_in(const std::string& text, const std::string& option) {
    const auto number = parsed<std::int64_t>(text);
    if (!number) throw WrongUsage(option + " " + base::excerpt(text) + " is not a whole number.");
    return *number;
}

std::string time_in(const std::string& text, const std::string& option,
                    base::DateAlone date_alone) {
    const auto time = base::parse_time(text, date_alone);
    if (!time) {
        throw WrongUsage(option + " " + base::excerpt(text) +
                         " is neither a date, such as 2026-12-31, nor a time with its offset, such "
                         "as 2026-12-31T18:00:00+01:00.");
    }
    return base::format_time(*time);
}

}  // namespace cli
