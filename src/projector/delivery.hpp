// Folds events into the metric views that are pushed, as AWS Lambda pushes those of a shard: in
// their order, again and again until all are dealt with. Nothing is remembered in between.
//
//     projector::Delivery delivery(store, views);
//     const auto delivered = delivery.apply(events, deadline);
//     if (delivered.count < events.size()) again(events[delivered.count], delivered.failure);
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "es/event_store.hpp"
#include "es/projection.hpp"
#include "kpi/metric_views.hpp"

namespace projector {

// Not to be used by two threads at once; any number of processes may do the same to the same views.
// What is given must outlive it.
class Delivery {
public:
    // Gaps are read from `events`.
    Delivery(es::EventStore& events, kpi::MetricViews& views);

    struct Delivered {
        std::size_t count = 0;  // so many of the first events are applied, or durably parked
        std::string failure;    // why the next one isn't; empty: there is none
    };
    // Applies one after the other until one can't be applied now. No further attempt is begun after
    // `until`; each can take some seconds, and longer where a metric's long history is missing.
    Delivered apply(const std::vector<es::RecordedEvent>& events,
                    std::chrono::steady_clock::time_point until);

private:
    es::Projection<kpi::MetricView> projection_;
};

}  // namespace projector
