// A line of values in one line of text: "▁▁▂▃▃▄".
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace cli {

// One column a value, the latest `columns_max` of them; the smallest is the lowest mark, the
// largest the highest. All equal: in the middle. `ascii`: of ASCII characters.
std::string sparkline(std::span<const double> values, std::size_t columns_max, bool ascii);

}  // namespace cli
