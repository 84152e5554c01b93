#include "transfer/series_import.hpp"

#include <algorithm>
#include <utility>

#include "es/errors.hpp"
#include "transfer/known_values.hpp"
#include "transfer/row_sender.hpp"

namespace transfer {
namespace {

ApiAddress write_api(const SeriesImportOptions& options) {
    return {options.write_url, "the write API", options.ca_file};
}

ApiAddress read_api(const SeriesImportOptions& options) {
    return {options.read_url, "the read API", options.ca_file};
}

// A wrong address should not take as long to be told as a server that went away meanwhile.
void reach(const ApiAddress& api, const SeriesImportOptions& options) {
    PatientClient(api, std::min(options.patience, reach_patience)).get("/-/healthy");
}

// The values that the metric has; nullopt: there is no such metric.
std::optional<StoredValues> prepare(const SeriesImportOptions& options) {
    reach(write_api(options), options);
    reach(read_api(options), options);
    PatientClient write(write_api(options), options.patience);
    PatientClient read(read_api(options), options.patience);
    std::optional<es::Version> version;
    if (options.create) {
        const Created created = create_metric(write, options.id, *options.create);
        if (created.is_new) return StoredValues{};
        version = created.version;
    } else {
        version = latest_version(write, options.id);
    }
    if (!version) return std::nullopt;
    return read_values(read, options.id, *version);
}

// What becomes of the rows, counted and reported.
class Outcome {
public:
    explicit Outcome(const SeriesImportOptions& options) : options_(options) {}

    void settled(const SeriesRow& row, const Reported& reported) {
        switch (reported.outcome) {
            case Report::recorded:
                return count(summary_.recorded);
            case Report::was_there:
                return there();
            default:
                return bad(row.line, "the server refused it: " + reported.why);
        }
    }
    void there() { count(summary_.there); }
    void bad(std::size_t line, const std::string& why) {
        options_.on_bad_row(line, why);
        count(summary_.bad);
    }
    void changed(std::size_t line, const std::string& why) {
        options_.on_bad_row(line, why);
        count(summary_.changed);
    }
    [[nodiscard]] const SeriesImportSummary& summary() const { return summary_; }

private:
    void count(std::uint64_t& number) {
        ++number;
        options_.on_row();
    }

    const SeriesImportOptions& options_;
    SeriesImportSummary summary_;
};

void take_row(const SeriesRow& row, KnownValues& known, RowSender& sender, Outcome& outcome) {
    if (!row.fault.empty()) return outcome.bad(row.line, row.fault);
    const auto found = known.take({row.time, row.value});
    if (known.size() > values_max) throw too_many_values();
    switch (found.answer) {
        case KnownValues::Answer::fresh:
            return sender.send(row, found.occurrence);
        case KnownValues::Answer::there:
            return outcome.there();
        case KnownValues::Answer::other:
            return outcome.changed(row.line, changed_value({row.time, row.value}, found.value));
    }
}

}  // namespace

std::optional<SeriesImportSummary> import_series(SeriesReader& rows,
                                                 const SeriesImportOptions& options) {
    auto values = prepare(options);
    if (!values) return std::nullopt;
    KnownValues known(*std::move(values));
    Outcome outcome(options);
    RowSender sender(
        write_api(options), options.id, options.patience,
        [&](const SeriesRow& row, const Reported& reported) { outcome.settled(row, reported); });
    while (const auto row = rows.next()) take_row(*row, known, sender, outcome);
    sender.finish();
    return outcome.summary();
}

}  // namespace transfer
