// What an event changed, as the history of a metric shows it:
//
//     {"version":13,"type":"MetricTargetUpdated","occurredOn":"2026-03-05T08:00:00.000Z",
//      "by":"Ada","reason":"New year, new shelf","from":{"target":24},"to":{"target":30}}
//
// Of a creation `from` is null and `to` has the members that it gave; of a note it is null and `to`
// is the note. Of a correction both are the value, and `of` its version.
#pragma once

#include <optional>

#include "kpi/metric_view.hpp"

namespace kpi {

// `before`: nullptr for a creation. `happened`: the event, decoded; reports no value.
MetricChange change_of(const MetricEvent& happened, const es::RecordedEvent& event,
                       const MetricDocument* before, const MetricDocument& after);
// Of a correction or retraction: the value's row before it and after it.
MetricChange change_of(const MetricEvent& happened, const es::RecordedEvent& event,
                       const MetricValue& before, const MetricValue& after);

}  // namespace kpi
