// A metric as the design's words say it, written a second time: slow, obvious, and without a line
// of the code that it is compared with. It looks through all events for each answer.
#pragma once

#include <optional>
#include <vector>

#include "es/event.hpp"
#include "kpi/metric_view.hpp"

namespace kpi::testing {

class NaiveMetric {
public:
    void add(MetricEvent event, es::TimePoint on) { history_.push_back({std::move(event), on}); }

    [[nodiscard]] bool empty() const { return history_.empty(); }
    // What readers must see. Not to be asked while it is empty.
    [[nodiscard]] MetricDocument document() const;
    // Every reported value, also those that were taken back.
    [[nodiscard]] std::vector<MetricValue> rows() const;
    // Of a counter: each value that counts lies between 0 and the current one.
    [[nodiscard]] bool counts_up() const;

private:
    struct Happened {
        MetricEvent event;
        es::TimePoint on{};
    };
    std::vector<Happened> history_;  // versions 1, 2, ...
};

// Whether the goal may have this status at a time. The pace is compared a thousandth of a
// millisecond around it too, as numbers aren't exact.
bool may_have_status(const Metric& metric, es::TimePoint now, Status status);

}  // namespace kpi::testing
