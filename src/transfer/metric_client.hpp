// One metric as an import sees it through the two APIs: made when it is wanted, its latest version,
// the values that it has, and new ones sent so that none is recorded twice.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "es/event.hpp"
#include "kpi/metric.hpp"
#include "transfer/patient_client.hpp"

namespace transfer {

// What a metric is created with; as given by a person, the server judges it.
struct MetricProps {
    std::string name;
    std::string description;
    double target = 0;
    std::string unit;
    std::string deadline;
    kpi::MetricKind kind = kpi::MetricKind::counter;
};

// Creates the metric unless it exists. Returns its version now, and whether it is new. Throws
// es::Unusable when the server refuses the props.
struct Created {
    es::Version version = 0;
    bool is_new = false;
};
Created create_metric(PatientClient& write, const std::string& id, const MetricProps& props);

// The metric's version now, from the write API: no view can be behind it. Records nothing. nullopt:
// there is no such metric.
std::optional<es::Version> latest_version(PatientClient& write, const std::string& id);

// Waits until the view has reached `version`. Throws es::Unavailable when it doesn't.
kpi::MetricKind metric_kind(PatientClient& read, const std::string& id, es::Version version);

// By time. More than values_max are es::Unusable: they must fit into memory.
inline constexpr std::size_t values_max = 5'000'000;
using TimedValue = std::pair<base::TimePoint, double>;
std::vector<TimedValue> read_values(PatientClient& read, const std::string& id,
                                    es::Version version);

enum class Report { recorded, was_there, refused };
struct Reported {
    Report outcome = Report::recorded;
    std::string why;  // with `refused`
};
// Sends a value with a key that is made of metric, time and value, so that the server knows a
// repeat. Throws es::Unavailable.
Reported report_value(PatientClient& write, const std::string& id, const TimedValue& value);

}  // namespace transfer
