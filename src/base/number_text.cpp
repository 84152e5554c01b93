#include "base/number_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace base {
namespace {

constexpr int significant_digits = 4;
constexpr double largest_plain = 1e15;
constexpr double smallest_plain = 1e-6;

std::string in_format(double value, std::chars_format format, int digits) {
    std::array<char, 400> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format, digits);
    return {text.data(), end.ptr};
}

}  // namespace

std::string number_text(double value, std::optional<std::int64_t> decimals) {
    const double size = std::abs(value);
    if (size >= largest_plain || (size > 0 && size < smallest_plain)) {
        return in_format(value, std::chars_format::scientific, significant_digits - 1);
    }
    const int before_point = size >= 1  ? static_cast<int>(std::floor(std::log10(size))) + 1
                             : size > 0 ? static_cast<int>(std::ceil(std::log10(size)))
                                        : 1;
    const int places =
        decimals ? static_cast<int>(*decimals) : std::max(significant_digits - before_point, 0);
    std::string text = in_format(value, std::chars_format::fixed, places);
    if (!decimals && text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.pop_back();
    }
    const bool is_zero = text.find_first_not_of("-0.") == std::string::npos;
    if (is_zero && text.starts_with('-')) text.erase(0, 1);
    return text;
}

}  // namespace base
