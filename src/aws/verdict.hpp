// What an answer of a JSON 1.0 service means for the call: pure, without I/O. Private to this room.
#pragma once

#include <optional>
#include <string>

#include "base/curl/transfer.hpp"
#include "base/time.hpp"

namespace aws {

struct Verdict {
    enum class Kind {
        good,
        refused,    // would be so again
        temporary,  // nothing took effect; later it may go well
        broken,     // whether it took effect is not known
        // The credentials or the clock are not accepted; nothing took effect.
        not_accepted,
    };
    Kind kind = Kind::broken;
    std::string error;    // the service's code without what is around it, or one of ours
    std::string message;  // for the log
};

Verdict judge(const curl::Answer& answer);

// "Wed, 25 Nov 2026 08:12:31 GMT", the form of the Date header (RFC 9110, IMF-fixdate).
std::optional<base::TimePoint> parse_http_date(const std::string& text);

}  // namespace aws
