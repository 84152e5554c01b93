// The form of a file's times, as strptime writes it: %d.%m.%Y %H:%M. Only the conversions of
// `conversions` are known; others are refused, and so is a form that says no date.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "transfer/local_time.hpp"

namespace transfer {

// What messages and documents name.
inline constexpr std::string_view conversions =
    "%Y %y %m %b %B %d %e %j %q %G %V %u %H %I %M %S %p %z %s %a %A %F %T %%";

class TimeFormat {
public:
    // Throws es::Unusable when the form isn't understood.
    explicit TimeFormat(std::string form);

    // nullopt: the text hasn't the form, or is no date.
    [[nodiscard]] std::optional<LocalTime> read(std::string_view text) const;
    [[nodiscard]] const std::string& form() const { return form_; }

private:
    std::string form_;   // as it was given
    std::string plain_;  // with %F and %T written out
};

}  // namespace transfer
