// The write API: POST /metrics/{command} becomes a command, its outcome an HTTP answer.
#pragma once

#include <chrono>

#include "es/command_processor.hpp"
#include "http/router.hpp"
#include "kpi/metric.hpp"

namespace write_api {

// How long a command may take from its complete receipt until it is decided.
inline constexpr std::chrono::milliseconds command_time_max{4'000};

// Adds the commands' routes. The processor must outlive the router's requests.
void add_routes(http::Router& router, es::CommandProcessor<kpi::Metric>& processor);

}  // namespace write_api
