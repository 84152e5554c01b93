// The projector over the real stores: it builds views, parks what it can't read, and a build that
// can read it recovers that at its start.
#include "projector/projector.hpp"

#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"
#include "es/projection.hpp"
#include "es/sqlite.hpp"
#include "kpi/testing/events.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"

namespace {

using Rows = es::Rows<kpi::MetricRow>;

es::RecordedEvent event(es::Version version, const std::string& type, const std::string& payload) {
    return kpi::testing::recorded("visits", version, type, payload);
}

// An archived metric has a name that says so: a type that only a later build knows.
void fold_with_sealed(std::optional<kpi::MetricDocument>& document, const es::RecordedEvent& event,
                      Rows& rows) {
    if (event.type != "MetricSealed") return kpi::MetricView::fold(document, event, rows);
    document->metric.name += " (sealed)";
    document->version = event.version;
    document->metric.last_occurred = event.occurred_on;
}

class Projector : public ::testing::Test {
protected:
    Projector() : store_(folder_.path()), views_(folder_.path(), {.writer = true}) {
        append({event(1, "MetricCreated",
                      R"({"name":"Visits","description":"d","target":10,"unit":"people",)"
                      R"("deadline":"2099-12-31T00:00:00.000Z","kind":"gauge"})"),
                event(2, "MetricValueUpdated", R"({"value":3})")});
    }

    void append(std::vector<es::RecordedEvent> events) {
        const es::Version expected = events.front().version - 1;
        const auto outcome = es::append_one(store_, {"visits", expected, std::move(events)});
        ASSERT_EQ(outcome.status, es::AppendStatus::stored) << outcome.reason;
    }

    // Runs a projector until the condition holds.
    template <class Condition>
    void run_until(Condition condition, prometheus::Registry* metrics = nullptr) {
        es::SqliteEventFeed feed(folder_.path());
        projector::Projector projector(
            {.events = store_, .feed = feed, .views = views_, .metrics = metrics, .on_saved = {}});
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!condition()) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        projector.stop();
    }

    [[nodiscard]] std::optional<kpi::MetricDocument> document() {
        const auto whole = views_.find("visits");
        if (!whole) return std::nullopt;
        return whole->document;
    }

    base::testing::TempFolder folder_;
    es::SqliteEventStore store_;
    views::SqliteMetricViews views_;
};

TEST_F(Projector, BuildsTheViewAndGoesOnWhereItStopped) {
    run_until([&] { return views_.version("visits") == 2; });
    append({event(3, "MetricValueUpdated", R"({"value":4})")});
    run_until([&] { return views_.version("visits") == 3; });
    EXPECT_EQ(document()->current().value, 4);
    EXPECT_EQ(document()->values_total, 2);
    EXPECT_EQ(views_.find("visits")->values.size(), 2U);
}

TEST_F(Projector, ParksAStreamThatItCannotRead) {
    prometheus::Registry metrics;
    append({event(3, "MetricSealed", "{}"), event(4, "MetricValueUpdated", R"({"value":5})")});
    const auto shown = [&] {
        return prometheus::TextSerializer()
                   .Serialize(metrics.Collect())
                   .find("yardstick_projector_parked_streams 1") != std::string::npos;
    };
    run_until([&] { return views_.parked().size() == 1 && shown(); }, &metrics);
    EXPECT_EQ(views_.parked().front().stream, "visits");
    EXPECT_EQ(views_.parked().front().version, 3);
    EXPECT_EQ(document()->version, 2);
}

// Passes on what the store's feed has, unless it is away.
class FeedThatGoesAway : public es::EventFeed {
public:
    explicit FeedThatGoesAway(es::EventFeed& feed) : feed_(feed) {}

    es::FeedBatch poll(const es::Checkpoints& after, std::size_t limit,
                       std::chrono::milliseconds wait) override {
        if (away) throw es::Unavailable("the feed is away");
        return feed_.poll(after, limit, wait);
    }
    es::Checkpoints current_position() override { return feed_.current_position(); }
    void wake() override { feed_.wake(); }
    es::Lag lag(const es::Checkpoints& checkpoints) override { return feed_.lag(checkpoints); }

    std::atomic<bool> away = true;

private:
    es::EventFeed& feed_;
};

TEST_F(Projector, SaysWhyItCantGoOnUntilItDoes) {
    es::SqliteEventFeed stored(folder_.path());
    FeedThatGoesAway feed(stored);
    projector::Projector projector({.events = store_, .feed = feed, .views = views_});
    const auto eventually = [](auto condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return condition();
    };
    EXPECT_TRUE(eventually([&] { return projector.trouble() == "the feed is away"; }));
    feed.away = false;
    EXPECT_TRUE(eventually([&] { return projector.trouble().empty(); }));
    EXPECT_TRUE(eventually([&] { return views_.version("visits") == 2; }));
}

TEST_F(Projector, ABuildThatKnowsTheEventHealsTheStreamAtItsStart) {
    append({event(3, "MetricSealed", "{}"), event(4, "MetricValueUpdated", R"({"value":5})")});
    run_until([&] { return views_.parked().size() == 1; });
    run_until([&] { return views_.parked().size() == 1; });  // today's build can't, however often
    ASSERT_EQ(document()->version, 2);

    std::vector<es::StreamId> unparked;
    es::ProjectionHooks<kpi::MetricView> hooks;
    hooks.on_unparked = [&](const es::StreamId& id) { unparked.push_back(id); };
    es::Projection<kpi::MetricView> projection(store_, views_, hooks, fold_with_sealed);
    projection.heal();

    EXPECT_EQ(unparked, std::vector<es::StreamId>{"visits"});
    EXPECT_TRUE(views_.parked().empty());
    std::optional<kpi::MetricDocument> expected;
    Rows rows;
    for (const auto& stored : es::read_stream(store_, "visits")) {
        fold_with_sealed(expected, stored, rows);
    }
    EXPECT_EQ(document(), expected);
    EXPECT_EQ(document()->metric.name, "Visits (sealed)");
    EXPECT_EQ(views_.find("visits")->values, kpi::values_among(rows.all()));

    append({event(5, "MetricValueUpdated", R"({"value":6})")});
    projection.apply({event(5, "MetricValueUpdated", R"({"value":6})")}, {});
    EXPECT_EQ(document()->current().value, 6);
}

}  // namespace
