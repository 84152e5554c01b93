// A series from a CSV file into a metric, as a client of the two APIs. Safe to run again, and to be
// interrupted anywhere: what is there is not sent, and what may be there is sent with its key.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "transfer/metric_client.hpp"
#include "transfer/series_reader.hpp"

namespace transfer {

// How long the servers are looked for at first.
inline constexpr std::chrono::milliseconds reach_patience{3'000};

struct SeriesImportOptions {
    std::string write_url;
    std::string read_url;
    std::string ca_file;  // of http::Client
    std::string id;
    std::optional<MetricProps> create;  // absent: the metric must exist
    std::chrono::milliseconds patience{
        60'000};  // how long a request is tried while a server is away
    // A line that did not land and why; a row that was dealt with.
    std::function<void(std::size_t line, const std::string& why)> on_bad_row;
    std::function<void()> on_row;
};

struct SeriesImportSummary {
    std::uint64_t recorded = 0;
    std::uint64_t there = 0;    // time and value were recorded before
    std::uint64_t changed = 0;  // the time has another value: reported, not sent
    std::uint64_t bad = 0;      // can't be read, or refused by the server: reported

    [[nodiscard]] bool complete() const { return changed == 0 && bad == 0; }
};

// nullopt: there is no such metric. Throws es::Unavailable when a server is away for too long, and
// es::Unusable for what can't be imported at all; what was sent before stays.
std::optional<SeriesImportSummary> import_series(SeriesReader& rows,
                                                 const SeriesImportOptions& options);

}  // namespace transfer
