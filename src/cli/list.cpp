// `yardstick list`: metrics by status, owner, tag and so on.
#include <algorithm>
#include <iostream>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/list_format.hpp"
#include "cli/options.hpp"

namespace cli {
namespace {

constexpr std::size_t limit_usual = 1'000;
constexpr std::size_t limit_max = 10'000'000;
constexpr int recent_values = 24;  // of each metric, for its trend

struct ListOptions {
    Servers servers;
    std::vector<std::string> status;
    std::string owner;
    std::optional<std::vector<std::string>> tags;
    bool due = false;
    bool archived = false;
    bool all = false;
    std::string direction;
    std::string mode;
    std::string query;
    std::string sort = "attention";
    std::string as_of;
    std::size_t limit = limit_usual;
    std::string format = "table";
    std::vector<std::string> columns;
    bool json = false;
    bool ids = false;
    bool ascii = false;
};

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
}

Query query_of(const ListOptions& options) {
    Query query;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) query.emplace_back(name, value);
    };
    add("status", joined(options.status));
    add("owner", options.owner);
    for (const auto& tag : options.tags.value_or(std::vector<std::string>())) add("tag", tag);
    if (options.due) add("due", "true");
    add("archived", options.all ? "any" : options.archived ? "true" : "");
    add("direction", options.direction);
    add("mode", options.mode);
    add("q", options.query);
    add("sort", options.sort);
    add("asOf", options.as_of);
    return query;
}

ListRequest request_of(const ListOptions& options) {
    return {.query = query_of(options), .limit = options.limit, .recent = 0};
}

// The clock that the list is judged by.
base::TimePoint now_of(const ListOptions& options) {
    const auto as_of = base::parse_time(options.as_of, base::DateAlone::end_of_day);
    return as_of ? std::min(*as_of, base::system_now()) : base::system_now();
}

void say_if_cut(bool more, const ListOptions& options) {
    if (!more) return;
    std::cerr << "yardstick: these are the first " << options.limit << "; --limit lists more.\n";
}

// Prints a document a line.
int list_documents(MetricApi& api, const ListOptions& options) {
    std::string separator = "[\n";
    const bool more = api.list(request_of(options), [&](const json::Value& document) {
        std::cout << separator << json::text_of(document);
        separator = ",\n";
    });
    std::cout << (separator == "[\n" ? "[]\n" : "\n]\n");
    say_if_cut(more, options);
    return exit_done;
}

int list_ids(MetricApi& api, const ListOptions& options) {
    api.list(request_of(options), [](const json::Value& document) {
        std::cout << base::printable(metric_of(document).id) << '\n';
    });
    return exit_done;
}

std::string count_text(MetricApi& api, std::size_t listed, const ListOptions& options) {
    const auto total = options.as_of.empty() ? api.total() : std::nullopt;
    const std::string of = total ? " of " + std::to_string(*total) : "";
    const bool one = (total ? *total : static_cast<std::int64_t>(listed)) == 1;
    return std::to_string(listed) + of + (one ? " metric" : " metrics") + "\n";
}

int list_lines(MetricApi& api, const ListOptions& options, ListFormat format) {
    const Look look = look_of_output(options.ascii);
    const auto columns = options.columns.empty() ? usual_columns(format, look) : options.columns;
    ListRequest request = request_of(options);
    const bool draws_trend = std::ranges::find(columns, "trend") != columns.end();
    // Lists of the past have no latest values.
    if (draws_trend && options.as_of.empty()) request.recent = recent_values;
    std::vector<Metric> metrics;
    const bool more = api.list(
        request, [&](json::Value document) { metrics.push_back(metric_of(std::move(document))); });
    std::cout << list_header(format, columns)
              << list_rows(format, columns, metrics, look, now_of(options));
    const bool counts = look.terminal && format == ListFormat::table;
    if (counts) std::cout << count_text(api, metrics.size(), options);
    say_if_cut(more, options);
    return exit_done;
}

int list(const ListOptions& options) {
    MetricApi api(options.servers);
    if (options.ids) return list_ids(api, options);
    const std::string format = options.json ? "json" : options.format;
    if (format == "json" && !options.columns.empty()) {
        throw WrongUsage("--columns is for a table, csv and markdown; json has all members.");
    }
    if (format == "json") return list_documents(api, options);
    return list_lines(api, options,
                      format == "csv"        ? ListFormat::csv
                      : format == "markdown" ? ListFormat::markdown
                                             : ListFormat::table);
}

void add_filters(CLI::App& command, ListOptions& options) {
    constexpr const char* group = "Which metrics";
    const std::vector<std::string> statuses(kpi::statuses.names.begin(), kpi::statuses.names.end());
    add_choices(command, "--status", options.status, statuses, "With one of these")->group(group);
    command.add_option("--owner", options.owner, "Of this owner")->group(group);
    add_repeatable(command, "--tag", options.tags, "With this tag (repeatable: with all of them)")
        ->group(group);
    command.add_flag("--due", options.due, "For which a report is due")->group(group);
    add_choice(command, "--direction", options.direction,
               {kpi::directions.names.begin(), kpi::directions.names.end()},
               "That should be at least, or at most, their target")
        ->group(group);
    add_choice(command, "--mode", options.mode,
               {kpi::goal_modes.names.begin(), kpi::goal_modes.names.end()},
               "That are to be reached, or to be kept")
        ->group(group);
    command.add_option("--query", options.query, "Whose name contains this")->group(group);
    auto* archived =
        command.add_flag("--archived", options.archived, "That are archived")->group(group);
    command.add_flag("--all", options.all, "The archived ones, too")
        ->excludes(archived)
        ->group(group);
    command
        .add_option("--as-of", options.as_of,
                    "As they were at a time, or at the end of a day, such as 2026-10-01")
        ->type_name("TIME")
        ->group(group);
}

void add_form(CLI::App& command, ListOptions& options) {
    constexpr const char* group = "How they are listed";
    command
        .add_option("--sort", options.sort,
                    "The most urgent first, or by a member; with - in front descending")
        ->type_name("{attention,name,deadline,value,progress,createdAt,updatedAt,_id}")
        ->capture_default_str()
        ->group(group);
    command.add_option("--limit", options.limit, "So many at most")
        ->check(CLI::Range(std::size_t{1}, limit_max).description(""))
        ->capture_default_str()
        ->group(group);
    auto* format = add_choice(command, "--format", options.format,
                              {"table", "csv", "json", "markdown"}, "The form of the list")
                       ->capture_default_str()
                       ->group(group);
    add_choices(command, "--columns", options.columns, known_columns(), "Which columns, in order")
        ->group(group);
    command.add_flag("--json", options.json, "As --format json: an array of the documents")
        ->excludes(format)
        ->group(group);
    command.add_flag("--ids", options.ids, "Only the ids, one a line")->group(group);
    command.add_flag("--ascii", options.ascii, "Draw with ASCII characters alone")->group(group);
}

}  // namespace

Command list_command(CLI::App& program) {
    auto options = std::make_shared<ListOptions>();
    CLI::App* command =
        program.add_subcommand("list", "List metrics with their status, the most urgent first");
    add_filters(*command, *options);
    add_form(*command, *options);
    add_read_server(*command, options->servers);
    return {command, [options] { return list(*options); }};
}

}  // namespace cli
