// Every value that was reported to a metric, as it counts now: what the rules of corrections ask.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "es/event.hpp"
#include "kpi/metric_events.hpp"

namespace kpi {

// A value as it counts. Its version is that of the event that reported it.
struct CountedValue {
    es::TimePoint date{};  // when it was true
    double value = 0;
    es::Version version = 0;
};

class ReportedValues {
public:
    // Versions ascend. `recorded_at`: MetricValueUpdated::recorded_at.
    void add(const CountedValue& value, const std::optional<std::string>& comment,
             std::optional<es::TimePoint> recorded_at);
    // Of a value that was reported.
    void apply(const MetricValueCorrected& event);
    void apply(const MetricValueRetracted& event);

    struct Found {
        CountedValue value;
        std::string comment;  // empty: it has none
        bool retracted = false;
        std::optional<es::TimePoint> recorded_at = std::nullopt;
    };
    // nullopt: no event of this version reported a value.
    [[nodiscard]] std::optional<Found> find(es::Version version) const;

    // Calls `visit(value, recorded_at)` for each value that counts, in the order of versions.
    template <class Visit>
    void each(Visit visit) const {
        for (const Entry& entry : entries_) {
            if (entry.signed_version < 0) continue;
            visit(CountedValue{entry.date, entry.value, entry.signed_version},
                  recorded_at(entry.signed_version));
        }
    }

    [[nodiscard]] std::size_t bytes() const;

private:
    // 24 bytes, as a metric may have a million values.
    struct Entry {
        es::TimePoint date{};
        double value = 0;
        es::Version signed_version = 0;  // negative: the value is retracted
        [[nodiscard]] es::Version version() const {
            return signed_version < 0 ? -signed_version : signed_version;
        }
        bool operator==(const Entry&) const = default;
    };
    [[nodiscard]] std::optional<es::TimePoint> recorded_at(es::Version version) const {
        const auto recorded = recorded_at_.find(version);
        return recorded != recorded_at_.end() ? std::optional(recorded->second) : std::nullopt;
    }
    [[nodiscard]] std::vector<Entry>::const_iterator place_of(es::Version version) const;
    // Throws es::Corrupt: no event of this version reported a value.
    Entry& at(es::Version version);

    std::vector<Entry> entries_;  // ascending versions
    std::map<es::Version, std::string> comments_;
    std::map<es::Version, es::TimePoint> recorded_at_;

public:
    bool operator==(const ReportedValues&) const = default;
};

}  // namespace kpi
