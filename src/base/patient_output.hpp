// Writes to a descriptor that may not take anything for a while (a pipe that nobody reads, a
// stopped terminal), and gives up when its time is over, also in the middle of a
// write.
//
//     PatientOutput output(STDERR_FILENO);
//     output.write("a line\n");                      // waits as long as it takes
//     output.wait_at_most(std::chrono::seconds(1));  // by another thread: write() then returns
#pragma once

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <string_view>

namespace base {

class PatientOutput {
public:
    explicit PatientOutput(int descriptor) : descriptor_(descriptor) {}

    // From now on all writes together, also one that waits just now, wait no longer than this. Any
    // thread.
    void wait_at_most(std::chrono::milliseconds time) {
        give_up_at_ = (Clock::now() + time).time_since_epoch().count();
    }
    void wait_without_limit() { give_up_at_ = never; }

    // False when not all of it was written: the time is over, or the descriptor takes no more. Not
    // to be called twice at once.
    bool write(std::string_view text) {
        while (!text.empty()) {
            if (!wait_until_writable()) return false;
            // A pipe that is writable takes this many bytes without waiting (pipe(7)).
            const std::size_t size = std::min<std::size_t>(text.size(), PIPE_BUF);
            const ssize_t written = ::write(descriptor_, text.data(), size);
            if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
            text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
        }
        return true;
    }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr Clock::rep never = Clock::duration::max().count();
    // How soon a waiting write sees that it should give up.
    static constexpr int look_every_ms = 50;

    [[nodiscard]] bool wait_until_writable() const {
        for (;;) {
            const bool over = Clock::now().time_since_epoch().count() >= give_up_at_;
            pollfd writable{descriptor_, POLLOUT, 0};
            if (::poll(&writable, 1, over ? 0 : look_every_ms) == 1) return true;
            if (over) return false;
        }
    }

    int descriptor_;
    std::atomic<Clock::rep> give_up_at_ = never;
};

}  // namespace base
