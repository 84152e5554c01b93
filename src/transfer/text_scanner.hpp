// Reads small pieces from the front of a text. What isn't there is not taken.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/text.hpp"

namespace transfer {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class TextScanner {
public:
    explicit TextScanner(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool take_any_of(std::string_view characters) {
        return !rest_.empty() && characters.find(rest_.front()) != std::string_view::npos &&
               take(rest_.front());
    }
    // Whether there were any.
    bool take_blanks() {
        bool any = false;
        while (take_any_of(" \t")) any = true;
        return any;
    }
    // A number of at least and at most so many digits.
    std::optional<int> number(std::size_t digits_min, std::size_t digits_max) {
        const auto digits =
            static_cast<std::size_t>(std::ranges::find_if_not(rest_, is_digit) - rest_.begin());
        if (digits < digits_min || digits_min == 0) return std::nullopt;
        int value = 0;
        const std::size_t taken = std::min(digits, digits_max);
        for (const char c : rest_.substr(0, taken)) value = value * 10 + (c - '0');
        rest_.remove_prefix(taken);
        return value;
    }
    // The first three of some digits, as the part of a second that they are.
    std::optional<std::chrono::milliseconds> fraction() {
        int value = 0;
        std::size_t count = 0;
        for (; is_digit(peek()); ++count) {
            if (count < 3) value = value * 10 + (peek() - '0');
            rest_.remove_prefix(1);
        }
        if (count == 0) return std::nullopt;
        for (; count < 3; ++count) value *= 10;
        return std::chrono::milliseconds(value);
    }
    // The index of the longest of the words that is there, in any case (ASCII).
    std::optional<std::size_t> one_of(std::span<const std::string_view> words) {
        std::optional<std::size_t> found;
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (found && words[i].size() <= words[*found].size()) continue;
            if (base::lower(rest_.substr(0, words[i].size())) == base::lower(words[i])) found = i;
        }
        if (found) rest_.remove_prefix(words[*found].size());
        return found;
    }

private:
    std::string_view rest_;
};

}  // namespace transfer
