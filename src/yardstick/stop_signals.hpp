// The signals that end the program (SIGTERM, SIGINT), taken by whoever waits for them instead of by
// a handler.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <chrono>

namespace yardstick {

class StopSignals {
public:
    // To be made before any thread, so that all of them leave these signals alone.
    StopSignals() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGTERM);
        sigaddset(&signals_, SIGINT);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    }

    void wait() const {
        int signal = 0;
        while (sigwait(&signals_, &signal) != 0) {
        }
    }

    // True when one came in this time.
    [[nodiscard]] bool wait_for(std::chrono::milliseconds at_most) const {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at_most);
        const timespec time{seconds.count(), std::chrono::nanoseconds(at_most - seconds).count()};
        return sigtimedwait(&signals_, nullptr, &time) > 0;
    }

    // From here on a signal ends the process at once: somebody is in a hurry.
    void release() const { pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); }

private:
    sigset_t signals_{};
};

}  // namespace yardstick
