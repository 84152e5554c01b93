#include "yardstick/distributed_storage.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "es/dynamodb/dynamodb_event_store.hpp"
#include "es/dynamodb/dynamodb_stream_directory.hpp"
#include "es/dynamodb/dynamodb_stream_feed.hpp"
#include "es/dynamodb/dynamodb_table.hpp"
#include "es/errors.hpp"
#include "views/mongodb/mongo_metric_views.hpp"
#include "views/mongodb/mongo_view_rebuild.hpp"
#include "yardstick/aws_clients.hpp"

namespace yardstick {
namespace {

namespace log = base::log;

// For a look at the table that somebody waits for: at the start, and for readiness.
constexpr std::chrono::milliseconds look_time{1'000};
// How long those who don't project believe an answer to how far the views are.
constexpr std::chrono::milliseconds lag_every{10'000};

class DistributedStorage : public Storage {
public:
    explicit DistributedStorage(const Engines& engines) : engines_(engines) {
        if (engines.events == EventEngine::dynamodb) {
            aws_.emplace();
            log::info("events", {{"engine", "dynamodb"},
                                 {"table", engines.table},
                                 {"endpoint", aws_->services().dynamodb}});
        }
        if (engines.views != ViewEngine::mongodb) return;
        mongo_ = views::mongo_options(environment_variable);
        mongo_.log = [](const std::string& line) { log::warning(line); };
        log::info("views", {{"engine", "mongodb"}, {"database", views::description_of(mongo_)}});
    }

    std::string events_missing() override {
        try {
            const auto table =
                es::describe_table(aws_->tables(), engines_.table, {.call = look_time});
            if (table.stream.empty() || !table.new_images) {
                return "the table " + engines_.table +
                       " has no stream of new images; `yardstick create-table` switches it on";
            }
            return table.active ? std::string() : "the table is still being made";
        } catch (const es::Unavailable& error) {
            return error.what();
        }
    }

    WrittenEvents write_events() override {
        const std::string missing = events_missing();
        if (!missing.empty())
            log::warning("the event store can't be used yet", {{"reason", missing}});
        auto store = std::make_unique<es::DynamoDbEventStore>(aws_->tables(), engines_.table);
        auto healthy = [&events = *store] { return events.healthy(); };
        return {std::move(store), std::move(healthy)};
    }

    std::unique_ptr<es::EventStore> read_events() override {
        if (!aws_) return nullptr;
        return std::make_unique<es::DynamoDbEventStore>(aws_->tables(), engines_.table);
    }

    // Its stream keeps an order of each metric's events alone.
    std::unique_ptr<es::EventOrder> event_order() override { return nullptr; }

    std::unique_ptr<es::EventFeed> feed() override { return feed_with({}); }
    // Each question to a shard is one that the projector can't ask: few of them.
    std::unique_ptr<es::EventFeed> feed_for_lag() override {
        if (!aws_) return nullptr;
        es::DynamoDbStreamFeedOptions options;
        options.lag_every = lag_every;
        return feed_with(std::move(options));
    }

    std::unique_ptr<kpi::MetricViews> write_views() override {
        views::MongoMetricViewsOptions options;
        options.mongo = mongo_;
        source_ = table().identity;
        options.source = source_;
        options.writer = true;
        options.log = [](const std::string& line) { log::info(line); };
        return views::mongo_metric_views(std::move(options));
    }
    std::unique_ptr<kpi::MetricViews> read_views() override {
        if (engines_.views != ViewEngine::mongodb) return nullptr;
        return views::mongo_metric_views({.mongo = mongo_});
    }

    void rebuild_views(const std::function<bool()>& stop) override {
        const auto described = table();
        if (described.identity != source_) {
            throw es::Unusable("the table " + engines_.table +
                               " is not the one that was there when this process started; start "
                               "it again");
        }
        es::DynamoDbEventStore events(aws_->tables(), engines_.table);
        es::DynamoDbStreamDirectory directory(aws_->tables(), engines_.table);
        views::MongoViewRebuild(mongo_, described.identity, events, directory)
            .build({.stop = stop});
    }
    [[nodiscard]] bool reads_are_local() const override { return false; }

private:
    std::unique_ptr<es::EventFeed> feed_with(es::DynamoDbStreamFeedOptions options) {
        options.log = [](std::string_view line) { log::warning(line); };
        return es::dynamodb_stream_feed(aws_->tables(), aws_->streams(), engines_.table,
                                        std::move(options));
    }

    es::TableDescription table() { return es::describe_table(aws_->tables(), engines_.table); }

    const Engines engines_;
    std::optional<AwsClients> aws_;  // where the events are of concern
    views::MongoOptions mongo_;      // where the views are
    std::string source_;             // of the views that are written: the table's identity
};

}  // namespace

std::unique_ptr<Storage> distributed_storage(const Engines& engines) {
    return std::make_unique<DistributedStorage>(engines);
}

}  // namespace yardstick
