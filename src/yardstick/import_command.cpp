#include "yardstick/import_command.hpp"

#include <CLI/CLI.hpp>

#include <cmath>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/progress.hpp"
#include "base/text.hpp"
#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "transfer/event_import.hpp"
#include "transfer/event_line.hpp"
#include "transfer/series_import.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "yardstick/ca_file.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/folder_owner.hpp"

namespace yardstick {
namespace {

struct ImportOptions {
    std::string file;
    std::filesystem::path data = "./data";

    std::string write_url = "http://127.0.0.1:3000";
    std::string read_url = "http://127.0.0.1:3001";
    std::string ca_file;
    unsigned retry_for_s = 60;

    std::string time;
    std::string value;
    std::string id;
    std::vector<std::string> where;
    std::string delimiter;  // empty: not given
    std::string decimal;
    std::string digits;

    std::optional<std::string> name;
    std::optional<std::string> description;
    std::optional<double> target;
    std::optional<std::string> unit;
    std::optional<std::string> deadline;
    std::optional<std::string> kind;

    [[nodiscard]] bool creates() const {
        return name || description || target || unit || deadline || kind;
    }
    [[nodiscard]] bool names_columns() const {
        return !time.empty() || !value.empty() || !where.empty() || !delimiter.empty() ||
               !decimal.empty() || !digits.empty();
    }
    // What messages call it.
    [[nodiscard]] std::string shown() const { return file == "-" ? "the input" : file; }
};

// The command line is wrong.
class Usage : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

bool holds_events(const ImportOptions& options) {
    const auto extension = std::filesystem::path(options.file).extension();
    if (extension == ".ndjson" || extension == ".jsonl") return true;
    return options.file == "-" && !options.names_columns() && options.id.empty();
}

// --- Recorded events ---

// Kilobytes of a file; lines of a pipe, whose size nobody knows.
base::Progress progress_of(const transfer::File& file, const std::string& unit) {
    const auto size = transfer::size_of(file);
    if (!size) return {"import", unit, std::nullopt};
    return {"import", "kB", *size / 1000};
}

std::string at_line(std::size_t line, const std::string& why) {
    return "line " + std::to_string(line) + ": " + why + ".";
}

int import_events(const ImportOptions& options) {
    if (options.names_columns() || options.creates() || !options.id.empty()) {
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

// --- A series ---

// nullopt: as the file says, else a comma.
std::optional<char> delimiter_of(const ImportOptions& options) {
    if (options.delimiter.empty()) return std::nullopt;
    if (options.delimiter == "tab" || options.delimiter == "\\t") return '\t';
    const char c = options.delimiter.front();
    if (options.delimiter.size() != 1 || c == '"' || c == '\n' || c == '\r' || c == ' ' ||
        static_cast<unsigned char>(c) >= 0x80) {
        throw Usage("--delimiter is one ASCII character, or tab");
    }
    return c;
}

transfer::SeriesForms forms_of(const ImportOptions& options) {
    using transfer::DecimalSign;
    using transfer::Digits;
    static const std::map<std::string, Digits> digits{{"", Digits::unknown},
                                                      {"calendar", Digits::calendar},
                                                      {"seconds", Digits::seconds},
                                                      {"milliseconds", Digits::milliseconds},
                                                      {"microseconds", Digits::microseconds}};
    static const std::map<std::string, DecimalSign> signs{
        {"", DecimalSign::unknown}, {".", DecimalSign::point}, {",", DecimalSign::comma}};
    if (!signs.contains(options.decimal)) throw Usage("--decimal is ',' or '.'");
    if (!digits.contains(options.digits)) {
        throw Usage("--digits is calendar, seconds, milliseconds or microseconds");
    }
    return {digits.at(options.digits), signs.at(options.decimal)};
}

transfer::SeriesColumns columns_of(const ImportOptions& options) {
    if (options.time.empty() || options.value.empty() || options.id.empty()) {
        throw Usage("a CSV file is imported with --time, --value and --id");
    }
    transfer::SeriesColumns columns{options.time, options.value, {}};
    for (const std::string& condition : options.where) {
        const auto equals = condition.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw Usage("--where " + base::excerpt(condition) + " is not of the form COLUMN=VALUE");
        }
        columns.where.emplace_back(condition.substr(0, equals), condition.substr(equals + 1));
    }
    return columns;
}

std::optional<transfer::MetricProps> props_of(const ImportOptions& options) {
    if (!options.creates()) return std::nullopt;
    if (!options.name || !options.target || !options.unit || !options.deadline) {
        throw Usage("a metric is created with --name, --target, --unit and --deadline");
    }
    if (!std::isfinite(*options.target)) throw Usage("--target is not a finite number");
    const std::string from = std::filesystem::path(options.file).filename().string();
    return transfer::MetricProps{
        *options.name,
        options.description.value_or(options.file == "-" ? "Imported" : "Imported from " + from),
        *options.target,
        *options.unit,
        *options.deadline,
        kpi::parse_metric_kind(options.kind.value_or("counter"))
            .value_or(kpi::MetricKind::counter)};
}

int no_such_metric(const ImportOptions& options) {
    std::cerr << "yardstick: there is no metric " << base::excerpt(options.id) << " at "
              << base::printable(http::shown_url(options.write_url))
              << "; give --name, --target, --unit and --deadline to create it.\n";
    return exit_not_found;
}

// As import_series(), with a word on what to do when it ends in the middle.
std::optional<transfer::SeriesImportSummary> import_rows(transfer::SeriesReader& rows,
                                                         transfer::SeriesImportOptions options) {
    bool begun = false;
    const auto on_row = std::move(options.on_row);
    options.on_row = [&] {
        begun = true;
        on_row();
    };
    try {
        return transfer::import_series(rows, options);
    } catch (const es::Unavailable& error) {
        if (!begun) throw;
        throw es::Unavailable(error.what() +
                              std::string("; what was recorded stays, run the import again for "
                                          "the rest"));
    }
}

// The file itself, or a copy of a pipe: it is read twice when nobody says what its decimal sign is.
transfer::File open_series(const ImportOptions& options) {
    transfer::File file = transfer::open_input(options.file);
    const bool once = !options.decimal.empty() || transfer::size_of(file).has_value();
    return once ? std::move(file) : transfer::copy_of(file, options.shown());
}

// Reads the file to its end, and goes back to where it began.
transfer::DecimalSign find_decimal_sign(const ImportOptions& options, const transfer::File& file) {
    const std::string name = options.shown();
    const auto begin = transfer::position_in(file, name);
    transfer::LineReader lines(file, name, transfer::csv_line_bytes_max, transfer::LineEnds::any);
    transfer::CsvReader rows(lines, delimiter_of(options));
    const auto sign = transfer::SeriesReader(rows, name, columns_of(options)).find_decimal_sign();
    transfer::go_to(begin, file, name);
    return sign;
}

int import_csv(const ImportOptions& options) {
    const auto columns = columns_of(options);
    const auto props = props_of(options);
    const auto delimiter = delimiter_of(options);
    auto forms = forms_of(options);
    const std::string name = options.shown();
    const transfer::File file = open_series(options);
    if (options.decimal.empty()) forms.decimal = find_decimal_sign(options, file);
    transfer::LineReader lines(file, name, transfer::csv_line_bytes_max, transfer::LineEnds::any);
    transfer::CsvReader rows(lines, delimiter);
    transfer::SeriesReader series(rows, name, columns, forms);
    const bool sized = transfer::size_of(file).has_value();
    base::Progress progress = progress_of(file, "rows");
    std::uint64_t done = 0;
    const auto summary = import_rows(
        series, {.write_url = options.write_url,
                 .read_url = options.read_url,
                 .ca_file = options.ca_file,
                 .id = options.id,
                 .create = props,
                 .patience = std::chrono::seconds(options.retry_for_s),
                 .on_bad_row = [&](std::size_t line,
                                   const std::string& why) { progress.say(at_line(line, why)); },
                 .on_row =
                     [&] {
                         ++done;
                         progress.reached(sized ? lines.bytes() / 1000 : done);
                     }});
    progress.done();
    if (!summary) return no_such_metric(options);
    std::cout << summary->recorded << " rows recorded, " << summary->there << " were there, "
              << summary->changed << " changed values, " << summary->bad << " bad lines\n";
    return summary->complete() ? exit_done : exit_partly;
}

// --- The command line ---

int import_file(const ImportOptions& options) {
    try {
        return holds_events(options) ? import_events(options) : import_csv(options);
    } catch (const Usage& error) {
        std::cerr << "yardstick: " << error.what() << " (see yardstick import --help).\n";
        return exit_usage;
    }
}

void add_series_options(CLI::App& command, ImportOptions& options) {
    command.add_option("--time", options.time, "CSV: the column of the times");
    command.add_option("--value", options.value, "CSV: the column of the values");
    command.add_option("--id", options.id, "CSV: the metric's id");
    command.add_option("--where", options.where,
                       "CSV: only rows whose column has that value, COLUMN=VALUE (repeatable)");
    command.add_option("--delimiter", options.delimiter,
                       "CSV: what separates cells [,]; a first line such as sep=; says it, too");
    command.add_option("--decimal", options.decimal,
                       "CSV: the decimal sign, ',' or '.'; the other one may group digits");
    command.add_option("--digits", options.digits,
                       "CSV: what times of digits alone are: calendar (20240331, 202403311359), "
                       "seconds, milliseconds or microseconds since 1970");
    command.add_option("--server", options.write_url, "CSV: URL of the write API")
        ->envname("YARDSTICK_WRITE_URL")
        ->capture_default_str();
    command.add_option("--read-server", options.read_url, "CSV: URL of the read API")
        ->envname("YARDSTICK_READ_URL")
        ->capture_default_str();
    add_ca_file(command, options.ca_file);
    command
        .add_option("--retry-for", options.retry_for_s,
                    "CSV: seconds to try a request while a server is away or overloaded")
        ->check(CLI::Range(1, 3600).description(""))
        ->capture_default_str();
}

void add_creation_options(CLI::App& command, ImportOptions& options) {
    command.add_option("--name", options.name, "To create the metric: its name");
    command.add_option("--description", options.description, "... its description");
    command.add_option("--target", options.target, "... its target");
    command.add_option("--unit", options.unit, "... its unit");
    command.add_option("--deadline", options.deadline, "... its deadline, e.g. 2035-12-31");
    command.add_option("--kind", options.kind, "... counter (default) or gauge")
        ->check(CLI::IsMember({"counter", "gauge"}).description(""));
}

}  // namespace

Command import_command(CLI::App& program) {
    auto options = std::make_shared<ImportOptions>();
    CLI::App* command = program.add_subcommand(
        "import", "Import a series from a CSV file, or exported events (.ndjson)");
    command->add_option("FILE", options->file, "The file; - is the standard input")->required();
    add_series_options(*command, *options);
    add_creation_options(*command, *options);
    command->add_option("--data", options->data, "Events: the data folder, which nobody else uses")
        ->envname("YARDSTICK_DATA")
        ->capture_default_str();
    return {command, [options] { return import_file(*options); }};
}

}  // namespace yardstick
