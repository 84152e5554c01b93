#include "api/request_metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <string_view>

namespace api {
namespace {

const char* const class_names[] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};

// Seconds: from a read in memory to a command's last moment.
const prometheus::Histogram::BucketBoundaries buckets{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5};

// Takes the next segment from the front of a path that begins with '/'.
std::string_view take_segment(std::string_view& path) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

bool belongs(std::string_view path, std::string_view pattern) {
    while (path.starts_with('/') && pattern.starts_with('/')) {
        const auto expected = take_segment(pattern);
        const auto segment = take_segment(path);
        if (!expected.starts_with('{') && expected != segment) return false;
    }
    return path.empty() && pattern.empty();
}

}  // namespace

RequestMetrics::RequestMetrics(prometheus::Registry& registry, const std::string& api,
                               const std::vector<std::string>& patterns) {
    auto& requests = prometheus::BuildCounter()
                         .Name("yardstick_http_requests_total")
                         .Help("Requests answered")
                         .Register(registry);
    auto& seconds = prometheus::BuildHistogram()
                        .Name("yardstick_http_request_seconds")
                        .Help("Time from a request's complete receipt to its answer")
                        .Register(registry);
    auto add = [&](const std::string& pattern) {
        Route route;
        route.pattern = pattern;
        for (std::size_t i = 0; i < route.by_class.size(); ++i) {
            route.by_class[i] =
                &requests.Add({{"api", api}, {"route", pattern}, {"status", class_names[i]}});
        }
        route.seconds = &seconds.Add({{"api", api}, {"route", pattern}}, buckets);
        routes_.push_back(std::move(route));
    };
    for (const auto& pattern : patterns) add(pattern);
    add("other");
}

void RequestMetrics::record(const http::Access& access) const {
    const Route& route = route_of(access.target);
    const int status_class = access.status / 100;
    const bool known = status_class >= 1 && status_class <= 5;
    route.by_class[known ? static_cast<std::size_t>(status_class) : 0]->Increment();
    route.seconds->Observe(std::chrono::duration<double>(access.time).count());
}

const RequestMetrics::Route& RequestMetrics::route_of(const std::string& target) const {
    const auto path = std::string_view(target).substr(0, target.find('?'));
    const auto found = std::find_if(routes_.begin(), routes_.end() - 1, [&](const Route& route) {
        return belongs(path, route.pattern);
    });
    return *found;  // the last when none fits
}

}  // namespace api
