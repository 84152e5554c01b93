// The forms in which files give numbers: with a decimal point or a decimal comma, and with digits
// in groups of three. 1.000 is one or a thousand: which sign is the decimal one is said by whoever
// imports, or shown by the file beyond doubt; otherwise nothing of the file is taken.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace transfer {

enum class DecimalSign { unknown, point, comma };

struct RowValue {
    double value = 0;
    std::string fault = {};  // not empty: why there is none, "the value 'n/a' is not a number ..."
    std::string_view option = {};  // with a fault: what decides it, if anything does
};

// Whether there is none: nothing, or blanks.
bool is_blank(std::string_view text);

// Blanks around it don't matter. With a known sign the digits before it may be in groups of three,
// separated by the other sign, apostrophes or blanks. With an unknown one they may not, and a text
// that reads in two ways is a fault.
RowValue read_row_value(std::string_view text, DecimalSign sign);

// Finds out which sign a file's values have. The first value of each kind is remembered.
class DecimalSigns {
public:
    void look_at(std::size_t line, std::string_view text);

    // Why the values can't be taken: the file shows both signs, or one value may be meant in two
    // ways and no other says in which. Empty: they can.
    [[nodiscard]] std::string doubt() const;
    // With no doubt.
    [[nodiscard]] DecimalSign sign() const;

private:
    struct Seen {
        std::size_t line = 0;  // 0: none
        std::string text;
    };
    static void note(Seen& seen, std::size_t line, std::string_view text);

    Seen comma_;   // any with a comma at a digit
    Seen point_;   // its point can only be a decimal one
    Seen groups_;  // its points can only separate groups
    Seen either_;  // its point may be one or the other
};

}  // namespace transfer
