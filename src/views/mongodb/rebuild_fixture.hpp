// Events in memory that a test can break and interrupt, and views of them in MongoDB, for tests of
// what rebuilds the views.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "es/errors.hpp"
#include "es/memory_event_store.hpp"
#include "es/projection.hpp"
#include "es/stream_directory.hpp"
#include "kpi/testing/events.hpp"
#include "views/mongodb/database.hpp"
#include "views/mongodb/metric_document.hpp"
#include "views/mongodb/mongo_fixture.hpp"
#include "views/mongodb/mongo_view_rebuild.hpp"

namespace views::mongodb {

// Passes everything on, and does what a test asks before or after a stream is read; once each.
class InterruptedEvents : public es::EventStore {
public:
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override {
        store_.append(std::move(batch), std::move(on_outcome));
    }

    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override {
        for (std::size_t i = 0; i < batch.size(); ++i) on_stream(i, read_one(batch[i]));
    }

    [[nodiscard]] bool sole_writer() const override { return false; }

    void when_read(const std::string& id, std::function<void()> action) {
        before_[id] = std::move(action);
    }
    void when_was_read(const std::string& id, std::function<void()> action) {
        after_[id] = std::move(action);
    }
    void break_stream(const std::string& id, const std::string& reason) { broken_[id] = reason; }
    void restore_stream(const std::string& id) { broken_.erase(id); }

    std::atomic<bool> unavailable = false;
    std::set<es::StreamId> folded;  // streams that were read by more than one event at a time
    std::size_t page_max = 0;       // events of one read, at most

private:
    using Actions = std::map<std::string, std::function<void()>>;

    es::ReadResult read_one(const es::ReadRequest& request) {
        if (unavailable) return {es::ReadStatus::unavailable, {}, false, "the events are away"};
        {
            const std::lock_guard lock(mutex_);
            if (request.limit > 1) folded.insert(request.stream);
            page_max = std::max(page_max, request.limit);
            const auto broken = broken_.find(request.stream);
            if (broken != broken_.end()) {
                return {es::ReadStatus::corrupt, {}, false, broken->second};
            }
        }
        run(before_, request.stream);
        auto result = es::read_one(store_, request);
        run(after_, request.stream);
        return result;
    }

    void run(Actions& actions, const std::string& id) {
        std::unique_lock lock(mutex_);
        const auto found = actions.find(id);
        if (found == actions.end()) return;
        const auto action = std::move(found->second);
        actions.erase(found);
        lock.unlock();
        action();
    }

    es::MemoryEventStore store_;
    std::mutex mutex_;
    Actions before_;
    Actions after_;
    std::map<std::string, std::string> broken_;
};

// The streams that a test has made, three a page.
class ListedStreams : public es::StreamDirectory {
public:
    void add(const es::StreamId& id) {
        const std::lock_guard lock(mutex_);
        ids_.push_back(id);
    }

    es::StreamPage page(std::size_t part, std::size_t parts, const std::string& from) override {
        constexpr std::size_t page_size = 3;
        const std::lock_guard lock(mutex_);
        es::StreamPage page;
        std::size_t i = from.empty() ? part : std::stoul(from);
        for (; i < ids_.size() && page.ids.size() < page_size; i += parts) {
            page.ids.push_back(ids_[i]);
        }
        if (i < ids_.size()) page.next = std::to_string(i);
        return page;
    }

    [[nodiscard]] std::vector<es::StreamId> all() const { return ids_; }

private:
    std::mutex mutex_;
    std::vector<es::StreamId> ids_;
};

// A stored document's members but for its id.
inline Bson without_id(const Bson& document) {
    Bson rest;
    bson_iter_t member;
    if (!bson_iter_init(&member, document.get())) return rest;
    while (bson_iter_next(&member)) {
        const std::string name = bson_iter_key(&member);
        if (name != "_id") rest.same(name.c_str(), document.get());
    }
    return rest;
}

// Damages what is stored of the metric "a", or one of its rows.
inline void set_members(Database& database, const Bson& members) {
    ASSERT_TRUE(database.update_one(metrics_collection, Bson().text("_id", "a"),
                                    Bson().document("$set", members)));
}
inline void set_row(Database& database, const char* row, const Bson& members) {
    ASSERT_TRUE(database.update_one(values_collection, Bson().text("_id", row),
                                    Bson().document("$set", members)));
}

class RebuildFixture : public ::testing::Test {
protected:
    static es::RecordedEvent value(const std::string& stream, es::Version version, double value) {
        return kpi::testing::value_reported(stream, version, value);
    }

    void append(std::vector<es::RecordedEvent> more) {
        const auto stream = more.front().stream;
        const es::Version expected = more.front().version - 1;
        ASSERT_EQ(es::append_one(events, {stream, expected, std::move(more)}).status,
                  es::AppendStatus::stored);
    }
    void create(const std::string& id) {
        append({kpi::testing::created(id)});
        directory.add(id);
    }
    // "m0", "m1", ...
    void create_metrics(int count) {
        for (int i = 0; i < count; ++i) create("m" + std::to_string(i));
    }

    MongoViewRebuild rebuild() { return MongoViewRebuild(options, "events", events, directory); }

    // "id: what" of each difference.
    std::vector<std::string> differences() {
        const kpi::ViewCheck check = rebuild().check({});
        std::vector<std::string> texts;
        for (const auto& [id, what] : check.differences) texts.push_back(id + ": " + what);
        EXPECT_EQ(check.differences_total, texts.size());
        return texts;
    }

    // As someone reads them.
    kpi::MetricViews& views() {
        if (!reader_) reader_ = mongo_metric_views({.mongo = options, .source = "events"});
        return *reader_;
    }

    std::unique_ptr<kpi::MetricViews> running_projector() {
        auto views = mongo_metric_views({.mongo = options, .source = "events", .writer = true});
        EXPECT_TRUE(views->upkeep([] { return false; }).next == es::Upkeep::Next::reload);
        return views;
    }
    static bool reloads(kpi::MetricViews& projector) {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (std::chrono::steady_clock::now() < until) {
            if (projector.upkeep([] { return false; }).next == es::Upkeep::Next::reload)
                return true;
        }
        return false;
    }
    // Brings a metric's view up to its head.
    void project(const std::string& id) {
        es::Projection<kpi::MetricView>(events, *running_projector(), {}).heal(id);
    }

    // A rebuild of many metrics that is stopped when half of them are made.
    void stop_half_way() {
        std::atomic<std::uint64_t> reached = 0;
        const std::uint64_t half = directory.all().size() / 2;
        ASSERT_FALSE(rebuild().build({.on_progress = [&](std::uint64_t count) { reached = count; },
                                      .stop = [&] { return reached >= half; }}));
    }

    std::vector<kpi::MetricValue> all_values(const std::string& id) {
        const auto page = views().values({id, {}, {}, false, {}, 100'000, true});
        return page ? page->items : std::vector<kpi::MetricValue>();
    }

    // In the order of recording.
    std::vector<kpi::MetricChange> all_changes(const std::string& id) {
        auto page = views().changes({id, {}, 100'000});
        if (!page) return {};
        std::ranges::reverse(page->items);
        return page->items;
    }
    static std::vector<kpi::MetricChange> changes_among(const std::vector<kpi::MetricRow>& rows) {
        std::vector<kpi::MetricChange> changes;
        for (const auto& row : rows) {
            if (row.change() != nullptr) changes.push_back(*row.change());
        }
        return changes;
    }

    // What is served, compared with a fold that shares no code with the repair.
    void expect_all_are_folds() {
        for (const auto& id : directory.all()) {
            std::optional<kpi::MetricDocument> document;
            auto rows = es::Rows<kpi::MetricRow>::with_history();
            for (const auto& event : es::read_stream(events, id)) {
                kpi::MetricView::fold(document, event, rows);
            }
            const auto found = views().find(id);
            ASSERT_TRUE(found && document) << id;
            EXPECT_EQ(found->document, *document) << id;
            EXPECT_EQ(all_values(id), kpi::values_among(rows.all())) << id;
            EXPECT_EQ(all_changes(id), changes_among(rows.all())) << id;
            auto counting = kpi::values_among(rows.all());
            std::erase_if(counting, [](const auto& row) { return row.retracted(); });
            EXPECT_EQ(found->values, counting) << id;
        }
    }

    const MongoOptions options = testing::own_database(testing::shared_mongo());
    Database database{options};
    InterruptedEvents events;
    ListedStreams directory;

private:
    std::unique_ptr<kpi::MetricViews> reader_;
};

}  // namespace views::mongodb
