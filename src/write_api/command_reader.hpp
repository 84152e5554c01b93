// From an HTTP request to a command: name, body, headers and query, with everything that is wrong
// named at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "es/command.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "kpi/metric.hpp"

namespace write_api {

using MetricRequest = es::CommandRequest<kpi::MetricCommand>;

// "CreateMetricCommand" and its like.
bool is_command(std::string_view name);
std::vector<std::string> command_names();

// 415, or 400 with every error, or the request to the processor (its deadline is left to the
// caller). `name` is a command. Where a creation comes without an id it gets one: from its
// idempotency key, so that a repeat finds the first, or a random one.
std::variant<MetricRequest, http::Problem> read_command(const std::string& name,
                                                        const http::Request& request);

// Another way to the same commands: the path says which metric, the body has the members. One for
// each row of the table.
struct ResourceRoute {
    std::string method;
    std::string pattern;  // as http::Router takes it
    std::function<std::variant<MetricRequest, http::Problem>(const http::Request& request)> read;
};
std::vector<ResourceRoute> resources();

// Of a request with many reports, a line each (application/x-ndjson): what holds for all of them,
// kept with each; or the problem of the request as a whole.
std::variant<es::ExtraMetadata, http::Problem> read_bulk_head(const http::Request& request);
// One of its lines: {"id", "value" or "add", "observedAt"?, "comment"?, "key"?}.
std::variant<MetricRequest, http::Problem> read_line(std::string_view line,
                                                     const es::ExtraMetadata& extra);

}  // namespace write_api
