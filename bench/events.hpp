// The events that measuring programs store: gauges m0, m1, ..., the same values each time.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "kpi/metric.hpp"

namespace bench {

class Events {
public:
    explicit Events(std::int64_t metrics) : versions_(static_cast<std::size_t>(metrics)) {}

    // Each metric once, then by chance.
    es::RecordedEvent next() {
        const auto metrics = static_cast<std::int64_t>(versions_.size());
        const std::int64_t metric =
            number_ < metrics ? number_ : static_cast<std::int64_t>(random_()) % metrics;
        return of(metric);
    }

    // The next one of a metric.
    es::RecordedEvent of(std::int64_t metric) {
        es::RecordedEvent recorded;
        recorded.stream = "m" + std::to_string(metric);
        recorded.version = ++versions_[static_cast<std::size_t>(metric)];
        auto encoded = kpi::metric_codec().encode(
            recorded.version == 1
                ? kpi::MetricEvent(kpi::MetricCreated{
                      "Metric " + recorded.stream, "For measuring", 1e9, "units",
                      *base::parse_time("2035-12-31", base::DateAlone::end_of_day),
                      kpi::MetricKind::gauge})
                : kpi::MetricEvent(kpi::MetricValueUpdated{
                      static_cast<double>(random_() % 1'000'000) / 100, std::nullopt}));
        recorded.occurred_on =
            es::TimePoint(std::chrono::milliseconds(1'700'000'000'000 + number_));
        recorded.type = std::move(encoded.type);
        recorded.schema = encoded.schema;
        recorded.payload = std::move(encoded.payload);
        recorded.metadata.command_id = command_id(number_);
        ++number_;
        return recorded;
    }

private:
    // Of the length of those that a server makes.
    static std::string command_id(std::int64_t number) {
        const std::string digits = std::to_string(number);
        return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
    }

    std::vector<es::Version> versions_;
    std::minstd_rand random_{1};
    std::int64_t number_ = 0;
};

}  // namespace bench
