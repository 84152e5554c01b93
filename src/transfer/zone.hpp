// Where a file's clocks stand: at an offset from UTC, or in a time zone of the IANA database, whose
// rules say for each date how far its clocks are from UTC. The database is the system's.
//
//     const auto berlin = Zone::named("Europe/Berlin");
//     berlin->instants_of(local)   // one, none (put forward over it) or two (put back)
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace date {
class time_zone;
}

namespace transfer {

class Zone {
public:
    Zone() = default;  // UTC
    // "+02:00", "-0330", "Z"; nullopt: it is none, or beyond 14 h.
    static std::optional<Zone> of_offset(std::string_view text);
    // "Europe/Berlin"; nullopt: there is none of that name. Throws es::Unusable: the system has no
    // database.
    static std::optional<Zone> named(const std::string& name);

    using LocalMs = std::chrono::local_time<std::chrono::milliseconds>;
    struct Instants {
        int count = 1;  // 0: the clocks were put forward over that time; 2: put back to before it
        base::TimePoint first{};   // with 0: when they were put forward
        base::TimePoint second{};  // with 2
    };
    // When clocks there show `time`.
    [[nodiscard]] Instants instants_of(LocalMs time) const;
    // When a day begins there: at midnight, the first one where there are two, or, where clocks are
    // put forward over midnight, then. nullopt: the zone left that day out (Samoa in 2011).
    [[nodiscard]] std::optional<base::TimePoint> start_of(std::chrono::local_days day) const;

    // As it was given, for messages.
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    std::string name_ = "UTC";
    std::chrono::minutes offset_{0};
    const date::time_zone* rules_ = nullptr;  // absent: the offset
};

}  // namespace transfer
