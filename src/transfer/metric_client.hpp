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

// Waits until the view has reached `version`. Throws es::Unavailable when it doesn't.
kpi::MetricKind metric_kind(PatientClient& read, const std::string& id, es::Version version);

using TimedValue = std::pair<base::TimePoint, double>;
struct StoredValues {
    std::vector<TimedValue> counted;  // by time; of one time, in the order of recording
    // As they were reported at first: those that were corrected since, or taken back.
    std::vector<TimedValue> amended;
};

// More than values_max are es::Unusable: they must fit into memory.
inline constexpr std::size_t values_max = 5'000'000;
StoredValues read_values(PatientClient& read, const std::string& id, es::Version version);

// The key of a value that is reported for a metric: the same one wherever it comes from.
// `occurrence`: which of a file's equal ones it is, from 1.
std::string value_key(const std::string& id, const TimedValue& value, std::size_t occurrence = 1);

// A command that reports a value, with a key that is made of metric, time, value and `occurrence`
// (which of the file's equal ones it is, from 1), so that the server knows a repeat.
struct ValueCommand {
    std::string body;
    http::Headers headers;
};
inline constexpr const char* value_command_path = "/metrics/UpdateMetricValueCommand";
// `expected`: the version that the metric must have then.
ValueCommand value_command(const std::string& id, const TimedValue& value, std::size_t occurrence,
                           std::optional<es::Version> expected);

// What an answer to it means; nullopt: something else than is expected of a write API.
enum class Report { recorded, was_there, refused, stale };
struct Reported {
    Report outcome = Report::recorded;
    es::Version version = 0;  // with `recorded`: of the event; with `stale`: of the metric
    std::string why = {};     // with `refused`
};
std::optional<Reported> read_reported(const http::Response& response);

}  // namespace transfer
