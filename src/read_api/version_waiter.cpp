#include "read_api/version_waiter.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "base/memory.hpp"

namespace read_api {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

}  // namespace

VersionWaiter::VersionWaiter(kpi::MetricViews& views, VersionWaiterOptions options)
    : views_(views), options_(options), places_(options.waiters_max), thread_([this] { run(); }) {}

VersionWaiter::~VersionWaiter() {
    stop();
}

bool VersionWaiter::wait(const std::string& caller, kpi::MetricId id, es::Version version,
                         milliseconds at_most, Done done) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopped_) {
            if (!places_.take(caller)) {
                ++refused_;
                return false;
            }
            arrived_.push_back(
                {std::move(id), version, steady_clock::now() + at_most, std::move(done), caller});
            changed_.notify_one();
            return true;
        }
    }
    done(Outcome::stopped);
    return true;
}

VersionWaiter::Counters VersionWaiter::counters() const {
    const std::lock_guard lock(mutex_);
    return {places_.taken(), refused_};
}

void VersionWaiter::notify() {
    {
        const std::lock_guard lock(mutex_);
        if (places_.taken() == 0) return;
        notified_ = true;
    }
    changed_.notify_one();
}

void VersionWaiter::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

// Each that arrives is looked at once by itself, then together with all others. So many who wait
// don't make each further one cost a look at all.
void VersionWaiter::run() {
    std::vector<Waiter> waiters;
    SteadyTime look_at_all = SteadyTime::max();
    while (true) {
        std::vector<Waiter> arrived;
        bool all = false;
        {
            std::unique_lock lock(mutex_);
            const auto due = [this] { return stopped_ || notified_ || !arrived_.empty(); };
            if (waiters.empty()) {
                changed_.wait(lock, due);
            } else {
                all = !changed_.wait_until(lock, look_at_all, due);
            }
            all = std::exchange(notified_, false) || all;
            arrived.swap(arrived_);
            if (stopped_) {
                lock.unlock();
                std::ranges::move(arrived, std::back_inserter(waiters));
                std::vector<Settled> settled;
                settled.reserve(waiters.size());
                for (auto& each : waiters) {
                    settled.push_back({std::move(each.done), each.caller, Outcome::stopped});
                }
                settle(settled);
                return;
            }
        }
        if (!all) settle(look_when_possible(arrived));
        base::when_memory_allows([&] { waiters.reserve(waiters.size() + arrived.size()); });
        std::ranges::move(arrived, std::back_inserter(waiters));
        if (all || steady_clock::now() >= look_at_all) {
            const auto began = steady_clock::now();
            settle(look_when_possible(waiters));
            look_took_ = steady_clock::now() - began;
            look_at_all = next_look();
        } else if (look_at_all == SteadyTime::max()) {
            look_at_all = next_look();
        }
        for (const auto& waiter : waiters) look_at_all = std::min(look_at_all, waiter.deadline);
        if (waiters.empty()) look_at_all = SteadyTime::max();
    }
}

void VersionWaiter::settle(const std::vector<Settled>& settled) {
    {
        const std::lock_guard lock(mutex_);
        for (const auto& each : settled) places_.give_back(each.caller);
    }
    for (const auto& each : settled) {
        try {
            each.done(each.outcome);
        } catch (...) {  // NOLINT(bugprone-empty-catch): the request is answered when `done` goes
        }
    }
}

// Looking takes a quarter of the thread's time at most, however many wait.
VersionWaiter::SteadyTime VersionWaiter::next_look() {
    std::uniform_int_distribution pause(options_.look_min.count(), options_.look_max.count());
    return steady_clock::now() +
           std::max<SteadyTime::duration>(milliseconds(pause(random_)), 3 * look_took_);
}

// One that throws leaves all who wait as they are.
std::vector<VersionWaiter::Settled> VersionWaiter::look_when_possible(
    std::vector<Waiter>& waiters) {
    return base::when_memory_allows([&] { return look(waiters); });
}

std::vector<VersionWaiter::Settled> VersionWaiter::look(std::vector<Waiter>& waiters) {
    std::map<kpi::MetricId, es::Version> versions;
    std::map<kpi::MetricId, es::Version> parked;  // the versions that can't be applied
    bool unavailable = false;
    if (waiters.empty()) return {};
    try {
        std::vector<kpi::MetricId> ids;
        for (const auto& waiter : waiters) {
            if (versions.emplace(waiter.id, 0).second) ids.push_back(waiter.id);
        }
        versions = views_.versions(ids);
        for (const auto& entry : views_.parked()) parked[entry.stream] = entry.version;
    } catch (const std::exception&) {
        unavailable = true;
    }
    const auto now = steady_clock::now();
    auto decide = [&](const Waiter& waiter) -> std::optional<Outcome> {
        if (unavailable) {
            if (waiter.deadline > now) return std::nullopt;
            return Outcome::unavailable;
        }
        const auto seen = versions.find(waiter.id);
        if (seen != versions.end() && seen->second >= waiter.version) return Outcome::reached;
        const auto stands = parked.find(waiter.id);
        if (stands != parked.end() && stands->second <= waiter.version) return Outcome::parked;
        if (waiter.deadline <= now) return Outcome::too_late;
        return std::nullopt;
    };
    std::vector<Settled> settled;
    settled.reserve(waiters.size());  // nothing throws from here on: none of them is lost
    std::erase_if(waiters, [&](Waiter& waiter) {
        const auto outcome = decide(waiter);
        if (outcome)
            settled.push_back({std::move(waiter.done), std::move(waiter.caller), *outcome});
        return outcome.has_value();
    });
    return settled;
}

}  // namespace read_api
