#include "yardstick/import_command.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "base/progress.hpp"
#include "es/sqlite.hpp"
#include "transfer/event_import.hpp"
#include "transfer/event_line.hpp"
#include "transfer/line_reader.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "yardstick/csv_import.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/folder_owner.hpp"
#include "yardstick/import_options.hpp"
#include "yardstick/series_file.hpp"

namespace yardstick {
namespace {

bool holds_events(const ImportOptions& options) {
    const auto extension = std::filesystem::path(options.file).extension();
    if (extension == ".ndjson" || extension == ".jsonl") return true;
    return options.file == "-" && !options.of_csv();
}

int import_events(const ImportOptions& options) {
    if (options.of_csv()) {
        throw Usage("a file of events is imported with --data alone");
    }
    const std::string name = options.shown();
    const transfer::File file = transfer::open_input(options.file);
    act_as_owner_of(options.data);
    es::SqliteEventStore store(options.data,
                               {.witnesses = views::event_witnesses(), .role = "import"});
    transfer::LineReader lines(file, name, transfer::event_line_bytes_max);
    const bool sized = transfer::size_of(file).has_value();
    base::Progress progress = progress_of(file, "lines");
    transfer::EventImport events(
        store, [&](std::size_t line, const std::string& why) { progress.say(at_line(line, why)); });
    while (const auto line = lines.next()) {
        if (line->too_long) {
            events.bad_line(
                line->number,
                "is longer than " + std::to_string(transfer::event_line_bytes_max) + " bytes");
        } else {
            events.take(line->number, line->text);
        }
        progress.reached(sized ? lines.bytes() / 1000 : line->number);
    }
    const auto summary = events.finish();
    progress.done();
    std::cout << summary.recorded << " events recorded, " << summary.there << " were there, "
              << summary.left_alone << " left out with " << summary.streams_left_alone
              << " metrics, " << summary.bad_lines << " bad lines\n";
    return summary.complete() ? exit_done : exit_partly;
}

int import_file(const ImportOptions& options) {
    try {
        return holds_events(options) ? import_events(options) : import_csv(options);
    } catch (const Usage& error) {
        std::cerr << "yardstick: " << error.what() << " (see yardstick import --help).\n";
        return exit_usage;
    }
}

}  // namespace

Command import_command(CLI::App& program) {
    auto options = std::make_shared<ImportOptions>();
    CLI::App* command = program.add_subcommand(
        "import", "Import a series from a CSV file, or exported events (.ndjson)");
    add_import_options(*command, *options);
    return {command, [options] { return import_file(*options); }};
}

}  // namespace yardstick
