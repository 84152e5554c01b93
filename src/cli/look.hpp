// What the output can show: colours and symbols on a terminal, plain text in a pipe.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

enum class Colour { none, good, warning, bad, done, soft };

struct Look {
    bool terminal = false;
    bool colours = false;
    bool ascii = false;                // only ASCII of our own; texts from outside stay as they are
    std::optional<std::size_t> width;  // in columns; nullopt: nothing is cut

    [[nodiscard]] std::string coloured(std::string_view text, Colour colour) const;
    [[nodiscard]] const char* ellipsis() const { return ascii ? ".." : "…"; }
};

// The variable's value, or nullptr.
using Environment = std::function<const char*(const char*)>;

// Of a terminal `width` columns wide. NO_COLOR (https://no-color.org), and a TERM that is "dumb" or
// empty, take the colours away.
Look look_of_terminal(std::optional<std::size_t> width, bool ascii, const Environment& environment);

// Of the standard output.
Look look_of_output(bool ascii);

}  // namespace cli
