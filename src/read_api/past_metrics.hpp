// All metrics as they were at a time, for lists with asOf. The first question about an instant
// folds all events (kpi::PastFold), those that come meanwhile wait for the same fold, and later
// ones find it kept. Folding is done in small jobs on the pool's slow lane, between which others
// have their turn.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/worker_pool.hpp"
#include "es/event.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "kpi/metric_views.hpp"
#include "kpi/past_fold.hpp"
#include "read_api/options.hpp"

namespace read_api {

// Callable from any thread. The options' pool must have stopped before it goes.
class PastMetrics {
public:
    // It must not outlive the options.
    explicit PastMetrics(const ReadApiOptions& options) : options_(options) {}

    [[nodiscard]] bool available() const {
        return options_.fold_past != nullptr && options_.order != nullptr;
    }

    // Who waits for an instant: one of the two is called, once, on the pool or before at() returns.
    struct Waiter {
        std::string caller;
        std::function<void(std::shared_ptr<kpi::MetricViews> views)> answer;  // must not throw
        std::function<void(const http::Problem& problem)> refuse;
    };
    // Not unless it is available().
    void at(es::TimePoint time, const Waiter& waiter);

    // Who waits now, or comes later, is refused.
    void stop();
    // Roughly, of what is kept.
    [[nodiscard]] std::size_t bytes() const;

private:
    struct Instant;
    using Kept = std::shared_ptr<Instant>;

    // These expect the lock to be held.
    Kept find_or_add(es::TimePoint time);  // nullptr: all are being folded, or it has stopped
    bool forget_the_oldest();              // false: all are being folded
    [[nodiscard]] std::size_t bytes_kept() const;

    [[nodiscard]] bool post_step(const Kept& instant, const std::string& caller,
                                 api::WorkerPool::Admission admission);
    // Folds a piece, and posts the next one.
    void step(const Kept& instant, const std::string& caller);
    // False: nothing is left to fold. Throws.
    bool fold_a_piece(Instant& instant) const;
    // Answers those who wait.
    void finish(const Kept& instant);
    void give_up(const Kept& instant, const http::Problem& problem);
    [[nodiscard]] bool nobody_waits(const Instant& instant) const;
    std::vector<Waiter> take_waiters(Instant& instant);

    const ReadApiOptions& options_;
    mutable std::mutex mutex_;
    bool stopped_ = false;
    std::vector<Kept> kept_;  // the one asked for last is the last
};

}  // namespace read_api
