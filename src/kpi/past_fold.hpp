// All metrics as they were at a time, on the way to there: folded from all events, a piece at a
// time, so that whoever folds can let others in between.
//
//     while (fold.step()) {
//     }
//     fold.views()->list(query);
#pragma once

#include <cstddef>
#include <memory>

#include "kpi/metric_views.hpp"

namespace kpi {

class PastFold {
public:
    virtual ~PastFold() = default;

    // Folds a piece of what is left. False: nothing is, and the views have all that is recorded of
    // that time; called again later it takes in what has come since. Some milliseconds; one thread
    // at a time. Throws es::Unavailable.
    virtual bool step() = 0;
    // What was folded: documents without values. Not before step() has returned false; they may be
    // asked while it is called again.
    virtual std::shared_ptr<MetricViews> views() = 0;
    // Roughly, of memory. Not while step() runs.
    [[nodiscard]] virtual std::size_t bytes() const = 0;
};

}  // namespace kpi
