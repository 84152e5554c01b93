// Tells those who wait for new events, within one process, that some were stored.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace es {

// Callable from any thread.
class CommitSignal {
public:
    void committed() {
        {
            const std::lock_guard lock(mutex_);
            ++commits_;
        }
        changed_.notify_all();
    }

    // To be asked before looking for events: none that come after the look are then missed.
    std::uint64_t commits() {
        const std::lock_guard lock(mutex_);
        return commits_;
    }

    // Runs `change` so that no wait misses it.
    void change(const std::function<void()>& change) {
        {
            const std::lock_guard lock(mutex_);
            change();
        }
        changed_.notify_all();
    }

    // Returns when there were commits since `seen`, when `until` holds, or when the time is up.
    // `until` runs under the lock that change() holds.
    void wait(std::uint64_t seen, std::chrono::milliseconds at_most,
              const std::function<bool()>& until) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, at_most, [&] { return commits_ != seen || until(); });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t commits_ = 0;
};

}  // namespace es
