// One metric as an import sees it through the two APIs: made when it is wanted, its latest version,
// the values that it has, and new ones sent so that none is recorded twice.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
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

// The body of the command that creates it.
std::string creation_body(const std::string& id, const MetricProps& props);
inline constexpr const char* creation_command = "CreateMetricCommand";

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

using TimedValue = std::pair<base::TimePoint, double>;
struct StoredValues {
    std::vector<TimedValue> counted;  // by time; of one time, in the order of recording
    // As they were reported at first: those that were corrected since, or taken back.
    std::vector<TimedValue> amended;
};

// More than values_max are es::Unusable: they must fit into memory.
inline constexpr std::size_t values_max = 5'000'000;
// Those of the view once it has reached `version`. Throws es::Unavailable when it doesn't.
StoredValues read_values(PatientClient& read, const std::string& id, es::Version version);

// The key of a value that is reported for a metric: the same one wherever it comes from.
// `occurrence`: which of a file's equal ones it is, from 1.
std::string value_key(const std::string& id, const TimedValue& value, std::size_t occurrence = 1);

// Where many values are reported in one request, a line each; and the line for one.
inline constexpr const char* values_path = "/values";
std::string value_line(const std::string& id, const TimedValue& value, std::size_t occurrence);

// What the answer to a line means; nullopt: a write API never answers this.
enum class Report {
    recorded,
    was_there,
    refused,   // `why`
    undecided  // `why`: it may be another one later
};
struct Reported {
    Report outcome = Report::recorded;
    std::string why = {};
};
std::optional<Reported> read_reported(const json::Value& line);

}  // namespace transfer
