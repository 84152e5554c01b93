// The views of all metrics as they were known at a time (kpi::PastFold).
#pragma once

#include <memory>

#include "es/event_order.hpp"
#include "es/event_store.hpp"
#include "kpi/past_fold.hpp"

namespace views {

// Events pass once, in their order; of a stream only the document is kept. A stream whose fold
// needs its history (corrections), or whose events can't be read to the end, is folded alone
// afterwards: memory holds the documents, and one stream's values at a time. A metric with an event
// that can't be read is shown as it was before it, as by a projector.
std::unique_ptr<kpi::PastFold> fold_past(es::EventOrder& order, es::EventStore& events,
                                         es::TimePoint time);

}  // namespace views
