// Fills a data folder with events through the product's own store: bench_fill DIR EVENTS METRICS.
// Gauges m0, m1, ..., the same values each time.
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "kpi/metric.hpp"
#include "stores/sqlite/sqlite_event_store.hpp"

namespace {

constexpr std::int64_t batch_events = 10'000;

// Of the length of those that a server makes.
std::string command_id(std::int64_t number) {
    const std::string digits = std::to_string(number);
    return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

es::RecordedEvent event_of(const std::string& id, es::Version version, std::int64_t number,
                           std::minstd_rand& random) {
    const kpi::MetricEvent event =
        version == 1 ? kpi::MetricEvent(kpi::MetricCreated{
                           "Metric " + id, "For measuring", 1e9, "units",
                           *base::parse_time("2035-12-31", base::DateAlone::end_of_day),
                           kpi::MetricKind::gauge})
                     : kpi::MetricEvent(kpi::MetricValueUpdated{
                           static_cast<double>(random() % 1'000'000) / 100, std::nullopt});
    auto encoded = kpi::metric_codec().encode(event);
    es::RecordedEvent recorded;
    recorded.stream = id;
    recorded.version = version;
    recorded.occurred_on = es::TimePoint(std::chrono::milliseconds(1'700'000'000'000 + number));
    recorded.type = std::move(encoded.type);
    recorded.schema = encoded.schema;
    recorded.payload = std::move(encoded.payload);
    recorded.metadata.command_id = command_id(number);
    return recorded;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 64;
    stores::SqliteEventStore store(argv[1]);
    const std::int64_t events = std::atoll(argv[2]);
    const std::int64_t metrics = std::atoll(argv[3]);
    std::minstd_rand random(1);
    std::vector<es::Version> versions(static_cast<std::size_t>(metrics));
    std::vector<es::Append> batch;
    for (std::int64_t number = 0; number < events; ++number) {
        // Each metric once, then by chance.
        const std::int64_t metric =
            number < metrics ? number : static_cast<std::int64_t>(random()) % metrics;
        const std::string id = "m" + std::to_string(metric);
        es::Version& version = versions[static_cast<std::size_t>(metric)];
        batch.push_back({id, version, {event_of(id, version + 1, number, random)}});
        ++version;
        if (static_cast<std::int64_t>(batch.size()) < batch_events && number + 1 < events) continue;
        bool stored = true;
        store.append(std::move(batch), [&](std::size_t, const es::AppendOutcome& outcome) {
            stored = stored && outcome.status == es::AppendStatus::stored;
        });
        if (!stored) return 1;
        batch.clear();
    }
    return 0;
}
