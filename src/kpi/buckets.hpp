// Few points in the place of many values: equal buckets of time with first, min, max, last and
// count (M4 aggregation: with a bucket for each pixel the line is the same picture). One pass over
// the values as they come; what is held does not grow with them.
//
//     kpi::Thinned thinned(from, to, 500);
//     for (const auto& reading : readings) thinned.add(reading);
//     if (thinned.is_bucketed()) draw(thinned.buckets()); else draw(thinned.readings());
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kpi/reading.hpp"

namespace kpi {

struct Bucket {
    es::TimePoint at{};  // where it begins
    double first = 0;
    double min = 0;
    double max = 0;
    std::int64_t count = 0;
    Reading last;
    bool operator==(const Bucket&) const = default;
};

// Buckets of the span from `from` to `to`, both included. Those without values are left out.
class Buckets {
public:
    // `count` >= 1. Where `to` lies before `from`, the span is one instant.
    Buckets(es::TimePoint from, es::TimePoint to, std::size_t count);

    // In the order of dates. What lies outside of the span is put into the first or last bucket.
    void add(const Reading& reading);
    [[nodiscard]] const std::vector<Bucket>& all() const { return all_; }

private:
    [[nodiscard]] es::TimePoint begin_of(std::int64_t place) const;

    es::TimePoint from_;
    std::int64_t span_ms_;
    std::int64_t count_;
    std::vector<Bucket> all_;
    es::TimePoint end_;  // of the last of `all_`: what comes before it belongs to it
};

// The readings themselves while they are at most `points`, else so many buckets of them.
class Thinned {
public:
    Thinned(es::TimePoint from, es::TimePoint to, std::size_t points)
        : points_(points), buckets_(from, to, points) {}

    // In the order of dates.
    void add(const Reading& reading);
    [[nodiscard]] bool is_bucketed() const { return readings_.size() > points_; }
    [[nodiscard]] const std::vector<Bucket>& buckets() const { return buckets_.all(); }
    [[nodiscard]] const std::vector<Reading>& readings() const { return readings_; }
    // The readings, or the last one of each bucket.
    [[nodiscard]] std::vector<Reading> lasts() const;

private:
    std::size_t points_;
    std::vector<Reading> readings_;  // at most points_ + 1
    Buckets buckets_;
};

}  // namespace kpi
