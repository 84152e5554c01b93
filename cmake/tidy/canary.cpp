// Is wrong on purpose: script/tidy expects each of these findings, and fails when one is missing,
// so that a broken set-up can't pass for clean code. No program contains this file.
#include <string>
#include <utility>

namespace canary {

std::size_t used_after_move(std::string text) {
    const std::string taken = std::move(text);
    return taken.size() + text.size();  // bugprone-use-after-move
}

int divided_by_zero(int numerator) {
    const int denominator = numerator - numerator;
    return numerator / denominator;  // clang-analyzer-core.DivideZero
}

const char* nothing() {
    return 0;  // modernize-use-nullptr
}

void copied_in_a_loop(const std::pair<std::string, std::string> (&pairs)[2], std::size_t& total) {
    for (const auto pair : pairs) total += pair.first.size();  // performance-for-range-copy
}

}  // namespace canary
