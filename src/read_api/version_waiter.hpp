// Lets requests wait until the view of a metric has reached a version (minVersion), without a
// thread for each: one thread looks on behalf of all of them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "kpi/metric_views.hpp"

namespace read_api {

struct VersionWaiterOptions {
    std::size_t waiters_max = 1000;  // at a time
    // Between looks when nobody notifies: by chance between these, so that several servers don't
    // ask in step.
    std::chrono::milliseconds look_min{5};
    std::chrono::milliseconds look_max{25};
};

class VersionWaiter {
public:
    enum class Outcome {
        reached,
        too_late,     // the time was over first
        parked,       // the metric stands still below that version
        unavailable,  // the view store could not be asked
        stopped,
    };
    // Called once, on the waiter's thread. Must not block long.
    using Done = std::function<void(Outcome)>;

    VersionWaiter(kpi::MetricViews& views, VersionWaiterOptions options);
    ~VersionWaiter();  // stops
    VersionWaiter(const VersionWaiter&) = delete;
    VersionWaiter& operator=(const VersionWaiter&) = delete;

    // Any thread. False when too many wait already: `done` is then not called.
    [[nodiscard]] bool wait(kpi::MetricId id, es::Version version,
                            std::chrono::milliseconds at_most, Done done);

    // Views were saved: look now. A projector in the same process says so; saves of another process
    // are found by looking from time to time. Any thread.
    void notify();

    // Answers all with `stopped`, also those that come later.
    void stop();

private:
    using SteadyTime = std::chrono::steady_clock::time_point;
    struct Waiter {
        kpi::MetricId id;
        es::Version version;
        SteadyTime deadline;
        Done done;
    };
    struct Settled {
        Done done;
        Outcome outcome;
    };

    void run();
    // Moves those that are decided from `waiters` to the result.
    std::vector<Settled> look(std::vector<Waiter>& waiters);
    [[nodiscard]] SteadyTime next_look();

    kpi::MetricViews& views_;
    const VersionWaiterOptions options_;
    std::minstd_rand random_{std::random_device{}()};

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Waiter> arrived_;  // not yet seen by the thread
    std::size_t waiting_ = 0;      // these and those that the thread holds
    bool notified_ = false;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace read_api
