// What corrections and retractions cost a fold: not the number of values that it passes.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "es/aggregate.hpp"
#include "kpi/metric.hpp"
#include "kpi/metric_view.hpp"

namespace {

using namespace kpi;
using std::chrono::minutes;

const TimePoint start(std::chrono::hours(500'000));
constexpr int values_total = 20'000;

std::vector<MetricEvent> reported() {
    std::vector<MetricEvent> events{
        MetricCreated{"n", "d", 1e9, "u", start + minutes(10'000'000), MetricKind::counter}};
    for (int i = 0; i < values_total; ++i) {
        events.emplace_back(MetricValueUpdated{i * 1.0, start + minutes(i)});
    }
    return events;
}

// Of values in the middle, each a little moved, taken back, and brought back.
std::vector<MetricEvent> amended() {
    std::vector<MetricEvent> events = reported();
    for (int i = 0; i < values_total; ++i) {
        const int place = (i * 7919) % values_total;
        const es::Version of = place + 2;
        switch (i % 3) {
            case 0:
                events.emplace_back(
                    MetricValueCorrected{of, place * 1.0, start + minutes(place + 1), {}, "r"});
                break;
            case 1:
                events.emplace_back(MetricValueRetracted{of, "r"});
                break;
            default:
                events.emplace_back(MetricValueCorrected{of, place * 1.0, {}, {}, "r"});
        }
    }
    return events;
}

// With as many values instead.
std::vector<MetricEvent> of_values_alone() {
    std::vector<MetricEvent> events = reported();
    for (int i = 0; i < values_total; ++i) {
        events.emplace_back(MetricValueUpdated{values_total * 1.0, start + minutes(values_total)});
    }
    return events;
}

MetricAggregate replayed(const std::vector<MetricEvent>& events) {
    std::vector<es::Occurred<MetricEvent>> history;
    history.reserve(events.size());
    for (const MetricEvent& event : events) history.push_back({event, start});
    return es::Aggregate<MetricAggregate>::replay("m", history).state();
}

std::vector<es::RecordedEvent> stored(const std::vector<MetricEvent>& events) {
    std::vector<es::RecordedEvent> all;
    for (const MetricEvent& event : events) {
        auto encoded = metric_codec().encode(event);
        es::RecordedEvent recorded;
        recorded.version = static_cast<es::Version>(all.size()) + 1;
        recorded.type = std::move(encoded.type);
        recorded.schema = encoded.schema;
        recorded.payload = std::move(encoded.payload);
        recorded.occurred_on = start;
        all.push_back(std::move(recorded));
    }
    return all;
}

MetricDocument folded(const std::vector<es::RecordedEvent>& events) {
    std::optional<MetricDocument> document;
    auto rows = es::Rows<MetricRow>::with_history();
    for (const es::RecordedEvent& event : events) MetricView::fold(document, event, rows);
    return *document;
}

// The best of some tries: others may have the machine meanwhile.
double seconds_of(const std::function<void()>& work) {
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
        best = std::min(best, taken.count());
    }
    return best;
}

// One that passes all values costs some hundred times what a value does, and more.
constexpr double times_a_value_max = 60;

TEST(AmendmentCost, OfAReplayIsThatOfSomeValues) {
    const auto with = amended();
    const auto without = of_values_alone();
    const double amending = seconds_of([&] { replayed(with); });
    const double reporting = seconds_of([&] { replayed(without); });
    EXPECT_LT(amending, times_a_value_max * reporting);
}

TEST(AmendmentCost, OfAViewsFoldIsThatOfSomeValues) {
    const auto with = stored(amended());
    const auto without = stored(of_values_alone());
    const double amending = seconds_of([&] { folded(with); });
    const double reporting = seconds_of([&] { folded(without); });
    EXPECT_LT(amending, times_a_value_max * reporting);
}

TEST(AmendmentCost, OfADecisionIsThatOfSomeReplayedValues) {
    const auto events = of_values_alone();
    const MetricAggregate metric = replayed(events);
    const double reporting = seconds_of([&] { replayed(events); });
    int refused = 0;
    const double deciding = seconds_of([&] {
        for (int i = 0; i < values_total; ++i) {
            const es::Times times{start + minutes(10), start + minutes(10)};
            const MetricValueRetracted retracted{(i * 7919) % values_total + 2, "r"};
            if (metric.check(retracted, times)) ++refused;
        }
    });
    EXPECT_LT(deciding, times_a_value_max * reporting);
    EXPECT_EQ(refused, 0);
}

}  // namespace
