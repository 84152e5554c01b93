#include "read_api/version_waiter.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

namespace read_api {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

}  // namespace

VersionWaiter::VersionWaiter(kpi::MetricViews& views, VersionWaiterOptions options)
    : views_(views), options_(options), thread_([this] { run(); }) {}

VersionWaiter::~VersionWaiter() {
    stop();
}

bool VersionWaiter::wait(kpi::MetricId id, es::Version version, milliseconds at_most, Done done) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopped_) {
            if (waiting_ >= options_.waiters_max) return false;
            ++waiting_;
            arrived_.push_back(
                {std::move(id), version, steady_clock::now() + at_most, std::move(done)});
            changed_.notify_one();
            return true;
        }
    }
    done(Outcome::stopped);
    return true;
}

void VersionWaiter::notify() {
    {
        const std::lock_guard lock(mutex_);
        if (waiting_ == 0) return;
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

void VersionWaiter::run() {
    std::vector<Waiter> waiters;
    std::unique_lock lock(mutex_);
    while (true) {
        const auto due = [this] { return stopped_ || notified_ || !arrived_.empty(); };
        if (waiters.empty()) {
            changed_.wait(lock, due);
        } else {
            auto until = next_look();
            for (const auto& waiter : waiters) until = std::min(until, waiter.deadline);
            changed_.wait_until(lock, until, due);
        }
        notified_ = false;
        const bool stopping = stopped_;
        std::ranges::move(arrived_, std::back_inserter(waiters));
        arrived_.clear();
        lock.unlock();

        std::vector<Settled> settled;
        if (stopping) {
            for (auto& waiter : waiters)
                settled.push_back({std::move(waiter.done), Outcome::stopped});
            waiters.clear();
        } else {
            settled = look(waiters);
        }
        lock.lock();
        waiting_ -= settled.size();
        lock.unlock();
        for (auto& [done, outcome] : settled) done(outcome);
        if (stopping) return;
        lock.lock();
    }
}

VersionWaiter::SteadyTime VersionWaiter::next_look() {
    std::uniform_int_distribution pause(options_.look_min.count(), options_.look_max.count());
    return steady_clock::now() + milliseconds(pause(random_));
}

std::vector<VersionWaiter::Settled> VersionWaiter::look(std::vector<Waiter>& waiters) {
    std::map<kpi::MetricId, es::Version> versions;
    std::map<kpi::MetricId, es::Version> parked;  // the versions that can't be applied
    bool unavailable = false;
    try {
        for (const auto& waiter : waiters) {
            if (!versions.contains(waiter.id)) versions[waiter.id] = views_.version(waiter.id);
        }
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
        if (versions[waiter.id] >= waiter.version) return Outcome::reached;
        const auto stands = parked.find(waiter.id);
        if (stands != parked.end() && stands->second <= waiter.version) return Outcome::parked;
        if (waiter.deadline <= now) return Outcome::too_late;
        return std::nullopt;
    };
    std::vector<Settled> settled;
    std::erase_if(waiters, [&](Waiter& waiter) {
        const auto outcome = decide(waiter);
        if (outcome) settled.push_back({std::move(waiter.done), *outcome});
        return outcome.has_value();
    });
    return settled;
}

}  // namespace read_api
