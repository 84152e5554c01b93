// Events and the views of them in one folder, for tests of the files and of what happens to them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/temp_folder.hpp"
#include "es/catch_up.hpp"
#include "es/errors.hpp"
#include "es/projection.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/fault_vfs.hpp"
#include "es/testing/event_store_suite.hpp"
#include "kpi/testing/view_store_checks.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"
#include "views/sqlite/view_build.hpp"

namespace views {

class SqliteMetricViewsFiles : public ::testing::Test {
protected:
    // The views as a projector opens them; what they log is in `logged`.
    std::unique_ptr<SqliteMetricViews> open_views() {
        logged.clear();
        return std::make_unique<SqliteMetricViews>(
            folder.path(), SqliteMetricViewsOptions{
                               .writer = true,
                               .retired_kept = std::chrono::milliseconds(0),
                               .on_fatal = [this](const std::string&) { ++fatal; },
                               .log = [this](const std::string& line) { logged.push_back(line); }});
    }

    void open_events() {
        events = std::make_unique<es::SqliteEventStore>(
            folder.path(), es::SqliteEventStoreOptions{.witnesses = event_witnesses()});
    }

    void append(const std::string& stream, es::Version expected, const std::string& command = {}) {
        auto recorded = es::testing::some_events(stream, expected, 1);
        if (!command.empty()) recorded[0].metadata.command_id = command;
        ASSERT_EQ(es::append_one(*events, {stream, expected, recorded}).status,
                  es::AppendStatus::stored);
    }

    static void save_with_checkpoint(kpi::MetricViews& views, const std::string& position) {
        kpi::testing::Save save =
            kpi::testing::saving({kpi::testing::change("m", 0, kpi::testing::metric())});
        save.checkpoints["events"] = position;
        ASSERT_THAT(views.save(save), ::testing::IsEmpty());
    }

    // One event, one metric, and the checkpoint after it.
    void prepare() {
        open_events();
        append("m", 0);
        save_with_checkpoint(*open_views(), "1");
    }

    // What a start that notices something says. Nothing is left of the old views, and readers are
    // shown none until the new ones have caught up.
    std::string afresh() {
        const auto views = open_views();
        EXPECT_THAT(views->checkpoints(), ::testing::IsEmpty());
        EXPECT_THAT(views->load({"m"}), ::testing::IsEmpty());
        EXPECT_THROW(views->version("m"), es::Unavailable);
        EXPECT_THAT(logged, ::testing::SizeIs(1));
        return logged.empty() ? "nothing" : logged[0];
    }

    // As a projector does it between batches; true when other views have come into place.
    static bool look_after(SqliteMetricViews& views) {
        return views.upkeep([] { return false; }).next == es::Upkeep::Next::reload;
    }

    // Applies all events, as a projector does.
    void project(SqliteMetricViews& views) {
        es::SqliteEventFeed feed(folder.path());
        es::Projection<kpi::MetricView> projection(*events, views, {});
        es::catch_up(feed, projection, views.checkpoints(), {});
    }

    // The version of "m" then.
    es::Version open_views_again_and_project() {
        const base::testing::TempFolder copy;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
            std::filesystem::copy(entry.path(), copy.path() / entry.path().filename());
        }
        SqliteMetricViews views(copy.path(), {.writer = true});
        es::SqliteEventFeed feed(copy.path());
        es::Projection<kpi::MetricView> projection(*events, views, {});
        es::catch_up(feed, projection, views.checkpoints(), {});
        return views.version("m");
    }

    static es::RecordedEvent creation_of(const std::string& stream) {
        es::RecordedEvent created;
        created.stream = stream;
        created.version = 1;
        created.type = "MetricCreated";
        created.payload = R"({"name":"n","description":"d","target":1,"unit":"u",)"
                          R"("deadline":"2099-12-31T00:00:00.000Z"})";
        created.metadata.command_id = "created " + stream;
        return created;
    }

    void create(const std::string& stream) {
        ASSERT_EQ(es::append_one(*events, {stream, 0, {creation_of(stream)}}).status,
                  es::AppendStatus::stored);
    }

    // What `yardstick rebuild` leaves behind.
    void rebuild() { ASSERT_TRUE(sqlite::rebuild_views(folder.path(), {})); }

    std::filesystem::path file(const char* name) { return folder.path() / name; }

    es::sqlite::FaultVfs disk;
    const base::testing::TempFolder folder;
    std::unique_ptr<es::SqliteEventStore> events;
    std::vector<std::string> logged;
    int fatal = 0;
};

}  // namespace views
