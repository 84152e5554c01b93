// Lets requests wait until the view of a metric has reached a version (minVersion), without a
// thread for each: one thread looks on behalf of all of them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/fair_shares.hpp"
#include "kpi/metric_views.hpp"

namespace read_api {

struct VersionWaiterOptions {
    std::size_t waiters_max = 2000;  // at a time; for one caller see base::FairShares
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

    // Any thread. False when too many wait already, in all or of this caller: `done` is then not
    // called.
    [[nodiscard]] bool wait(const std::string& caller, kpi::MetricId id, es::Version version,
                            std::chrono::milliseconds at_most, Done done);

    struct Counters {
        std::size_t waiting;
        std::uint64_t refused;  // so far
    };
    [[nodiscard]] Counters counters() const;

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
        std::string caller;
    };
    struct Settled {
        Done done;
        std::string caller;
        Outcome outcome;
    };

    void run();
    // Moves those that are decided from `waiters` to the result.
    std::vector<Settled> look(std::vector<Waiter>& waiters);
    std::vector<Settled> look_when_possible(std::vector<Waiter>& waiters);
    [[nodiscard]] SteadyTime next_look();
    void settle(const std::vector<Settled>& settled);

    kpi::MetricViews& views_;
    const VersionWaiterOptions options_;
    SteadyTime::duration look_took_{};  // the last look at all of them
    std::minstd_rand random_{std::random_device{}()};

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    base::FairShares places_;
    std::uint64_t refused_ = 0;
    std::vector<Waiter> arrived_;  // not yet seen by the thread
    bool notified_ = false;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace read_api
