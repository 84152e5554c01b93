// The command lines of `export` and `tail`.
#include <CLI/CLI.hpp>

#include <signal.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "base/progress.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/event_file.hpp"
#include "transfer/exports.hpp"
#include "transfer/tail.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"
#include "yardstick/commands.hpp"
#include "yardstick/engines.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/folder_access.hpp"
#include "yardstick/import_command.hpp"
#include "yardstick/stop_signals.hpp"

namespace yardstick {
namespace {

void add_data(CLI::App& command, std::filesystem::path& data) {
    command.add_option("--data", data, "Folder of the event store and the views")
        ->envname("YARDSTICK_DATA")
        ->capture_default_str();
}

std::string name_of(const es::RecordedEvent& event) {
    return "event " + std::to_string(event.version) + " of metric " + base::excerpt(event.stream);
}

std::string left_out(const es::RecordedEvent& event) {
    return "yardstick: " + name_of(event) + " is left out: its payload is not JSON.";
}

struct ExportOptions {
    std::string what;
    std::filesystem::path data = "./data";
    std::string output = "-";
    std::optional<std::string> metric;
};

int no_such_metric(const ExportOptions& options) {
    std::cerr << "yardstick: there is no metric " << base::excerpt(*options.metric) << " in "
              << options.data.string() << ".\n";
    return exit_not_found;
}

int export_views(const ExportOptions& options, transfer::Output& out) {
    views::SqliteMetricViews views(options.data);
    base::Progress progress("export", options.what, std::nullopt);
    const auto on_written = [&](std::uint64_t written) { progress.reached(written); };
    const auto written =
        options.what == "metrics"
            ? transfer::export_metrics(views, options.metric, base::system_now(), out, on_written)
            : transfer::export_values(views, options.metric, out, on_written);
    if (!written) return no_such_metric(options);
    out.finish();
    return exit_done;
}

int export_events(const ExportOptions& options, transfer::Output& out) {
    es::SqliteEventFeed feed(options.data);
    const std::uint64_t total = feed.lag({}).events;
    base::Progress progress("export", "events",
                            options.metric ? std::nullopt : std::optional(total));
    const auto on_written = [&](std::uint64_t written) { progress.reached(written); };
    const auto on_left_out = [&](const es::RecordedEvent& event) { progress.say(left_out(event)); };
    transfer::ExportedEvents exported;
    if (options.metric) {
        es::SqliteEventReader reader(options.data);
        exported = transfer::export_stream(reader, *options.metric, out, on_written, on_left_out);
        if (exported.written + exported.left_out == 0) return no_such_metric(options);
    } else {
        exported = transfer::export_events(feed, out, on_written, on_left_out);
    }
    out.finish();
    return exported.left_out == 0 ? exit_done : exit_partly;
}

Command export_command(CLI::App& program) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command = program.add_subcommand(
        "export", "Write metrics or values as CSV, or every event as a line of JSON");
    command->add_option("WHAT", options->what, "metrics, values or events")
        ->required()
        ->check(CLI::IsMember({"metrics", "values", "events"}).description(""))
        ->type_name("{metrics,values,events}");
    add_data(*command, options->data);
    command->add_option("--metric", options->metric, "Of the metric with this id alone");
    command
        ->add_option("--output", options->output,
                     "A file, which appears when it is complete; - is the standard output")
        ->capture_default_str();
    return {command, [options] {
                require_data_folder("export", environment_variable);
                require_readable(options->data);
                ::signal(SIGPIPE, SIG_IGN);  // the write says so
                try {
                    if (options->output != "-") {
                        refuse_in_data_folder(options->output, options->data);
                    }
                    transfer::Output out(options->output);
                    return options->what == "events" ? export_events(*options, out)
                                                     : export_views(*options, out);
                } catch (const transfer::ReaderGone&) {
                    return exit_done;
                }
            }};
}

struct TailCommandOptions {
    std::filesystem::path data = "./data";
    std::optional<std::string> metric;
    std::optional<std::int64_t> from;
    bool all = false;
};

es::Checkpoints behind(std::uint64_t position) {
    return {{"events", std::to_string(position)}};
}

int tail_events(const TailCommandOptions& options) {
    const StopSignals signals;
    ::signal(SIGPIPE, SIG_IGN);
    es::SqliteEventFeed feed(options.data);
    std::error_code ignored;
    const bool there = std::filesystem::exists(es::sqlite::event_file_in(options.data), ignored);
    if (!there) {
        std::cerr << "yardstick: there is no event store in " << options.data.string()
                  << " yet; waiting for one." << std::endl;
    }
    std::optional<es::Checkpoints> begin;
    if (options.from) begin = behind(static_cast<std::uint64_t>(*options.from) - 1);
    // In a store that isn't there yet, everything is new.
    if (!begin && (options.all || !there)) begin.emplace();
    transfer::Output out("-");
    transfer::tail(
        feed,
        {.begin = [&] { return begin ? *begin : behind(feed.lag({}).events); },
         .only = options.metric,
         .stop_asked = [&] { return signals.wait_for(std::chrono::milliseconds(0)); },
         .on_left_out =
             [](const es::RecordedEvent& event) { std::cerr << left_out(event) << std::endl; }},
        out);
    return exit_done;
}

// Empty for a position.
std::string position_error(const std::string& text) {
    std::int64_t position = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, position);
    const bool good = parsed.ec == std::errc() && parsed.ptr == end && position >= 1;
    return good ? "" : base::excerpt(text) + " is not a whole number from 1 on";
}

Command tail_command(CLI::App& program) {
    auto options = std::make_shared<TailCommandOptions>();
    CLI::App* command =
        program.add_subcommand("tail", "Print events as they are recorded, as lines of JSON");
    add_data(*command, options->data);
    command->add_option("--metric", options->metric, "Of the metric with this id alone");
    CLI::Option* from =
        command
            ->add_option("--from", options->from,
                         "Begin with the event at this position (1 is the first one recorded)")
            ->check(CLI::Validator(position_error, ""));
    command->add_flag("--all", options->all, "Begin with the first event")->excludes(from);
    return {command, [options] {
                require_data_folder("tail", environment_variable);
                require_readable(options->data);
                return tail_events(*options);
            }};
}

}  // namespace

std::vector<Command> transfer_commands(CLI::App& program) {
    return {import_command(program), export_command(program), tail_command(program)};
}

}  // namespace yardstick
