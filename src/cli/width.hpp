// How many columns of a terminal a text takes, and texts from outside made safe for a table.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cli {

// Wide characters (CJK, emoji) take two columns, combining marks none.
std::size_t width_of(std::string_view text);

// A text from outside for one line of a terminal: printable (base/text.hpp), and no character
// carries more than a few marks, of which a terminal would pile up any number.
inline constexpr int marks_max = 3;
std::string clean(std::string_view text);

// At most so many columns of it; what is cut ends with `ellipsis`.
std::string fitted(std::string_view text, std::size_t width, std::string_view ellipsis = "…");

}  // namespace cli
