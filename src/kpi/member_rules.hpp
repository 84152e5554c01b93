// What a member of an event may hold when it is asked for: attributes of its description
// (es/described.hpp), read by whoever takes requests.
#pragma once

#include <cstddef>
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

// Magnitudes that every store can hold; 0 is fine as well. Numbers need no attribute.
inline constexpr double number_min = 1e-100;
inline constexpr double number_max = 1e100;

// A time; a date alone means its start or its end. It is the time's form in payloads, too.
struct TimeRule {
    base::DateAlone date_alone;

    [[nodiscard]] static std::string write(base::TimePoint time) { return base::format_time(time); }
    [[nodiscard]] std::optional<base::TimePoint> read(std::string_view text) const {
        return base::parse_time(text, date_alone);
    }
    [[nodiscard]] static std::string expected() { return "a time"; }
};

// Nobody asks for it: the server adds it.
struct AddedByServer {};

// The name of the command that proposes an event.
struct CommandName {
    std::string_view name;
};

}  // namespace kpi
