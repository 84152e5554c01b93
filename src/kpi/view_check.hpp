// Comparing views with what their events say: what every store's check reports, and how.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kpi/metric_fields.hpp"

namespace kpi {

struct ViewDifference {
    MetricId id;
    std::string what;  // e.g. "value is 5, its events say 6"
};

// A projector at work brings a view up to date within this time: views that are behind are looked
// at again for so long, and those that are behind then are named.
inline constexpr std::chrono::milliseconds view_patience{3'000};
inline constexpr std::chrono::milliseconds view_look_every{100};

// Of more differences than this only the number is told.
inline constexpr std::size_t view_differences_max = 20;

struct ViewCheck {
    bool stopped = false;
    std::uint64_t metrics = 0;
    std::uint64_t values = 0;
    std::uint64_t parked = 0;  // stand still at an event that can't be applied; no difference
    std::uint64_t differences_total = 0;
    std::vector<ViewDifference> differences;  // the first ones

    void add(const MetricId& id, const std::string& what);
};

// Texts such as "target is 5, its events say 6", one for each stored field that differs.
// `is(place)`: what is stored of the field at this place in stored_fields.
std::vector<std::string> document_differences(const std::function<FieldView(std::size_t)>& is,
                                              const MetricDocument& should);
// Of a view that stays behind its events, or is not there at all (`version` is 0).
std::string lateness(es::Version version, es::Version head);

// Compares a metric's values, given in ascending order of their versions, in pairs of the same
// version; nullptr where one of the two has none.
class ValueComparison {
public:
    void add(const MetricValue* is, const MetricValue* should);
    // One for each way in which values differ: a metric may have many.
    [[nodiscard]] std::vector<std::string> differences() const;

private:
    // Values that differ in the same way.
    struct Same {
        const char* way;
        std::uint64_t count = 0;
        es::Version first = 0;
        std::string detail = {};
    };
    static void count(Same& same, es::Version version, const std::string& detail);

    Same surplus_{"stored that no event reports"};
    Same missing_{"missing"};
    Same other_{"not what its event says"};
};

}  // namespace kpi
