// Comparing views with what their events say: what every store's check reports, and how.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
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

// Rows are compared in this order.
inline auto place_of(const MetricRow& row) {
    return std::pair(row.version, row.change() != nullptr);
}

// Pairs the stored rows of a metric's history with those of its events by their versions: calls
// back with both, or with nullptr for the one that has no such row of that version. `next_is` and
// `next_should` return the next row in ascending order of the versions, std::nullopt after the last
// one.
template <class NextIs, class NextShould, class OnPair>
void for_each_pair(NextIs next_is, NextShould next_should, OnPair on_pair) {
    std::optional<MetricRow> is = next_is();
    std::optional<MetricRow> should = next_should();
    while (is || should) {
        const bool take_is = is && (!should || place_of(*is) <= place_of(*should));
        const bool take_should = should && (!is || place_of(*should) <= place_of(*is));
        on_pair(take_is ? &*is : nullptr, take_should ? &*should : nullptr);
        if (take_is) is = next_is();
        if (take_should) should = next_should();
    }
}

// Compares a metric's rows in the pairs of for_each_pair().
class RowComparison {
public:
    void add(const MetricRow* is, const MetricRow* should);
    // One for each way in which values differ, and changes: a metric may have many.
    [[nodiscard]] std::vector<std::string> differences() const;

private:
    // Rows that differ in the same way.
    struct Same {
        const char* way;
        std::uint64_t count = 0;
        es::Version first = 0;
        std::string detail = {};
    };
    static void count(Same& same, es::Version version, const std::string& detail);

    struct Ways {
        Same surplus;
        Same missing{"missing"};
        Same other{"not what its event says"};
    };

    Ways values_{{"stored that no event reports"}};
    Ways changes_{{"stored that no event made"}};
};

}  // namespace kpi
