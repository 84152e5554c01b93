#include "yardstick/csv_import.hpp"

#include <chrono>
#include <cstdint>
#include <iostream>
#include <optional>
#include <utility>

#include "base/progress.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "es/errors.hpp"
#include "kpi/metric.hpp"
#include "transfer/series_import.hpp"
#include "transfer/series_preview.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/history_import.hpp"
#include "yardstick/series_file.hpp"

namespace yardstick {
namespace {

// Why a metric that the options describe would be refused if it is new; empty: it would not, or the
// options describe none.
std::string refusal_of_creation(const ImportOptions& options, base::TimePoint now) {
    if (!props_of(options)) return "";
    const auto refusal = kpi::MetricAggregate::check(creation_of(options), {now, now});
    if (!refusal) return "";
    return "unless the metric is there already, it would be refused: " +
           transfer::words_of(*refusal);
}

int preview_csv(const ImportOptions& options, const SeriesFile& file) {
    const base::TimePoint now = base::system_now();
    const std::string refusal = refusal_of_creation(options, now);
    Series series(options, file.file, file.forms);
    transfer::SeriesPreview preview(props_of(options), now);
    preview.look_at(series.reader());
    return print_preview(options, preview, series.reader().blank(),
                         file.doubts.empty() ? refusal : file.doubts);
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

int record_csv(const ImportOptions& options, const SeriesFile& file) {
    Series series(options, file.file, file.forms);
    const bool sized = transfer::size_of(file.file).has_value();
    base::Progress progress = progress_of(file.file, "rows");
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

int import_csv(const ImportOptions& options) {
    columns_of(options);  // the command line is judged before the file
    props_of(options);
    const SeriesFile file = open_series(options);
    if (options.from_history) return import_history(options, file);
    if (options.dry_run) return preview_csv(options, file);
    if (!file.doubts.empty()) throw nothing_imported(options, file.doubts);
    return record_csv(options, file);
}

}  // namespace yardstick
