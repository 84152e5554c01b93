// The values of a metric, so that those that are left after a correction or retraction are judged
// without passing all of them: of each 64 neighbours, and of each 64 of such runs, it keeps what
// they come to together.
//
//     values.add({date, 42, version}, true, std::nullopt);
//     values.change({date, 41, version}, true);
//     values.visit(start, es::Overloaded{
//         [&](const ValueRun& run) { ... },                             // of many
//         [&](const CountedValue& value, auto recorded_at) { ... }});   // of one
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "es/event.hpp"

namespace kpi {

// A value as it counts. Its version is that of the event that reported it.
struct CountedValue {
    es::TimePoint date{};  // when it was true
    double value = 0;
    es::Version version = 0;
    bool operator==(const CountedValue&) const = default;
};

// Whether a value of this date is the opening of a metric that starts then, rather than an earlier
// version of the date `known` (nullopt: there is none).
inline bool becomes_opening(std::optional<es::TimePoint> known, es::TimePoint date,
                            es::TimePoint start) {
    if (!known) return true;
    return date <= start ? *known > start || date >= *known : date < *known;
}

// What the values that count among neighbours come to. They count at least one together.
struct ValueRun {
    CountedValue latest;   // by date, ties by version
    CountedValue opening;  // of a metric that starts at CountedValues::start()
    double lowest = 0;
    double highest = 0;
};

class CountedValues {
public:
    // Another value in the place of the one of its version. nullopt: it doesn't count.
    struct Instead {
        es::Version of = 0;
        std::optional<CountedValue> value;
    };
    struct Found {
        CountedValue value;
        bool counts = true;
        std::optional<es::TimePoint> recorded_at;
    };

    // Versions ascend. `recorded_at`: MetricValueUpdated::recorded_at.
    void add(const CountedValue& value, bool counts, std::optional<es::TimePoint> recorded_at);
    // Replaces the value that has this version. False: no value has it.
    bool change(const CountedValue& value, bool counts);
    // The start of the metric; asking about another one passes all values.
    void set_start(es::TimePoint start);

    // nullopt: there is none of this version.
    [[nodiscard]] std::optional<Found> find(es::Version version) const;

    // Visits what counts, in the order of versions: `visitor(run)`, and `visitor(value,
    // recorded_at)` where a run says too little: the order of values matters once their clock was
    // wrong (recorded_at).
    template <class Visitor>
    void visit(es::TimePoint start, const Visitor& visitor,
               const std::optional<Instead>& instead = std::nullopt) const {
        const std::size_t replaced = instead ? place_of(instead->of) : entries_.size();
        const std::size_t levels = start == start_ ? levels_.size() : 0;
        for (std::size_t place = 0; place < entries_.size();) {
            const Run* run = nullptr;
            std::size_t passed = 1;
            std::size_t span = run_length;
            for (std::size_t i = 0; i < levels && place % span == 0; ++i, span *= run_length) {
                const Run& longer = levels_[i][place / span];
                const bool is_replaced = replaced >= place && replaced - place < span;
                if (longer.has_recorded_at || (is_replaced && instead)) break;
                run = &longer;
                passed = span;
            }
            if (run == nullptr) {
                visit_one(place, place == replaced ? instead : std::nullopt, visitor);
            } else if (run->counts) {
                visitor(run->values);
            }
            place += passed;
        }
    }

    [[nodiscard]] std::size_t bytes() const;

private:
    static constexpr std::size_t run_length = 64;

    // 24 bytes, as a metric may have a million values.
    struct Entry {
        es::TimePoint date{};
        double value = 0;
        es::Version signed_version = 0;  // negative: the value doesn't count
        [[nodiscard]] es::Version version() const {
            return signed_version < 0 ? -signed_version : signed_version;
        }
        [[nodiscard]] CountedValue counted() const { return {date, value, version()}; }
        bool operator==(const Entry&) const = default;
    };
    struct Run {
        ValueRun values;
        bool counts = false;           // false: `values` has none
        bool has_recorded_at = false;  // has a value that counts and has one

        // What comes after it.
        void add(const Run& later, es::TimePoint start);
    };

    template <class Visitor>
    void visit_one(std::size_t place, const std::optional<Instead>& instead,
                   const Visitor& visitor) const {
        const Entry& entry = entries_[place];
        if (instead) {
            if (instead->value) visitor(*instead->value, recorded_at(entry.version()));
        } else if (entry.signed_version > 0) {
            visitor(entry.counted(), recorded_at(entry.version()));
        }
    }
    [[nodiscard]] std::optional<es::TimePoint> recorded_at(es::Version version) const {
        const auto recorded = recorded_at_.find(version);
        return recorded != recorded_at_.end() ? std::optional(recorded->second) : std::nullopt;
    }
    // Where there is none of this version: the end.
    [[nodiscard]] std::size_t place_of(es::Version version) const;

    [[nodiscard]] Run run_of(const Entry& entry) const;
    // The run at a place of a level, from what is below it.
    [[nodiscard]] Run summed_up(std::size_t level, std::size_t place) const;
    void add_to_runs();
    void sum_all_up();

    std::vector<Entry> entries_;  // ascending versions
    // Runs of 64 entries, then of 64 runs of the level below, as long as these are more than 64.
    std::vector<std::vector<Run>> levels_;
    std::map<es::Version, es::TimePoint> recorded_at_;
    es::TimePoint start_{};

public:
    bool operator==(const CountedValues& other) const {
        return entries_ == other.entries_ && recorded_at_ == other.recorded_at_;
    }
};

}  // namespace kpi
