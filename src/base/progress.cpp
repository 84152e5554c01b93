#include "base/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/text.hpp"

namespace base {
namespace {

constexpr std::chrono::milliseconds redraw_every{100};
constexpr std::uint64_t bar_width = 20;

std::string bar(std::uint64_t done, std::uint64_t total) {
    const auto full = done * bar_width / total;
    std::string text;
    for (std::uint64_t i = 0; i < bar_width; ++i) text += i < full ? "█" : "░";
    std::string percent = std::to_string(done * 100 / total);
    percent.insert(0, 4 - std::min<std::size_t>(percent.size(), 4), ' ');
    return text + percent + " %  ";
}

}  // namespace

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3) {
        text.insert(static_cast<std::size_t>(place), ",");
    }
    return text;
}

Progress::Progress(std::string doing, std::string unit, std::optional<std::uint64_t> total)
    : doing_(std::move(doing)),
      unit_(std::move(unit)),
      total_(total),
      terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
    erase();
}

void Progress::reached(std::uint64_t done) {
    if (!terminal_) return;
    const auto now = Clock::now();
    if (drawn_ && now - drawn_at_ < redraw_every) return;
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - began_);
    std::fprintf(stderr, "\r\033[K%s", line(doing_, unit_, done, total_, elapsed).c_str());
    std::fflush(stderr);
    drawn_ = true;
    drawn_at_ = now;
}

void Progress::say(std::string_view line) {
    erase();
    std::fprintf(stderr, "%s\n", printable(line).c_str());
}

std::string Progress::line(std::string_view doing, std::string_view unit, std::uint64_t done,
                           std::optional<std::uint64_t> total, std::chrono::milliseconds elapsed) {
    std::string text = std::string(doing) + " ";
    if (total && *total > 0) text += bar(std::min(done, *total), *total);
    text += grouped(done);
    if (total) text += " of " + grouped(*total);
    text += " " + std::string(unit);
    const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed.count(), 1));
    const auto rate = done * 1000 / ms;
    text += "  " + grouped(rate) + "/s";
    if (total && rate > 0 && *total > done) {
        text += "  " + grouped((*total - done + rate - 1) / rate) + " s left";
    }
    return text;
}

void Progress::erase() {
    if (drawn_) std::fputs("\r\033[K", stderr);
    drawn_ = false;
}

}  // namespace base
