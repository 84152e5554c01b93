#include "write_api/line_order.hpp"

#include <algorithm>

namespace write_api {

std::variant<LineOrder::Chain, std::int64_t> LineOrder::begin(const std::string& id) {
    const std::lock_guard lock(mutex_);
    Metric& metric = metrics_[id];
    if (metric.undecided != 0) return metric.undecided;
    ++metric.in_flight;
    return metric.chain;
}

void LineOrder::take_back(const std::string& id) {
    const std::lock_guard lock(mutex_);
    end_one(metrics_.find(id));
}

std::int64_t LineOrder::settle(const std::string& id, std::int64_t line,
                               const es::CommandResult& result) {
    const std::lock_guard lock(mutex_);
    const auto found = metrics_.find(id);
    Metric& metric = found->second;
    const std::int64_t before = metric.undecided;
    if (!result.decided()) {
        // Outcomes may come in another order than the lines.
        if (before == 0) ++undecided_;
        metric.undecided = before == 0 ? line : std::min(before, line);
    }
    end_one(found);
    return result.status == es::CommandStatus::held_back ? before : 0;
}

bool LineOrder::has_too_many_undecided() const {
    const std::lock_guard lock(mutex_);
    return undecided_ > undecided_metrics_max;
}

void LineOrder::end_one(Metrics::iterator metric) {
    if (--metric->second.in_flight == 0 && metric->second.undecided == 0) metrics_.erase(metric);
}

}  // namespace write_api
