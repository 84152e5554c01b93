// Every value that was reported to a metric, as it counts now: what the rules of corrections ask.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "es/event.hpp"
#include "kpi/counted_values.hpp"
#include "kpi/metric_events.hpp"

namespace kpi {

class ReportedValues {
public:
    // Versions ascend. `recorded_at`: MetricValueUpdated::recorded_at.
    void add(const CountedValue& value, const std::optional<std::string>& comment,
             std::optional<es::TimePoint> recorded_at);
    // Of a value that was reported, else they throw es::Corrupt.
    void apply(const MetricValueCorrected& event);
    void apply(const MetricValueRetracted& event);
    // The metric's start.
    void set_start(es::TimePoint start) { values_.set_start(start); }

    struct Found {
        CountedValue value;
        std::string comment;  // empty: it has none
        bool retracted = false;
    };
    // nullopt: no event of this version reported a value.
    [[nodiscard]] std::optional<Found> find(es::Version version) const;

    [[nodiscard]] const CountedValues& counted() const { return values_; }
    [[nodiscard]] std::size_t bytes() const;

    bool operator==(const ReportedValues&) const = default;

private:
    // Throws es::Corrupt: no event of this version reported a value.
    [[nodiscard]] CountedValue at(es::Version version) const;

    CountedValues values_;
    std::map<es::Version, std::string> comments_;
};

}  // namespace kpi
