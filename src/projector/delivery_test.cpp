// Pushed events: whatever comes again, out of order or not at all, the views are their folds; and
// what is told to come again is the first that must.
#include "projector/delivery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "es/errors.hpp"
#include "es/memory_event_store.hpp"
#include "kpi/testing/events.hpp"
#include "views/memory/memory_metric_views.hpp"

namespace {

using std::chrono::steady_clock;

class ViewsThatGoAway : public views::MemoryMetricViews {
public:
    std::map<es::StreamId, kpi::MetricDocument> load(
        const std::vector<es::StreamId>& ids) override {
        ++loads;
        if (away) throw es::Unavailable("the views are away");
        return MemoryMetricViews::load(ids);
    }

    bool away = false;
    int loads = 0;
};

// The events of some streams can't be read now.
class EventsThatGoAway : public es::MemoryEventStore {
public:
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (!away.contains(batch[i].stream)) continue;
            es::ReadResult result;
            result.status = es::ReadStatus::unavailable;
            result.reason = batch[i].stream + " can't be read";
            return on_stream(i, result);  // these tests read one at a time
        }
        MemoryEventStore::read(std::move(batch), std::move(on_stream));
    }

    std::set<std::string> away;
};

class Deliveries : public ::testing::Test {
protected:
    // Also in the store.
    es::RecordedEvent record(es::RecordedEvent event) {
        EXPECT_EQ(es::append_one(events, {event.stream, event.version - 1, {event}}).status,
                  es::AppendStatus::stored);
        return event;
    }
    es::RecordedEvent created(const std::string& stream) {
        return record(kpi::testing::created(stream));
    }
    es::RecordedEvent value(const std::string& stream, es::Version version) {
        return record(kpi::testing::value_reported(stream, version, static_cast<double>(version)));
    }

    projector::Delivery::Delivered apply(const std::vector<es::RecordedEvent>& batch) {
        return delivery.apply(batch, steady_clock::now() + std::chrono::seconds(10));
    }
    // Every view, beside a fold of the store's events.
    void expect_folds(const std::vector<std::string>& streams) {
        for (const auto& stream : streams) {
            std::optional<kpi::MetricDocument> document;
            es::Rows<kpi::MetricRow> rows;
            for (const auto& event : es::read_stream(events, stream)) {
                kpi::MetricView::fold(document, event, rows);
            }
            const auto found = views.find(stream);
            ASSERT_TRUE(found && document) << stream;
            EXPECT_EQ(found->document, *document) << stream;
            const auto page = views.values({stream, {}, {}, false, {}, 1'000});
            EXPECT_EQ(page->items, kpi::values_among(rows.all())) << stream;
        }
    }

    EventsThatGoAway events;
    ViewsThatGoAway views;
    projector::Delivery delivery{events, views};
};

TEST_F(Deliveries, AreAppliedOnceHoweverOftenTheyCome) {
    const std::vector<es::RecordedEvent> batch{created("a"), created("b"), value("a", 2),
                                               value("b", 2), value("a", 3)};
    EXPECT_EQ(apply(batch).count, 5U);
    EXPECT_EQ(views.loads, 1) << "all at once";
    EXPECT_EQ(apply(batch).count, 5U);
    EXPECT_EQ(apply({batch[2], batch[0]}).count, 2U);
    expect_folds({"a", "b"});
}

TEST_F(Deliveries, InAnotherOrderOrWithGapsAreFilledFromTheStore) {
    std::vector<es::RecordedEvent> a{created("a"), value("a", 2), value("a", 3), value("a", 4)};
    EXPECT_EQ(apply({a[2], a[0]}).count, 2U);
    EXPECT_EQ(views.version("a"), 3) << "what the store has beyond the event is not asked for";
    EXPECT_EQ(apply({a[3], a[1]}).count, 2U);
    expect_folds({"a"});
}

TEST_F(Deliveries, WithoutViewsComeAgainFromTheFirstOneOn) {
    const std::vector<es::RecordedEvent> batch{created("a"), value("a", 2), created("b"),
                                               created("c")};
    views.away = true;
    const auto delivered = apply(batch);
    EXPECT_EQ(delivered.count, 0U);
    EXPECT_EQ(delivered.failure, "the views are away");
    EXPECT_EQ(views.loads, 2) << "no more is tried than whether the first one goes";
    views.away = false;
    EXPECT_EQ(apply(batch).count, 4U);
    expect_folds({"a", "b", "c"});
}

TEST_F(Deliveries, OneThatCantBeAppliedNowHoldsUpNoneBeforeIt) {
    for (std::size_t before = 0; before < 12; ++before) {
        SCOPED_TRACE(before);
        const std::string prefix = "s" + std::to_string(before) + "-";
        std::vector<es::RecordedEvent> batch;
        std::vector<std::string> streams;
        for (std::size_t i = 0; i < 12; ++i) {
            streams.push_back(prefix + std::to_string(i));
            batch.push_back(created(streams.back()));
        }
        batch[before] = value(streams[before], 2);  // a gap that the store must fill
        events.away = {streams[before]};
        const auto delivered = apply(batch);
        EXPECT_EQ(delivered.count, before);
        EXPECT_EQ(delivered.failure, streams[before] + " can't be read");
        for (std::size_t i = 0; i < before; ++i) EXPECT_EQ(views.version(streams[i]), 1);
        events.away.clear();
        EXPECT_EQ(apply({batch.begin() + static_cast<std::ptrdiff_t>(before), batch.end()}).count,
                  12 - before);
        expect_folds(streams);
    }
}

TEST_F(Deliveries, OneThatCanNeverBeAppliedParksItsMetricAlone) {
    const auto poison = [this](const std::string& stream) {
        return record(kpi::testing::recorded(stream, 2, "unreadable: the item has no name", "{}"));
    };
    const std::vector<es::RecordedEvent> batch{created("a"), created("b"),  created("c"),
                                               poison("a"),  value("c", 2), poison("b")};
    EXPECT_EQ(apply(batch).count, 6U);
    ASSERT_EQ(views.parked().size(), 2U);
    EXPECT_EQ(views.parked()[0].stream, "a");
    EXPECT_EQ(views.parked()[0].version, 2);
    EXPECT_EQ(views.version("a"), 1);
    expect_folds({"c"});
    EXPECT_EQ(apply({value("a", 3), value("c", 3)}).count, 2U) << "it stays parked";
    EXPECT_EQ(views.version("a"), 1);
    expect_folds({"c"});
}

TEST_F(Deliveries, WhatOthersMendedIsNotPassedOver) {
    created("a");
    const auto second = value("a", 2);
    kpi::MetricViews& store = views;
    es::ViewSave<kpi::MetricView> parking;
    parking.parked = {{"a", 1, "damaged"}};
    store.save(parking);
    EXPECT_EQ(apply({second}).count, 1U);
    EXPECT_EQ(views.version("a"), 0);
    es::ViewSave<kpi::MetricView> mending;
    mending.unparked = parking.parked;
    store.save(mending);
    EXPECT_EQ(apply({second}).count, 1U);
    expect_folds({"a"});
}

TEST_F(Deliveries, NothingIsBegunWhenTheTimeIsUp) {
    created("c");
    events.away = {"c"};
    const auto delivered = delivery.apply({created("a"), value("c", 2)}, steady_clock::now());
    EXPECT_EQ(delivered.count, 0U) << "the attempt at all of them was the only one";
    EXPECT_EQ(delivered.failure, "c can't be read");
}

}  // namespace
