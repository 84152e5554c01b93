// Reports trouble to an operator, at most one line in a while: a store that fails does so for
// everybody, and the last line with a number says enough.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace es {

// How often trouble is reported, at most. What comes meanwhile is counted, and the last of it is
// reported then.
inline constexpr std::chrono::milliseconds trouble_interval{1'000};

// Not to be used by two threads at once.
class TroubleReport {
public:
    using SteadyTime = std::chrono::steady_clock::time_point;

    explicit TroubleReport(std::function<void(const std::string&)> report)
        : report_(std::move(report)) {}

    void note(const std::string& trouble) {
        last_ = trouble;
        ++untold_;
    }
    [[nodiscard]] bool is_waiting() const { return untold_ > 0; }

    void report_if_due(SteadyTime now) {
        if (untold_ > 0 && now >= next_) report(now);
    }
    void report(SteadyTime now) {
        if (untold_ == 0) return;
        next_ = now + trouble_interval;
        const std::size_t more = std::exchange(untold_, 0) - 1;
        try {
            report_(more == 0 ? last_
                              : last_ + " (and " + std::to_string(more) +
                                    " like it since the last such line)");
        } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to notify
        }
    }

private:
    std::function<void(const std::string&)> report_;
    SteadyTime next_{};
    std::string last_;
    std::size_t untold_ = 0;
};

}  // namespace es
