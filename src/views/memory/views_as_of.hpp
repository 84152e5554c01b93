// The view of one metric as it was known at a time: what its events up to then say.
#pragma once

#include <memory>

#include "es/event_store.hpp"
#include "kpi/metric_views.hpp"

namespace views {

// Reads the metric's stream up to the first event that is later. Without a view: the metric didn't
// exist yet. Throws es::Unavailable, and es::Corrupt for an event that can't be read.
std::unique_ptr<kpi::MetricViews> views_as_of(es::EventStore& events, const kpi::MetricId& id,
                                              es::TimePoint time);

}  // namespace views
