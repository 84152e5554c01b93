// Small questions to texts: what the locale thinks doesn't matter.
#pragma once

#include <algorithm>
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

// Whether `text` holds `part` anywhere, ASCII letters in either case. A NUL is a character.
inline bool contains_ignoring_case(std::string_view text, std::string_view part) {
    const auto same = [](char a, char b) { return lower(a) == lower(b); };
    return part.empty() || !std::ranges::search(text, part, same).empty();
}

// Without the spaces, tabs and line ends around it.
constexpr std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// Whether it is well-formed UTF-8.
bool is_utf8(std::string_view text);

// A text from outside as it may go to a terminal: line breaks and tabs are spaces, and U+FFFD
// stands for what would steer the terminal or mislead its reader: control characters (C0, DEL, C1),
// marks that turn the direction of writing, what is not UTF-8.
std::string printable(std::string_view text);
// The same for several lines: line feeds and tabs stay.
std::string printable_lines(std::string_view text);

// A text from outside as an error message shows it: printable, in quotes, its beginning alone when
// it is long.
std::string excerpt(std::string_view text);

}  // namespace base
