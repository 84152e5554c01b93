// The events of a store as they are recorded, as lines of JSON, for as long as somebody reads.
#pragma once

#include <functional>
#include <optional>

#include "es/event_feed.hpp"
#include "transfer/exports.hpp"
#include "transfer/output.hpp"

namespace transfer {

struct TailOptions {
    // Where to begin; asked again for as long as it throws es::Unavailable.
    std::function<es::Checkpoints()> begin;
    std::optional<es::StreamId> only;  // of one metric alone
    std::function<bool()> stop_asked;  // looked at several times a second
    OnLeftOut on_left_out;
};

// Each batch of events is written out at once. Waits for a store that isn't there yet, or that
// can't be read for a while. Returns when it is asked to stop, or the reader has gone; throws
// es::Unusable when the output can't be written.
void tail(es::EventFeed& feed, const TailOptions& options, Output& out);

}  // namespace transfer
