// Fills a data folder with metrics that have goals of all kinds, and four values each, through the
// product's own store: bench_fill_goals DIR METRICS. The same ones each time.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "es/sqlite.hpp"
#include "kpi/metric.hpp"
#include "storing.hpp"

namespace {

using std::chrono::days;
using std::chrono::minutes;

constexpr std::array words{"sales", "churn", "books", "uptime"};
constexpr std::array tags{"team", "ops", "it", "eu", "us", "q1", "q2"};
constexpr std::array lengths{30, 200, 365, 700, 3000};  // of goals, in days

class Goals {
public:
    // All events of the next metric.
    es::Append next() {
        const std::string id = "m" + std::to_string(number_++);
        es::TimePoint time = *base::parse_time("2026-01-01", base::DateAlone::start_of_day) +
                             minutes(below(200'000));
        std::vector<es::RecordedEvent> events;
        const kpi::MetricCreated created = goal(id, time);
        add(events, id, created, time);
        double value = 0;
        for (int left = once_in(500) ? 0 : 4; left > 0; --left) {
            time += days(std::array{1, 7, 20}.at(below(3)));
            const auto amount = static_cast<double>(below(30));
            value = created.kind == kpi::MetricKind::gauge ? amount : value + amount;
            add(events, id, kpi::MetricValueUpdated{value, std::nullopt}, time);
        }
        if (once_in(500)) add(events, id, kpi::MetricArchived{}, time);
        return {id, 0, std::move(events)};
    }

private:
    std::size_t below(std::size_t count) { return random_() % count; }
    bool once_in(std::size_t count) { return below(count) == 0; }

    kpi::MetricCreated goal(const std::string& id, es::TimePoint time) {
        kpi::MetricCreated goal{"Metric " + id + " of " + words.at(below(words.size())),
                                "For measuring",
                                static_cast<double>(std::array{10, 24, 100, 1000}.at(below(4))),
                                "u" + std::to_string(below(50)),
                                once_in(2)
                                    ? *base::parse_time("2026-12-31", base::DateAlone::end_of_day)
                                    : time + days(lengths.at(below(lengths.size()))),
                                once_in(2) ? kpi::MetricKind::gauge : kpi::MetricKind::counter};
        if (once_in(3)) goal.direction = kpi::Direction::at_most;
        if (goal.kind == kpi::MetricKind::gauge && once_in(100)) goal.mode = kpi::GoalMode::keep;
        if (!once_in(3)) goal.owner = "owner" + std::to_string(below(1 + below(1000)));
        if (!once_in(3)) goal.update_every = static_cast<kpi::UpdatePeriod>(below(5));
        for (const char* tag : tags) {
            if (!once_in(4)) continue;
            if (!goal.tags) goal.tags.emplace();
            goal.tags->emplace_back(tag);
        }
        return goal;
    }

    void add(std::vector<es::RecordedEvent>& events, const std::string& id,
             const kpi::MetricEvent& event, es::TimePoint time) {
        auto encoded = kpi::metric_codec().encode(event);
        es::RecordedEvent recorded;
        recorded.stream = id;
        recorded.version = static_cast<es::Version>(events.size()) + 1;
        recorded.occurred_on = time;
        recorded.type = std::move(encoded.type);
        recorded.schema = encoded.schema;
        recorded.payload = std::move(encoded.payload);
        recorded.metadata.command_id = id + "-" + std::to_string(recorded.version);
        events.push_back(std::move(recorded));
    }

    std::minstd_rand random_{1};
    std::int64_t number_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
    constexpr std::int64_t batch_metrics = 2'000;
    if (argc != 3) return 64;
    es::SqliteEventStore store(argv[1]);
    const std::int64_t count = std::atoll(argv[2]);
    Goals goals;
    std::vector<es::Append> batch;
    for (std::int64_t number = 1; number <= count; ++number) {
        batch.push_back(goals.next());
        if (number % batch_metrics != 0 && number < count) continue;
        bench::store_all(store, std::move(batch));
        batch.clear();
    }
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
