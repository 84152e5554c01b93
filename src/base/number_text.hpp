// Numbers as people read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace base {

// Four significant digits, but all of a whole number's; or as many decimals as are asked for. Very
// large and very small ones have an exponent.
std::string number_text(double value, std::optional<std::int64_t> decimals);

}  // namespace base
