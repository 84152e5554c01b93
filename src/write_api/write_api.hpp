// The write API: POST /metrics/{command} becomes a command, its outcome an HTTP answer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "es/command_processor.hpp"
#include "es/view_store.hpp"
#include "http/router.hpp"
#include "kpi/metric.hpp"

namespace write_api {

// How long a command may take from its complete receipt until it is decided.
inline constexpr std::chrono::milliseconds command_time_max{4'000};

// The metrics whose commands were answered `parked`, as /-/ready lists them: the write API may run
// where there are no views to ask. Any thread.
class ParkedMetrics {
public:
    static constexpr std::size_t entries_max = 100;  // further ones are left out

    // A command on this metric had this outcome.
    void note(const es::StreamId& id, const es::CommandResult& result);
    // By id. The version is 0 where it is not known.
    [[nodiscard]] std::vector<es::Parked> all() const;

private:
    mutable std::mutex mutex_;
    std::map<es::StreamId, es::Parked> parked_;
    std::atomic<bool> any_ = false;  // spares those who command sound metrics the lock
};

// The patterns of these routes, for RequestMetrics.
std::vector<std::string> patterns();

// Adds the commands' routes. Processor and `parked` must outlive the router's requests.
void add_routes(http::Router& router, es::CommandProcessor<kpi::MetricAggregate>& processor,
                ParkedMetrics* parked = nullptr);

}  // namespace write_api
