// Keeps views up to date: reads a feed and applies what comes, on a thread of its own. When the
// store of views fails it blocks, tries again with growing pauses, and loses nothing.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "es/errors.hpp"
#include "es/event_feed.hpp"
#include "es/projection.hpp"

namespace es {

struct ProjectionLoopOptions {
    std::size_t batch_events_max = 5'000;
    // Also how soon requests to the view store's upkeep() are seen when no events come.
    std::chrono::milliseconds poll_time_max{250};
    // Under load, saves are at least so far apart (full batches aside): one save of many events
    // costs much less than many of few. The interval grows until applying and saving take no more
    // than a quarter of the time, so that those who write have the rest. After a quiet time an
    // event is applied at once.
    std::chrono::milliseconds save_interval_min{20};
    std::chrono::milliseconds save_interval_max{200};
    // How often a standby asks whether it is the active projector now.
    std::chrono::milliseconds standby_pause{500};
    std::chrono::milliseconds pause_first{50};
    std::chrono::milliseconds pause_max{10'000};
    // A failure that is being retried; not called again for the same text until it went well.
    std::function<void(const std::string&)> on_failure = [](const std::string&) {};
    std::function<void()> on_recovered = [] {};
    // Rebuilds all views from the store when the feed's retention is exceeded; `why` is what
    // Trimmed said. Returns early when `stop` says so. Throws Unavailable.
    std::function<void(const std::string& why, const std::function<bool()>& stop)> rebuild_all =
        [](const std::string& why, const std::function<bool()>&) {
            throw Unavailable("nothing rebuilds the views: " + why);
        };
    // Parked streams were tried again; events come next. Again when other views were taken over.
    std::function<void()> on_start = [] {};
};

template <class View>
class ProjectionLoop {
public:
    ProjectionLoop(Projection<View>& projection, EventFeed& feed, ViewStore<View>& views,
                   ProjectionLoopOptions options)
        : projection_(projection),
          feed_(feed),
          views_(views),
          options_(std::move(options)),
          thread_([this] { run(); }) {}

    ~ProjectionLoop() { stop(); }

    // Finishes the batch at hand and ends.
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        stop_asked_.notify_all();
        feed_.wake();
        if (thread_.joinable()) thread_.join();
    }

    [[nodiscard]] std::uint64_t events_applied() const { return applied_; }

private:
    void run() {
        auto next_save = std::chrono::steady_clock::now();
        while (!wait_until(next_save)) {
            if (!retry([&] { next_save = apply_next(); })) return;
        }
    }

    // Applies one batch, and returns when the next may be saved.
    std::chrono::steady_clock::time_point apply_next() {
        if (!look_after_views()) return std::chrono::steady_clock::now() + options_.standby_pause;
        FeedBatch batch;
        try {
            // Rebuilds don't wait for events.
            const auto wait = rebuilding_ ? std::chrono::milliseconds(0) : options_.poll_time_max;
            batch = feed_.poll(checkpoints_, options_.batch_events_max, wait);
        } catch (const Trimmed& trimmed) {
            start_over(trimmed.what());
            return std::chrono::steady_clock::now();
        }
        const auto began = std::chrono::steady_clock::now();
        if (batch.events.empty() && batch.reached.empty()) return began;
        projection_.apply(batch.events, batch.reached);
        applied_ += batch.events.size();
        for (const auto& [partition, position] : batch.reached) checkpoints_[partition] = position;
        if (batch.events.size() >= options_.batch_events_max) return began;
        const auto took = std::chrono::steady_clock::now() - began;
        return began + std::clamp<std::chrono::steady_clock::duration>(
                           4 * took, options_.save_interval_min, options_.save_interval_max);
    }

    // What comes before each batch. When it fails in the middle, the next call does the rest.
    // False: another process is the active projector.
    bool look_after_views() {
        const auto stop = [this] { return stopping_.load(); };
        const Upkeep upkeep = views_.upkeep(stop);
        if (upkeep.next != Upkeep::Next::apply) begun_ = false;
        if (upkeep.next == Upkeep::Next::stand_by) return false;
        if (!begun_) {
            projection_.forget();
            checkpoints_ = views_.checkpoints();
            projection_.heal(stop);
            begun_ = true;
            options_.on_start();
        }
        rebuilding_ = !upkeep.rebuild.empty();
        for (const StreamId& id : upkeep.rebuild) {
            if (stopping_) return true;
            projection_.rebuild(id);
            views_.rebuilt(id);
        }
        return true;
    }

    // Rebuilds everything from the store. The checkpoints are saved last: they never pass an event
    // that nobody applied, and a rebuild that did not end is begun again.
    void start_over(const std::string& why) {
        ViewSave<View> save;
        save.checkpoints = feed_.current_position();
        // This takes long. What failed before works again now, unless it was the rebuild itself.
        if (!rebuild_failed_) recovered();
        rebuild_failed_ = true;
        options_.rebuild_all(why, [this] { return stopping_.load(); });
        rebuild_failed_ = false;
        if (stopping_) return;
        views_.save(save);
        begun_ = false;
        look_after_views();
    }

    // Until it succeeds (true) or the loop is stopped (false). Anything that is thrown is retried:
    // stopping without a word is the worst that a projection can do.
    template <class Action>
    bool retry(Action action) {
        for (auto pause = options_.pause_first;; pause = std::min(2 * pause, options_.pause_max)) {
            try {
                action();
                recovered();
                return true;
            } catch (...) {
                const std::string why = current_error();
                if (std::exchange(told_, why) != why) tell_failure(why);
            }
            if (wait_until(std::chrono::steady_clock::now() + pause)) return false;
        }
    }

    void tell_failure(const std::string& why) {
        try {
            options_.on_failure(why);
        } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to notify
        }
    }

    void recovered() {
        if (!std::exchange(told_, {}).empty()) options_.on_recovered();
    }

    // True when the loop is stopped, at the latest at that time.
    bool wait_until(std::chrono::steady_clock::time_point time) {
        std::unique_lock lock(mutex_);
        return stop_asked_.wait_until(lock, time, [this] { return stopping_.load(); });
    }

    Projection<View>& projection_;
    EventFeed& feed_;
    ViewStore<View>& views_;
    ProjectionLoopOptions options_;

    std::mutex mutex_;
    std::condition_variable stop_asked_;
    std::atomic<bool> stopping_ = false;  // set under the mutex
    std::atomic<std::uint64_t> applied_{0};

    // The thread's.
    Checkpoints checkpoints_;
    bool begun_ = false;  // on the views that are in place
    bool rebuild_failed_ = false;
    bool rebuilding_ = false;  // upkeep() asked for rebuilds, and may ask for more
    std::string told_;         // the failure that was told last; empty: it went well since

    std::thread thread_;  // last: it uses all of the above
};

}  // namespace es
