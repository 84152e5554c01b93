// The same events into MongoDB:
//   bench_mongodb projection URI EVENTS METRICS   through the product's projection
//   bench_mongodb bare URI EVENTS METRICS         by a bare loop of bulk writes
// Prints events a second. Each into a database of its own.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "es/memory_event_store.hpp"
#include "es/projection.hpp"
#include "events.hpp"
#include "kpi/metric_view.hpp"
#include "views/mongodb/database.hpp"
#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/mongo_metric_views.hpp"
#include "views/mongodb/view_completion.hpp"

namespace {

using namespace views;
using views::mongodb::Bson;
using views::mongodb::Write;
using Batch = std::vector<es::RecordedEvent>;

constexpr long batch_events = 1'000;  // as many as a shard of a stream gives at once

void project(kpi::MetricViews& views, const std::vector<Batch>& batches) {
    es::MemoryEventStore store;  // asked for what is missing: nothing
    es::Projection<kpi::MetricView> projection(store, views, {});
    for (const Batch& batch : batches) projection.apply(batch, {});
}

// Folded beforehand: the loop only writes.
using Bulk = std::vector<Write>;
struct Bulks {
    Bulk rows;
    Bulk documents;
};

std::vector<Bulks> bulks_of(const std::vector<Batch>& batches) {
    struct State {
        std::optional<kpi::MetricDocument> document;
        std::vector<kpi::MetricValue> values;
    };
    std::map<std::string, State> states;
    std::vector<Bulks> all;
    for (const Batch& batch : batches) {
        Bulks& bulks = all.emplace_back();
        std::map<std::string, es::Version> loaded;
        for (const es::RecordedEvent& event : batch) {
            State& state = states[event.stream];
            loaded.emplace(event.stream, event.version - 1);
            es::Rows<kpi::MetricRow> rows;
            kpi::MetricView::fold(state.document, event, rows);
            for (const auto& row : rows.all()) {
                bulks.rows.push_back(
                    {Write::Kind::put,
                     Bson().text("_id", mongodb::row_id(event.stream, row.version)),
                     mongodb::row_document(event.stream, row, row.version)});
                if (row.value() != nullptr) state.values.push_back(*row.value());
            }
            if (state.values.size() > kpi::document_values_max) {
                state.values.erase(state.values.begin());
            }
        }
        for (const auto& [id, version] : loaded) {
            const State& state = states[id];
            if (version == 0) {
                bulks.documents.push_back(
                    {Write::Kind::put, Bson().text("_id", id),
                     mongodb::whole_document(id, *state.document, state.values, 1)});
                continue;
            }
            Bson members = mongodb::folded_members(*state.document);
            members.array("values", mongodb::values_array(state.values));
            bulks.documents.push_back({Write::Kind::update,
                                       Bson().text("_id", id).integer("version", version),
                                       Bson().document("$set", members)});
        }
    }
    return all;
}

void write_bare(const MongoOptions& mongo, const std::vector<Bulks>& all) {
    mongodb::Database database(mongo);
    for (const Bulks& bulks : all) {
        database.write(mongodb::values_collection, bulks.rows);
        database.write(mongodb::metrics_collection, bulks.documents);
    }
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 5) return 64;
    const bool bare = std::strcmp(argv[1], "bare") == 0;
    MongoOptions mongo;
    mongo.uri = argv[2];
    mongo.database = argv[1];
    const long count = std::atol(argv[3]);
    bench::Events events(std::atol(argv[4]));
    std::vector<Batch> batches;
    for (long number = 0; number < count; ++number) {
        if (number % batch_events == 0) batches.emplace_back();
        batches.back().push_back(events.next());
    }
    std::vector<Bulks> bulks;
    if (bare) bulks = bulks_of(batches);
    mongodb::Database database(mongo);
    mongodb::declare_views_complete(database, "bench");
    const auto views = mongo_metric_views({.mongo = mongo, .source = "bench", .writer = true});
    views->upkeep([] { return false; });  // makes the indexes
    const auto began = std::chrono::steady_clock::now();
    if (bare) {
        write_bare(mongo, bulks);
    } else {
        project(*views, batches);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf("%.1f\n", static_cast<double>(count) / took.count());
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
