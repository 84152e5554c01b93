// Counts requests and their times for /-/prometheus. It hangs on the server's access hook:
//
//     api::RequestMetrics metrics(registry, "read");
//     options.on_access = [&](const http::Access& access) { metrics.record(access); };
#pragma once

#include <array>
#include <string>
#include <vector>

#include "http/server.hpp"

namespace prometheus {
class Counter;
class Histogram;
class Registry;
}  // namespace prometheus

namespace api {

// `yardstick_http_requests_total{api, route, status}`, status as a class ("2xx"), and
// `yardstick_http_request_seconds{api, route}`. A route is the pattern that a target belongs to;
// targets of none count as "other", so that callers can't make new time series.
class RequestMetrics {
public:
    // `patterns`: as given to the router, the more specific first. The registry must outlive this.
    RequestMetrics(prometheus::Registry& registry, const std::string& api,
                   const std::vector<std::string>& patterns);

    // Any thread; looks up no label.
    void record(const http::Access& access) const;

private:
    struct Route {
        std::string pattern;
        std::array<prometheus::Counter*, 6> by_class{};  // "other", 1xx .. 5xx
        prometheus::Histogram* seconds = nullptr;
    };
    [[nodiscard]] const Route& route_of(const std::string& target) const;

    std::vector<Route> routes_;  // the last is "other"
};

}  // namespace api
