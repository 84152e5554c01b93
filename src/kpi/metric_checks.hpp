// Rules that more than one command is judged by. Private to this room; docs/http.md has them all.
#pragma once

#include "kpi/metric.hpp"

namespace kpi {

// `member`: of the command, which the deadline closes.
Metric::Check deadline_passed(const char* member);
Metric::Check check_archived(const Metric& metric);
Metric::Check check_deadline(TimePoint deadline, TimePoint now);
Metric::Check check_target(const Metric& metric);
// What must hold of the goal as a whole, after all that a command changes.
Metric::Check check_goal(const Metric& metric);
// Of its times alone: values that came since may not fit its targets any more.
Metric::Check check_times(const Metric& metric);
// Of a reported value, as completed_value() gives it.
Metric::Check check_value(const Metric& metric, const MetricValueUpdated& event, es::Times times);

// With the server's time, where clocks differ.
MetricValueUpdated completed_value(const Metric& metric, MetricValueUpdated event, es::Times times);

// Whether a goal that had no end is to be reached from now on.
Metric::Check check_end(const Metric& before, const Metric& after);

}  // namespace kpi
