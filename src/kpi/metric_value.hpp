// One reported value: a history row of a metric's view.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "es/event.hpp"

namespace kpi {

// What few values have.
struct ValueNotes {
    std::string comment;  // empty: none
    // MetricValueUpdated::recorded_at.
    std::optional<es::TimePoint> recorded_at = std::nullopt;
    // The latest correction or retraction: its version, and what was reported at first.
    struct Amendment {
        es::Version version = 0;
        double value = 0;
        es::TimePoint date{};
        std::string reason;
        bool operator==(const Amendment&) const = default;
    };
    std::optional<Amendment> amended = std::nullopt;
    bool retracted = false;  // it doesn't count

    bool operator==(const ValueNotes&) const = default;
};

// As they are stored: JSON. from_json() throws es::Corrupt.
std::string to_json(const ValueNotes& notes);
ValueNotes notes_from_json(std::string_view json);

struct MetricValue {
    double value = 0;         // as it counts
    es::TimePoint date{};     // when it was true: observedAt, else when it was recorded
    es::Version version = 0;  // of the event that reported it
    std::shared_ptr<const ValueNotes> notes = nullptr;

    [[nodiscard]] bool retracted() const { return notes != nullptr && notes->retracted; }
    bool operator==(const MetricValue& other) const {
        const bool same_notes =
            notes == other.notes ||
            (notes != nullptr && other.notes != nullptr && *notes == *other.notes);
        return value == other.value && date == other.date && version == other.version && same_notes;
    }
};

}  // namespace kpi
