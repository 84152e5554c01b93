#include "projector/delivery.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "es/errors.hpp"
#include "projector/parked_log.hpp"

namespace projector {
namespace {

es::ProjectionHooks<kpi::MetricView> hooks() {
    es::ProjectionHooks<kpi::MetricView> hooks;
    hooks.on_parked = tell_parked;
    return hooks;
}

}  // namespace

Delivery::Delivery(es::EventStore& events, kpi::MetricViews& views)
    : projection_(events, views, hooks()) {}

// All at once, as that costs two questions however many events there are. What fails then is looked
// for from the first one on, by pieces that double: nothing behind it may hold up what is before
// it, and when it is the views that are away the first piece says so again.
Delivery::Delivered Delivery::apply(const std::vector<es::RecordedEvent>& events,
                                    std::chrono::steady_clock::time_point until) {
    // A rebuild may have repaired some, and other processes may have parked others.
    projection_.forget();
    Delivered delivered;
    std::size_t piece = events.size();
    while (delivered.count < events.size()) {
        piece = std::min(piece, events.size() - delivered.count);
        const auto first = events.begin() + static_cast<std::ptrdiff_t>(delivered.count);
        try {
            projection_.apply({first, first + static_cast<std::ptrdiff_t>(piece)}, {});
            delivered.count += piece;
            delivered.failure.clear();
            piece *= 2;
        } catch (const es::Unavailable& error) {
            delivered.failure = error.what();
            if (piece == 1) return delivered;
            piece = 1;
        }
        if (std::chrono::steady_clock::now() > until) break;
    }
    if (delivered.count < events.size() && delivered.failure.empty()) {
        delivered.failure = "there is no time left";
    }
    return delivered;
}

}  // namespace projector
