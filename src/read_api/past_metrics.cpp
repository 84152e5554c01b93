#include "read_api/past_metrics.hpp"

#include <algorithm>
#include <exception>
#include <tuple>
#include <utility>

#include "api/problems.hpp"

namespace read_api {
namespace {

using Admission = api::WorkerPool::Admission;

// Ends a fold: there is more than a list may cost.
class TooLarge : public std::exception {
public:
    explicit TooLarge(std::string detail) : detail_(std::move(detail)) {}
    [[nodiscard]] const char* what() const noexcept override { return detail_.c_str(); }

private:
    std::string detail_;
};

constexpr const char* instead =
    " Ask for single metrics (GET /metrics/{id}?asOf=), which has no such bound.";

http::Problem overloaded() {
    return http::Problem::overloaded("Too many instants are being folded.");
}

}  // namespace

// `fold` is used by one job at a time; all else is guarded by the lock.
struct PastMetrics::Instant {
    es::TimePoint time;
    std::unique_ptr<kpi::PastFold> fold;
    bool is_folding = false;
    std::size_t bytes = 0;
    std::vector<Waiter> waiters;
};

void PastMetrics::at(es::TimePoint time, const Waiter& waiter) {
    Kept instant;
    {
        const std::lock_guard lock(mutex_);
        instant = find_or_add(time);
        if (instant) {
            instant->waiters.push_back(waiter);
            if (std::exchange(instant->is_folding, true)) return;
        }
    }
    if (!instant) return waiter.refuse(overloaded());
    if (!post_step(instant, waiter.caller, Admission::if_room)) give_up(instant, overloaded());
}

void PastMetrics::stop() {
    std::vector<Kept> all;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        all = kept_;
    }
    for (const auto& instant : all) {
        give_up(instant, http::Problem::overloaded("The server is stopping."));
    }
}

std::size_t PastMetrics::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_kept();
}

std::size_t PastMetrics::bytes_kept() const {
    std::size_t bytes = 0;
    for (const auto& instant : kept_) bytes += instant->bytes;
    return bytes;
}

PastMetrics::Kept PastMetrics::find_or_add(es::TimePoint time) {
    const auto found = std::ranges::find(kept_, time, [](const Kept& kept) { return kept->time; });
    if (found != kept_.end()) {
        std::rotate(found, found + 1, kept_.end());
        return kept_.back();
    }
    if (stopped_) return nullptr;
    if (kept_.size() >= options_.past.kept_max && !forget_the_oldest()) return nullptr;
    auto instant = std::make_shared<Instant>();
    instant->time = time;
    kept_.push_back(instant);
    return instant;
}

bool PastMetrics::forget_the_oldest() {
    const auto idle =
        std::ranges::find(kept_, false, [](const Kept& kept) { return kept->is_folding; });
    if (idle == kept_.end()) return false;
    kept_.erase(idle);
    return true;
}

bool PastMetrics::post_step(const Kept& instant, const std::string& caller, Admission admission) {
    return options_.pool.post([this, instant, caller] { step(instant, caller); },
                              {caller, api::Lane::slow}, admission);
}

void PastMetrics::step(const Kept& instant, const std::string& caller) {
    try {
        const bool more = fold_a_piece(*instant);
        if (nobody_waits(*instant)) return;  // it was given up
        {
            const std::lock_guard lock(mutex_);
            instant->bytes = instant->fold->bytes();
            while (bytes_kept() > options_.past.bytes_max && forget_the_oldest()) {
            }
            if (bytes_kept() > options_.past.bytes_max) {
                throw TooLarge("The metrics of that time take more than " +
                               std::to_string(options_.past.bytes_max) + " bytes of memory." +
                               instead);
            }
        }
        if (!more) return finish(instant);
        // Not taken: the pool has stopped, and those who wait are answered as their responders go.
        if (!post_step(instant, caller, Admission::always)) take_waiters(*instant);
    } catch (const TooLarge& error) {
        give_up(instant, http::Problem(422, "as-of-too-large", error.what()));
    } catch (const std::exception& error) {
        if (options_.on_error) options_.on_error(std::string("asOf of a list: ") + error.what());
        give_up(instant, api::problem_of(error));
    }
}

bool PastMetrics::fold_a_piece(Instant& instant) const {
    if (!instant.fold) {
        const auto events = options_.order->last_position();
        if (events > options_.past.events_max) {
            throw TooLarge("There are " + std::to_string(events) +
                           " events, and a list with asOf folds at most " +
                           std::to_string(options_.past.events_max) + "." + instead);
        }
        instant.fold = options_.fold_past(instant.time);
    }
    return instant.fold->step();
}

bool PastMetrics::nobody_waits(const Instant& instant) const {
    const std::lock_guard lock(mutex_);
    return instant.waiters.empty();
}

void PastMetrics::finish(const Kept& instant) {
    const auto views = instant->fold->views();
    for (auto& waiter : take_waiters(*instant)) {
        const api::JobOrigin origin{waiter.caller, api::Lane::slow};
        // Not taken: as above.
        std::ignore =
            options_.pool.post([views, answer = std::move(waiter.answer)] { answer(views); },
                               origin, Admission::always);
    }
}

void PastMetrics::give_up(const Kept& instant, const http::Problem& problem) {
    {
        const std::lock_guard lock(mutex_);
        std::erase(kept_, instant);
    }
    for (const auto& waiter : take_waiters(*instant)) waiter.refuse(problem);
}

std::vector<PastMetrics::Waiter> PastMetrics::take_waiters(Instant& instant) {
    const std::lock_guard lock(mutex_);
    instant.is_folding = false;
    return std::exchange(instant.waiters, {});
}

}  // namespace read_api
