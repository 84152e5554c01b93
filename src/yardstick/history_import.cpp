#include "yardstick/history_import.hpp"

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "kpi/metric.hpp"
#include "transfer/event_import.hpp"
#include "transfer/event_line.hpp"
#include "transfer/metric_client.hpp"
#include "transfer/metric_history.hpp"
#include "transfer/series_preview.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "write_api/command_reader.hpp"
#include "yardstick/exit_codes.hpp"
#include "yardstick/folder_owner.hpp"

namespace yardstick {
namespace {

es::Unusable not_created(const std::string& why) {
    return es::Unusable("The metric can't be created: " + why + ".");
}

// The rows by time, the first of which creates the metric.
struct History {
    kpi::MetricCreated creation;
    std::vector<transfer::SeriesRow> rows;
    base::TimePoint created{};
    std::uint64_t blank = 0;
};

History read_history(const ImportOptions& options, const SeriesFile& file) {
    Series series(options, file.file, file.forms);
    History history{
        creation_of(options), transfer::rows_by_time(series.reader()), {}, series.reader().blank()};
    const auto first = std::ranges::find_if(
        history.rows, [](const transfer::SeriesRow& row) { return row.fault.empty(); });
    if (first == history.rows.end()) return history;
    history.created = first->time;
    const auto refusal =
        kpi::MetricAggregate::check(history.creation, {history.created, history.created});
    if (refusal) {
        throw not_created("at the time of its first row (" + base::format_time(history.created) +
                          ") it would be refused: " + refusal->detail);
    }
    return history;
}

// Records what isn't there; the events that are there must be the same.
transfer::EventImportSummary record(const ImportOptions& options, const History& history) {
    act_as_owner_of(options.data);
    es::SqliteEventStore store(options.data,
                               {.witnesses = views::event_witnesses(), .role = "import"});
    std::string trouble;
    transfer::EventImport events(store,
                                 [&](std::size_t, const std::string& why) { trouble = why; });
    const auto take = [&](std::size_t line, const es::RecordedEvent& event) {
        std::string text;
        transfer::write_event_line(event, text);
        events.take(line, text);
    };
    es::Version version = 1;
    take(history.rows.front().line,
         transfer::creation_event(options.id, history.creation, history.created));
    for (const auto& row : history.rows) {
        take(row.line, transfer::value_event(options.id, ++version, row));
    }
    auto summary = events.finish();
    if (!summary.complete()) throw es::Unusable("Nothing is recorded: " + trouble + ".");
    return summary;
}

}  // namespace

kpi::MetricCreated creation_of(const ImportOptions& options) {
    http::Request request;
    request.headers.add("Content-Type", "application/json");
    request.body = transfer::creation_body(options.id, props_of(options).value());
    const auto read = write_api::read_command(transfer::creation_command, request);
    if (const auto* problem = std::get_if<http::Problem>(&read)) {
        throw not_created(transfer::problem_text(problem->response("")));
    }
    return std::get<kpi::MetricCreated>(std::get<write_api::MetricRequest>(read).command);
}

int import_history(const ImportOptions& options, const SeriesFile& file) {
    const History history = read_history(options, file);
    transfer::SeriesPreview preview(history.creation, history.created, base::system_now());
    for (const auto& row : history.rows) preview.take(row);
    if (options.dry_run) return print_preview(options, preview, history.blank, file.doubts);
    if (!file.doubts.empty()) throw nothing_imported(options, file.doubts);
    print_troubles(preview);
    if (!preview.all()) throw nothing_imported(options, "a history is imported as a whole");
    if (history.rows.empty()) throw nothing_imported(options, "it has no row to begin with");
    const auto summary = record(options, history);
    std::cout << summary.recorded << " events recorded, " << summary.there
              << " were there; the metric was created " << base::format_time(history.created)
              << '\n';
    return exit_done;
}

}  // namespace yardstick
