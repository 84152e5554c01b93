// A metric's document as the read API answers it, with what the commands look at by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "kpi/goal.hpp"

namespace cli {

// What will change if nothing is reported.
struct Coming {
    base::TimePoint at{};
    std::optional<kpi::Status> status;  // nullopt: it will be stale
};

struct Metric {
    std::string id;
    std::int64_t version = 0;
    std::string name;
    std::string description;
    std::string unit;
    std::string owner;
    std::vector<std::string> tags;
    kpi::MetricKind kind = kpi::MetricKind::counter;
    kpi::Direction direction = kpi::Direction::at_least;
    kpi::GoalMode mode = kpi::GoalMode::reach;
    double target = 0;
    double value = 0;  // the current one; says nothing while there are no values
    std::optional<base::TimePoint> value_date;
    std::int64_t value_version = 0;
    std::int64_t values_total = 0;
    base::TimePoint start{};
    base::TimePoint deadline{};
    std::optional<double>
        baseline;  // that the pace is counted from; nullopt: there is no way to go
    std::optional<double> progress;  // of that way
    std::optional<std::int64_t> decimals;
    std::optional<kpi::Status> status;  // nullopt: of a server that doesn't know statuses
    std::vector<Coming> ahead;
    base::TimePoint attention{};
    std::optional<base::TimePoint> due_from;
    std::optional<base::TimePoint> stale_from;
    bool stale = false;
    bool archived = false;
    std::vector<double> recent;  // by date, where they were asked for
    json::Value document;        // all of it

    [[nodiscard]] bool has_value() const { return values_total > 0; }
    [[nodiscard]] bool has_end() const;
};

// Members that are missing, or something else than they should be, have their defaults.
Metric metric_of(json::Value document);

}  // namespace cli
