// What rebuilds of both set-ups have in common: they show their progress, obey signals, and say
// when a metric stays parked.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/progress.hpp"
#include "es/catch_up.hpp"
#include "kpi/metric_views.hpp"
#include "yardstick/stop_signals.hpp"

namespace yardstick {

class RebuildRun {
public:
    // The result of `work(options)`, which can be stopped. `total`: of what, where it is known.
    template <class Work>
    auto with_progress(const char* doing, const char* what, std::optional<std::uint64_t> total,
                       Work work) {
        base::Progress progress(doing, what, total);
        return work(es::CatchUpOptions{.on_progress =
                                           [&](std::uint64_t done) {
                                               reached_ = done;
                                               progress.reached(done);
                                           },
                                       .stop = [this] { return was_stopped(); }});
    }
    // What the last one came to.
    [[nodiscard]] std::uint64_t reached() const { return reached_; }

    // Any thread.
    bool was_stopped() { return was_stopped_within(std::chrono::milliseconds(0)); }
    bool was_stopped_within(std::chrono::milliseconds time) {
        const std::lock_guard lock(mutex_);
        if (!stopped_) stopped_ = signals_.wait_for(time);
        return stopped_;
    }

    // Since it was made.
    [[nodiscard]] std::string milliseconds() const {
        const auto took = std::chrono::steady_clock::now() - began_;
        return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()) +
               " ms";
    }

private:
    const StopSignals signals_;
    const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    bool stopped_ = false;
    std::uint64_t reached_ = 0;
};

// Throws es::Unavailable, which says why, where the metric is parked.
void require_not_parked(kpi::MetricViews& views, const std::string& metric);

}  // namespace yardstick
