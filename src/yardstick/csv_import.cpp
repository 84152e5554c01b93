#include "yardstick/csv_import.hpp"

#include <chrono>
#include <cstdint>
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "es/errors.hpp"
#include "transfer/series_import.hpp"
#include "transfer/series_preview.hpp"
#include "yardstick/exit_codes.hpp"

namespace yardstick {
namespace {

// The file from its begin to its end, as the options say that it is to be read. Where it may begin
// again, it is read for a second time.
class Series {
public:
    Series(const ImportOptions& options, const transfer::File& file, transfer::SeriesForms forms)
        : name_(options.shown()),
          lines_(file, name_, transfer::csv_line_bytes_max, transfer::LineEnds::any,
                 encoding_of(options)),
          rows_(lines_, delimiter_of(options), options.header_line.value_or(1)),
          reader_(rows_, name_, columns_of(options), std::move(forms)) {}
    [[nodiscard]] transfer::SeriesReader& reader() { return reader_; }
    [[nodiscard]] std::uint64_t bytes() const { return lines_.bytes(); }

private:
    const std::string name_;
    transfer::LineReader lines_;
    transfer::CsvReader rows_;
    transfer::SeriesReader reader_;
};

// Whether the file must be read as a whole before its first row can be taken.
bool has_to_look(const transfer::SeriesForms& forms) {
    return forms.decimal == transfer::DecimalSign::unknown ||
           forms.times.order != transfer::DateOrder::unknown;
}

// The file itself, or a copy of a pipe that is read twice.
transfer::File open_series(const ImportOptions& options, const transfer::SeriesForms& forms) {
    transfer::File file = transfer::open_input(options.file);
    const bool once = !has_to_look(forms) || transfer::size_of(file).has_value();
    return once ? std::move(file) : transfer::copy_of(file, options.shown());
}

// Reads the file to its end, and goes back to where it began. What it shows is said then.
std::vector<std::string> look_through(const ImportOptions& options, const transfer::File& file,
                                      transfer::SeriesForms& forms) {
    if (!has_to_look(forms)) return {};
    const auto begin = transfer::position_in(file, options.shown());
    auto findings = Series(options, file, forms).reader().look_through();
    forms.decimal = findings.decimal;
    transfer::go_to(begin, file, options.shown());
    return std::move(findings.doubts);
}

std::string joined(const std::vector<std::string>& sentences) {
    std::string text;
    for (const std::string& sentence : sentences) text += (text.empty() ? "" : "; ") + sentence;
    return text;
}

// --- What would be recorded ---

std::string sentence_of(const transfer::SeriesPreview::Trouble& trouble) {
    if (trouble.further == 0) return at_line(trouble.line, trouble.why);
    return at_line(trouble.line, trouble.why + " (as in " + std::to_string(trouble.further) +
                                     (trouble.further == 1 ? " further line)" : " further lines)"));
}

int preview_csv(const ImportOptions& options, const transfer::File& file,
                const transfer::SeriesForms& forms, const std::vector<std::string>& doubts) {
    Series series(options, file, forms);
    transfer::SeriesPreview preview(props_of(options), base::system_now());
    preview.look_at(series.reader());
    std::cout << preview.shown() << std::flush;
    for (const auto& trouble : preview.troubles()) {
        std::cerr << base::printable(sentence_of(trouble)) << '\n';
    }
    if (preview.unnamed() > 0) std::cerr << preview.unnamed() << " further lines are not named.\n";
    if (!doubts.empty()) {
        std::cerr << "Nothing would be recorded: " << base::printable(joined(doubts)) << ".\n";
    }
    std::cout << (doubts.empty() ? preview.recorded() : 0) << " rows would be recorded, "
              << preview.changed() << " changed values, " << preview.bad() << " bad lines";
    if (options.skip_blank) std::cout << ", " << series.reader().blank() << " blank";
    std::cout << "; nothing was sent\n";
    const bool all = doubts.empty() && preview.changed() == 0 && preview.bad() == 0;
    return all ? exit_done : exit_partly;
}

// --- What is recorded ---

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

int record_csv(const ImportOptions& options, const transfer::File& file,
               const transfer::SeriesForms& forms) {
    Series series(options, file, forms);
    const bool sized = transfer::size_of(file).has_value();
    base::Progress progress = progress_of(file, "rows");
    std::uint64_t done = 0;
    const auto summary = import_rows(
        series.reader(),
        {.write_url = options.write_url,
         .read_url = options.read_url,
         .ca_file = options.ca_file,
         .id = options.id,
         .create = props_of(options),
         .patience = std::chrono::seconds(options.retry_for_s),
         .on_bad_row = [&](std::size_t line,
                           const std::string& why) { progress.say(at_line(line, why)); },
         .on_row =
             [&] {
                 ++done;
                 progress.reached(sized ? series.bytes() / 1000 : done);
             }});
    progress.done();
    if (!summary) return no_such_metric(options);
    std::cout << summary->recorded << " rows recorded, " << summary->there << " were there, "
              << summary->changed << " changed values, " << summary->bad << " bad lines";
    if (options.skip_blank) std::cout << ", " << series.reader().blank() << " blank";
    std::cout << '\n';
    return summary->complete() ? exit_done : exit_partly;
}

}  // namespace

base::Progress progress_of(const transfer::File& file, const std::string& unit) {
    const auto size = transfer::size_of(file);
    if (!size) return {"import", unit, std::nullopt};
    return {"import", "kB", *size / 1000};
}

std::string at_line(std::size_t line, const std::string& why) {
    return "line " + std::to_string(line) + ": " + why + ".";
}

int import_csv(const ImportOptions& options) {
    columns_of(options);  // the command line is judged before the file
    props_of(options);
    auto forms = forms_of(options);
    const transfer::File file = open_series(options, forms);
    const auto doubts = look_through(options, file, forms);
    if (options.dry_run) return preview_csv(options, file, forms, doubts);
    if (!doubts.empty()) {
        throw es::Unusable("Nothing of " + options.shown() + " is imported: " + joined(doubts) +
                           ".");
    }
    return record_csv(options, file, forms);
}

}  // namespace yardstick
