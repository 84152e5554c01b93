// What a store holds, written out piece by piece: metrics and values as CSV, events as lines of
// JSON. Memory doesn't grow with what there is. Each function returns how much it wrote, takes one
// metric alone when an id is given, and throws es::Unavailable when the store can't be read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "es/event_feed.hpp"
#include "es/event_store.hpp"
#include "kpi/metric_views.hpp"
#include "transfer/output.hpp"

namespace transfer {

// Called now and then with how much was written so far.
using OnWritten = std::function<void(std::uint64_t)>;

// The current picture, by id; `now` decides what is expired. nullopt: there is no such metric.
std::optional<std::uint64_t> export_metrics(kpi::MetricViews& views,
                                            const std::optional<kpi::MetricId>& only,
                                            es::TimePoint now, Output& out,
                                            const OnWritten& on_written);

// Every reported value, by id, date and version. nullopt: there is no such metric.
std::optional<std::uint64_t> export_values(kpi::MetricViews& views,
                                           const std::optional<kpi::MetricId>& only, Output& out,
                                           const OnWritten& on_written);

struct ExportedEvents {
    std::uint64_t written = 0;
    std::uint64_t left_out = 0;  // reported
};

// Called for an event that can't be written because its payload is no JSON.
using OnLeftOut = std::function<void(const es::RecordedEvent&)>;

// The events that are recorded when it begins, in the order of recording.
ExportedEvents export_events(es::EventFeed& feed, Output& out, const OnWritten& on_written,
                             const OnLeftOut& on_left_out);

// The events of one metric; none: there is no such metric.
ExportedEvents export_stream(es::EventStore& store, const es::StreamId& stream, Output& out,
                             const OnWritten& on_written, const OnLeftOut& on_left_out);

}  // namespace transfer
