// Comparing views with what their events say: what every store's check reports, and how.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kpi/metric_fields.hpp"

namespace kpi {

struct ViewDifference {
    MetricId id;
    std::string what;  // e.g. "value is 5, its events say 6"
};

// An active projector brings a view up to date within this time: views that lack events are looked
// at again for so long, and those that lack events then are named.
inline constexpr std::chrono::milliseconds view_patience{3'000};
inline constexpr std::chrono::milliseconds view_look_every{100};

// Further differences are only counted.
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

// Pairs a metric's stored values with those of its events by their versions: calls back with both,
// or with nullptr for the one that has no value of that version. `next_is` and `next_should` return
// the next value in ascending order of the versions, and std::nullopt after the last one.
template <class NextIs, class NextShould, class OnPair>
void for_each_pair(NextIs next_is, NextShould next_should, OnPair on_pair) {
    std::optional<MetricValue> is = next_is();
    std::optional<MetricValue> should = next_should();
    while (is || should) {
        const bool take_is = is && (!should || is->version <= should->version);
        const bool take_should = should && (!is || should->version <= is->version);
        on_pair(take_is ? &*is : nullptr, take_should ? &*should : nullptr);
        if (take_is) is = next_is();
        if (take_should) should = next_should();
    }
}

// Compares a metric's values in the pairs of for_each_pair().
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
