// Progress of long work, for a person at a terminal: one line on stderr that is redrawn. In a pipe
// it says nothing.
//
//     base::Progress progress("rebuild", "events", total);
//     progress.reached(done);   // as often as you like
//
//     rebuild ██████████░░░░░░░░░░  51 %  512,000 of 1,000,000 events  310,000/s  2 s left
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

// "1,234,567"
std::string grouped(std::uint64_t number);

// Used by one thread at a time.
class Progress {
public:
    // `total` absent: not known, no bar then.
    Progress(std::string doing, std::string unit, std::optional<std::uint64_t> total);
    ~Progress();  // takes the line away
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void reached(std::uint64_t done);

    // Takes the line away; for what is printed at the end.
    void done() { erase(); }

    // Prints a line of its own on stderr (also in a pipe), above the bar, made printable.
    void say(std::string_view line);

    // The line as it is drawn; for tests.
    static std::string line(std::string_view doing, std::string_view unit, std::uint64_t done,
                            std::optional<std::uint64_t> total, std::chrono::milliseconds elapsed);

private:
    using Clock = std::chrono::steady_clock;
    void erase();

    const std::string doing_;
    const std::string unit_;
    const std::optional<std::uint64_t> total_;
    const bool terminal_;
    const Clock::time_point began_ = Clock::now();
    Clock::time_point drawn_at_;
    bool drawn_ = false;
};

}  // namespace base
