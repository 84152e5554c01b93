// Commands on a metric as somebody may send them, made at random, often just at a limit.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <random>

#include "es/aggregate.hpp"
#include "kpi/metric.hpp"
#include "kpi/testing/naive_metric.hpp"

namespace kpi::testing {

class Chance {
public:
    explicit Chance(unsigned seed) : random_(seed) {}
    // 0 .. bound-1
    int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
    bool once_in(int n) { return below(n) == 0; }
    template <class T>
    T one_of(std::initializer_list<T> all) {
        return *(all.begin() + below(static_cast<int>(all.size())));
    }
    std::chrono::milliseconds up_to(std::chrono::milliseconds most) {
        return std::chrono::milliseconds(static_cast<std::int64_t>(random_() % 1'000'003) *
                                         most.count() / 1'000'003);
    }

private:
    std::mt19937 random_;
};

// One metric as the three see it.
struct Subject {
    es::StreamId id;
    std::optional<es::Aggregate<MetricAggregate>> written;
    NaiveMetric naive;
    TimePoint last_occurred{};

    [[nodiscard]] const MetricAggregate& state() const { return written->state(); }
    [[nodiscard]] bool exists() const { return written.has_value(); }
};

MetricCommand random_command(Chance& chance, const Subject& subject, TimePoint now);

}  // namespace kpi::testing
