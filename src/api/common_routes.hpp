// What both APIs answer beside their own routes: what this is, health, readiness, metrics, the
// explanation of each problem type, and the OpenAPI document.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/worker_pool.hpp"
#include "es/event_feed.hpp"
#include "es/view_store.hpp"
#include "http/router.hpp"

namespace prometheus {
class Registry;
}

namespace api {

struct Ready {
    bool ok = true;
    std::string reason;          // why it is not, for any person: no paths, hosts, drivers' texts
    std::optional<es::Lag> lag;  // absent: not known
    std::vector<es::Parked> parked;
};

struct CommonRoutes {
    std::string about;             // the text of "/"
    std::function<Ready()> ready;  // may block a little and throw (then it is not ready)
    const prometheus::Registry* metrics = nullptr;
    // Sets the figures that are only looked up when somebody asks. May be empty.
    std::function<void()> before_metrics = {};
    // Why it is not ready, in full, for the log. May be empty; runs on the pool.
    std::function<void(std::string_view)> on_error = {};
};

// Adds "/", "/-/healthy", "/-/ready", "/-/prometheus", "/problems/{type}" and "/openapi.json", and
// registers the problem types. Pool and registry must outlive the router.
void add_common_routes(http::Router& router, CommonRoutes routes, WorkerPool& pool);

}  // namespace api
