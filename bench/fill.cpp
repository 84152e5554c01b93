// Fills a data folder with events through the product's own store: bench_fill DIR EVENTS METRICS.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "es/sqlite.hpp"
#include "events.hpp"
#include "storing.hpp"

int main(int argc, char** argv) try {
    constexpr std::size_t batch_events = 10'000;
    if (argc != 4) return 64;
    es::SqliteEventStore store(argv[1]);
    const std::int64_t count = std::atoll(argv[2]);
    bench::Events events(std::atoll(argv[3]));
    std::vector<es::Append> batch;
    for (std::int64_t number = 0; number < count; ++number) {
        es::RecordedEvent event = events.next();
        batch.push_back({event.stream, event.version - 1, {event}});
        if (batch.size() < batch_events && number + 1 < count) continue;
        bench::store_all(store, std::move(batch));
        batch.clear();
    }
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
