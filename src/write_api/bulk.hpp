// POST /values: many reports in one request, a line each (application/x-ndjson), answered by a line
// each in their order. Body and answer are streamed: docs/adr/0025-streamed-request-bodies.md. What
// holds lines back: line_order.hpp.
#pragma once

#include <chrono>
#include <cstddef>

#include "es/command_processor.hpp"
#include "http/router.hpp"
#include "kpi/metric.hpp"

namespace write_api {

class ParkedMetrics;

inline constexpr const char* bulk_pattern = "/values";

inline constexpr std::size_t line_bytes_max = 16UL * 1024;
// Of one request: lines that were read, and whose answers were not yet handed to the server.
inline constexpr std::size_t lines_ahead_max = 256;
// Of all requests: lines at the processor, divided among callers by base::FairShares; beyond it
// each request has one there. So they never fill its queue (es::ProcessorOptions::queue_max).
inline constexpr std::size_t lines_in_flight_max = 4'096;
// Answers that one request keeps ready; beyond it reads no further lines.
inline constexpr std::size_t ready_bytes_max = 64UL * 1024;
// How long a line may take until it is decided: others may wait before it.
inline constexpr std::chrono::milliseconds line_time_max{20'000};

// As add_routes().
void add_bulk_route(http::Router& router, es::CommandProcessor<kpi::MetricAggregate>& processor,
                    ParkedMetrics* parked);

}  // namespace write_api
