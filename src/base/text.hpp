// Small questions to texts, in ASCII alone: what the locale thinks doesn't matter.
#pragma once

#include <string>
#include <string_view>

namespace base {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = lower(c);
    return result;
}

// Without the spaces, tabs and line ends around it.
constexpr std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// A text from outside as an error message shows it: in quotes, its beginning alone when it is long,
// and without characters that would steer a terminal.
inline std::string excerpt(std::string_view text) {
    constexpr std::size_t bytes_max = 60;
    std::string shown(text.substr(0, bytes_max));
    if (text.size() > bytes_max) {
        // Not within a character: its later bytes are 10xxxxxx.
        std::size_t end = bytes_max;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
        shown.resize(end);
        shown += "…";
    }
    for (char& c : shown) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return "'" + shown + "'";
}

}  // namespace base
