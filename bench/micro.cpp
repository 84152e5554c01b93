// The parts of a command's way on their own: fold, codec, loading a stream, appending; and what a
// chart makes of values that were read.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "es/sqlite.hpp"
#include "kpi/buckets.hpp"
#include "kpi/forecast.hpp"
#include "kpi/metric_view.hpp"
#include "kpi/signals.hpp"

namespace {

es::RecordedEvent created(const std::string& stream) {
    es::RecordedEvent event;
    event.stream = stream;
    event.version = 1;
    event.type = "MetricCreated";
    event.payload = R"({"name":"Metric","description":"For measuring","target":100,"unit":"u",)"
                    R"("deadline":"2035-12-31T23:59:59.999Z","kind":"gauge"})";
    event.metadata.command_id = "3409f1fa-d9aa-415c-a19c-dff78679e2a1";
    return event;
}

es::RecordedEvent reported(const std::string& stream, es::Version version) {
    es::RecordedEvent event = created(stream);
    event.version = version;
    event.type = "MetricValueUpdated";
    event.payload = R"({"value":1234.5})";
    return event;
}

// A store in a folder of its own.
class Store {
public:
    Store() : store_(folder()) {}
    ~Store() { std::filesystem::remove_all(path_); }
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    es::EventStore& operator*() { return store_; }

private:
    std::string folder() {
        path_ = (std::filesystem::temp_directory_path() / "yardstick-micro-XXXXXX").string();
        if (::mkdtemp(path_.data()) == nullptr) std::abort();
        return path_;
    }
    std::string path_;
    es::SqliteEventStore store_;
};

void fold(benchmark::State& state) {
    std::optional<kpi::MetricDocument> document;
    es::Rows<kpi::MetricRow> rows;
    kpi::MetricView::fold(document, created("m"), rows);
    const auto event = reported("m", 2);
    for (auto _ : state) {
        rows.mark_stored();
        kpi::MetricView::fold(document, event, rows);
        benchmark::DoNotOptimize(rows.all().data());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fold);

void encode(benchmark::State& state) {
    const kpi::MetricEvent event = kpi::MetricValueUpdated{1234.5, std::nullopt};
    for (auto _ : state) benchmark::DoNotOptimize(kpi::metric_codec().encode(event));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode);

void decode(benchmark::State& state) {
    const auto event = reported("m", 2);
    for (auto _ : state) benchmark::DoNotOptimize(kpi::metric_codec().decode(event));
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decode);

void chart(benchmark::State& state) {
    constexpr std::size_t points = 500;
    const es::TimePoint last(std::chrono::milliseconds(1000 * state.range(0)));
    const kpi::ForecastQuestion question{kpi::MetricKind::gauge, last,
                                         last + last.time_since_epoch() / 4};
    for (auto _ : state) {
        kpi::Thinned shown({}, last, points);
        kpi::Thinned history({}, last, kpi::forecast_history_max);
        kpi::SignalFinder signals({});
        for (es::Version version = 1; version <= state.range(0); ++version) {
            const kpi::Reading reading{es::TimePoint(std::chrono::milliseconds(1000 * version)),
                                       static_cast<double>(version * 7919 % 1009), version};
            shown.add(reading);
            history.add(reading);
            signals.add(reading);
        }
        benchmark::DoNotOptimize(signals.result().signals.data());
        benchmark::DoNotOptimize(kpi::forecast_of(history.lasts(), question).range);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(chart)->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void load(benchmark::State& state) {
    Store store;
    std::vector<es::RecordedEvent> events{created("m")};
    for (es::Version version = 2; version <= state.range(0); ++version) {
        events.push_back(reported("m", version));
    }
    es::append_one(*store, {"m", 0, events});
    for (auto _ : state) benchmark::DoNotOptimize(es::read_stream(*store, "m"));
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(load)->Arg(10)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMicrosecond);

// One event for each of so many streams in a batch, over 1,000 streams; on disk when it returns.
void append(benchmark::State& state) {
    Store store;
    constexpr std::int64_t streams = 1000;
    std::vector<es::Version> versions(streams);
    std::int64_t next = 0;
    for (auto _ : state) {
        std::vector<es::Append> batch;
        for (std::int64_t i = 0; i < state.range(0); ++i, ++next) {
            es::Version& version = versions[static_cast<std::size_t>(next % streams)];
            const std::string id = "m" + std::to_string(next % streams);
            batch.push_back(
                {id, version, {version == 0 ? created(id) : reported(id, version + 1)}});
            ++version;
        }
        (*store).append(std::move(batch), [](std::size_t, const es::AppendOutcome&) {});
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append)->Arg(1)->Arg(8)->Arg(64)->Arg(512)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
