#include "cli/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace cli {
namespace {

constexpr std::size_t levels = 8;
constexpr std::array<const char*, levels> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<const char*, levels> signs{"_", ".", ",", "-", "~", "=", "*", "#"};
constexpr std::size_t middle = 3;

}  // namespace

std::string sparkline(std::span<const double> values, std::size_t columns_max, bool ascii) {
    if (values.empty() || columns_max == 0) return {};
    const auto shown = values.last(std::min(columns_max, values.size()));
    const auto [low, high] = std::ranges::minmax(shown);
    const auto& marks = ascii ? signs : blocks;
    std::string line;
    for (const double value : shown) {
        // Halved, since the difference of two doubles may be too large for one.
        const double range = high / 2 - low / 2;
        const double share = range > 0 ? (value / 2 - low / 2) / range : 0;
        const auto level = static_cast<std::size_t>(std::lround(share * (levels - 1)));
        line += marks[range > 0 ? std::min(level, levels - 1) : middle];
    }
    return line;
}

}  // namespace cli
