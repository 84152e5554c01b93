#include "kpi/buckets.hpp"

#include <algorithm>

namespace kpi {

using std::chrono::milliseconds;

Buckets::Buckets(es::TimePoint from, es::TimePoint to, std::size_t count)
    : from_(from),
      span_ms_(std::max<std::int64_t>((to - from).count() + 1, 1)),
      count_(std::min(static_cast<std::int64_t>(count), span_ms_)),
      end_(es::TimePoint::min()) {}

void Buckets::add(const Reading& reading) {
    if (all_.empty() || reading.date >= end_) {
        // The place times the span of 10,000 years (3e14 ms) stays below 2^63 for 29,000 buckets.
        const std::int64_t after =
            std::clamp<std::int64_t>((reading.date - from_).count(), 0, span_ms_ - 1);
        const std::int64_t place = after * count_ / span_ms_;
        all_.push_back({begin_of(place), reading.value, reading.value, reading.value, 0, {}});
        end_ = place + 1 < count_ ? begin_of(place + 1) : es::TimePoint::max();
    }
    Bucket& bucket = all_.back();
    bucket.min = std::min(bucket.min, reading.value);
    bucket.max = std::max(bucket.max, reading.value);
    bucket.last = reading;
    ++bucket.count;
}

// The first instant of which the place is this one.
es::TimePoint Buckets::begin_of(std::int64_t place) const {
    return from_ + milliseconds((place * span_ms_ + count_ - 1) / count_);
}

void Thinned::add(const Reading& reading) {
    if (readings_.size() <= points_) readings_.push_back(reading);
    buckets_.add(reading);
}

std::vector<Reading> Thinned::lasts() const {
    if (!is_bucketed()) return readings_;
    std::vector<Reading> lasts;
    lasts.reserve(buckets().size());
    for (const Bucket& bucket : buckets()) lasts.push_back(bucket.last);
    return lasts;
}

}  // namespace kpi
