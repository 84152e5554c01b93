#include "yardstick/rebuild_run.hpp"

#include "es/errors.hpp"

namespace yardstick {

void require_not_parked(kpi::MetricViews& views, const std::string& metric) {
    if (const auto parked = views.parked_entry(metric)) {
        throw es::Unavailable("'" + metric + "' is parked at version " +
                              std::to_string(parked->version) + ": " + parked->reason + ".");
    }
}

}  // namespace yardstick
