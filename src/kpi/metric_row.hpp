// A row of a metric's history: a reported value, or a change of anything else.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "es/event.hpp"
#include "kpi/counted_values.hpp"
#include "kpi/metric_value.hpp"

namespace kpi {

// What an event changed that reported no new value: metric_change.hpp.
struct MetricChange {
    es::Version version = 0;  // of the event
    std::string json;         // the object that readers get
    bool operator==(const MetricChange&) const = default;
};

// An event leaves one row at most, so its version is the row's key. A correction leaves a change,
// and alters the row of the value that it names.
struct MetricRow {
    struct Index;  // of a history's rows: es/rows.hpp

    MetricRow(MetricValue value) : version(value.version), content_(std::move(value)) {}
    MetricRow(MetricChange change) : version(change.version), content_(std::move(change)) {}

    es::Version version;

    // Each is nullptr if the row is the other.
    [[nodiscard]] const MetricValue* value() const { return std::get_if<MetricValue>(&content_); }
    [[nodiscard]] const MetricChange* change() const {
        return std::get_if<MetricChange>(&content_);
    }
    // A value that counts.
    [[nodiscard]] bool counts() const { return value() != nullptr && !value()->retracted(); }

    bool operator==(const MetricRow&) const = default;

private:
    std::variant<MetricValue, MetricChange> content_;
};

// The values of a history, for its fold.
struct MetricRow::Index {
    CountedValues values;

    void put(const MetricRow& row);
    void remove(es::Version of);
};

// The reported ones among these rows.
inline std::vector<MetricValue> values_among(const std::vector<MetricRow>& rows) {
    std::vector<MetricValue> values;
    for (const MetricRow& row : rows) {
        if (row.value() != nullptr) values.push_back(*row.value());
    }
    return values;
}

}  // namespace kpi
