#include "yardstick/import_options.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/text.hpp"
#include "cli/ca_file.hpp"
#include "es/errors.hpp"

namespace yardstick {
namespace {

constexpr std::size_t header_line_max = 10'000;

template <class T>
using Words = std::map<std::string, T>;

// What the word means; `allowed` says which there are.
template <class T>
T meaning_of(const std::string& word, const Words<T>& words, const char* allowed) {
    const auto found = words.find(word);
    if (found == words.end()) throw Usage(allowed);
    return found->second;
}

std::optional<transfer::Zone> zone_of(const ImportOptions& options) {
    if (!options.utc_offset.empty() && !options.time_zone.empty()) {
        throw Usage("--utc-offset and --time-zone exclude each other");
    }
    if (!options.utc_offset.empty()) {
        const auto zone = transfer::Zone::of_offset(options.utc_offset);
        if (!zone) throw Usage("--utc-offset is of the form +02:00 or -03:30, or Z");
        return zone;
    }
    if (options.time_zone.empty()) return std::nullopt;
    auto zone = transfer::Zone::named(options.time_zone);
    if (!zone) {
        throw Usage("there is no time zone " + base::excerpt(options.time_zone) +
                    "; zones are called as in the IANA database, such as Europe/Berlin");
    }
    return zone;
}

std::optional<transfer::TimeFormat> time_format_of(const ImportOptions& options) {
    if (options.time_format.empty()) return std::nullopt;
    if (!options.date_order.empty() || !options.digits.empty()) {
        throw Usage("--time-format says all of a time; leave --date-order and --digits out");
    }
    try {
        return transfer::TimeFormat(options.time_format);
    } catch (const es::Unusable& error) {
        throw Usage(error.what());
    }
}

transfer::TimeForms time_forms_of(const ImportOptions& options) {
    using transfer::DateOrder;
    using transfer::Digits;
    static const Words<Digits> digits{{"", Digits::unknown},
                                      {"calendar", Digits::calendar},
                                      {"seconds", Digits::seconds},
                                      {"milliseconds", Digits::milliseconds},
                                      {"microseconds", Digits::microseconds}};
    static const Words<DateOrder> orders{{"", DateOrder::unknown},
                                         {"dmy", DateOrder::dmy},
                                         {"mdy", DateOrder::mdy},
                                         {"ymd", DateOrder::ymd}};
    return {meaning_of(options.digits, digits,
                       "--digits is calendar, seconds, milliseconds or microseconds"),
            meaning_of(options.date_order, orders, "--date-order is dmy, mdy or ymd"),
            time_format_of(options), zone_of(options)};
}

void add_form_options(CLI::App& command, ImportOptions& options) {
    const auto add = [&](const char* name, auto& option, const std::string& what) {
        return command.add_option(name, option, what)->group("CSV: the file's form");
    };
    add("--delimiter", options.delimiter,
        "What separates cells [,]; a first line such as sep=; says it, too");
    add("--header-line", options.header_line,
        "The header's line [1]; what is above it is passed over")
        ->check(CLI::Range(std::size_t{1}, header_line_max).description(""));
    add("--encoding", options.encoding,
        "utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1 or iso-8859-15");
    add("--decimal", options.decimal, "The decimal sign; the other one may group digits")
        ->type_name("{comma,point}");
    add("--date-order", options.date_order, "The order of dates such as 03/04/2024")
        ->type_name("{dmy,mdy,ymd}");
    add("--time-format", options.time_format,
        "How times are written, as for strptime: '%d. %b %Y'");
    add("--digits", options.digits,
        "What times of digits alone are: calendar (20240331, 202403311359), seconds, milliseconds "
        "or microseconds since 1970");
    add("--utc-offset", options.utc_offset,
        "The offset of days, and of times without one, such as +02:00");
    add("--time-zone", options.time_zone, "The same by a zone's rules, such as Europe/Berlin");
    command
        .add_flag("--skip-blank", options.skip_blank,
                  "Pass over the rows whose value is empty, and count them")
        ->group("CSV: the file's form");
}

void add_series_options(CLI::App& command, ImportOptions& options) {
    const auto add = [&](const char* name, auto& option, const char* what) {
        return command.add_option(name, option, what)->group("CSV");
    };
    add("--time", options.time, "The column of the times; of several with that name, NAME#2");
    add("--value", options.value, "The column of the values");
    add("--id", options.id, "The metric's id");
    add("--where", options.where,
        "Only rows whose column has that value, COLUMN=VALUE (repeatable)");
    command
        .add_flag("--dry-run", options.dry_run,
                  "Show what would be recorded, and each doubt; ask and send nothing")
        ->group("CSV");
    add("--server", options.write_url, "URL of the write API")
        ->envname("YARDSTICK_WRITE_URL")
        ->capture_default_str();
    add("--read-server", options.read_url, "URL of the read API")
        ->envname("YARDSTICK_READ_URL")
        ->capture_default_str();
    cli::add_ca_file(command, options.ca_file)->group("CSV");
    add("--retry-for", options.retry_for_s,
        "Seconds to try a request while a server is away or overloaded")
        ->check(CLI::Range(1, 3600).description(""))
        ->capture_default_str();
}

void add_creation_options(CLI::App& command, ImportOptions& options) {
    const auto add = [&](const char* name, auto& option, const char* what) {
        return command.add_option(name, option, what)->group("CSV: to create the metric");
    };
    add("--name", options.name, "Its name");
    add("--description", options.description, "Its description");
    add("--target", options.target, "Its target");
    add("--unit", options.unit, "Its unit");
    add("--deadline", options.deadline, "Its deadline, e.g. 2035-12-31");
    add("--kind", options.kind, "counter (default) or gauge")
        ->check(CLI::IsMember({"counter", "gauge"}).description(""))
        ->type_name("{counter,gauge}");
    command
        .add_flag("--from-history", options.from_history,
                  "Into the data folder: created at the first row's time, each value reported at "
                  "its own; also of a goal that is over")
        ->group("CSV: to create the metric");
}

}  // namespace

bool ImportOptions::of_csv() const {
    const std::array texts{&id,     &time,       &value,       &delimiter,  &encoding, &decimal,
                           &digits, &date_order, &time_format, &utc_offset, &time_zone};
    const bool any_text =
        std::ranges::any_of(texts, [](const std::string* text) { return !text->empty(); });
    return any_text || !where.empty() || header_line || skip_blank || dry_run || from_history ||
           creates();
}

void add_import_options(CLI::App& command, ImportOptions& options) {
    command.add_option("FILE", options.file, "The file; - is the standard input")->required();
    add_series_options(command, options);
    add_form_options(command, options);
    add_creation_options(command, options);
    command
        .add_option("--data", options.data,
                    "The data folder, which nobody else uses; for events and --from-history")
        ->envname("YARDSTICK_DATA")
        ->capture_default_str()
        ->group("Events");
}

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

std::string_view encoding_of(const ImportOptions& options) {
    const std::string encoding = base::lower(options.encoding);
    if (encoding.empty() || encoding == "utf-8") return {};
    const auto* const found = std::ranges::find(transfer::encodings, encoding);
    if (found == transfer::encodings.end()) {
        throw Usage(
            "--encoding is utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1 or iso-8859-15");
    }
    return *found;
}

transfer::SeriesForms forms_of(const ImportOptions& options) {
    using transfer::DecimalSign;
    static const Words<DecimalSign> signs{{"", DecimalSign::unknown},
                                          {"point", DecimalSign::point},
                                          {".", DecimalSign::point},
                                          {"comma", DecimalSign::comma},
                                          {",", DecimalSign::comma}};
    return {time_forms_of(options),
            meaning_of(options.decimal, signs, "--decimal is comma or point"), options.skip_blank};
}

transfer::SeriesColumns columns_of(const ImportOptions& options) {
    if (options.time.empty() || options.value.empty() ||
        (options.id.empty() && (!options.dry_run || options.from_history))) {
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
    if (!options.creates() && !options.from_history) return std::nullopt;
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

}  // namespace yardstick
