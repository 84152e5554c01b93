// What a member of an event or a command may hold when it is asked for: attributes of its
// description (es/described.hpp), read by whoever takes requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace kpi {

// The length of a text, in Unicode code points.
struct TextRule {
    std::size_t max;
    bool lines = false;  // may hold \n and \t
};

// A text of a form: words for tags, addresses for links.
enum class TextForm {
    tag,  // [a-z0-9][a-z0-9._-]{0,39}
    url,  // http or https, without blanks
};
struct FormRule {
    TextForm form;
    std::size_t max;
};

// Magnitudes that every store can hold; 0 is fine as well. Numbers need no attribute.
inline constexpr double number_min = 1e-100;
inline constexpr double number_max = 1e100;
constexpr bool is_in_range(double number) {
    const double magnitude = number < 0 ? -number : number;
    return !(magnitude > 0) || (magnitude >= number_min && magnitude <= number_max);
}
// Not below 0.
struct NotNegative {};

struct IntegerRule {
    std::int64_t min;
    std::int64_t max;
};

// The number of items in a list; and whether each may stand in it once only.
struct ListRule {
    std::size_t max;
    bool unique = false;
};

// A time; a date alone means its start or its end. It is the time's form in payloads, too.
struct TimeRule {
    base::DateAlone date_alone;

    [[nodiscard]] static std::string write(base::TimePoint time) { return base::format_time(time); }
    [[nodiscard]] std::optional<base::TimePoint> read(std::string_view text) const {
        return base::parse_time(text, date_alone);
    }
    [[nodiscard]] static std::string expected() { return "a time"; }
};

// Of a merge patch: null is the same as its absence.
struct NullIsAbsent {};

// Nobody asks for it: the server adds it.
struct AddedByServer {};

// The name of the command that a struct is read from.
struct CommandName {
    std::string_view name;
};

}  // namespace kpi
