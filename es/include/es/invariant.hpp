// What must hold whatever comes from outside, checked where a bug would otherwise be stored,
// answered or shown:
//
//     es::invariant(event.version == expected + 1, "an append's versions are contiguous");
//
// On in every build, and cheap: one comparison, no allocation while it holds. Never for what a
// caller, a file or another process may do: that is an error with a name (errors.hpp), or an
// outcome.
//
// A failure throws, so that what is at hand is given up before it is stored: a command that is
// being decided fails, a projection keeps its checkpoint and tries again, a stream whose fold is
// wrong is parked. Nobody catches it where no command and no event can be blamed (a shard's own
// bookkeeping): there it ends the process, as what is in memory can't be trusted; what was
// acknowledged is stored.
#pragma once

#include <stdexcept>

namespace es {

class BrokenInvariant : public std::logic_error {
    using std::logic_error::logic_error;
};

// `what` must hold: a sentence without its full stop.
inline void invariant(bool holds, const char* what) {
    if (!holds) [[unlikely]]
        throw BrokenInvariant(what);
}

}  // namespace es
