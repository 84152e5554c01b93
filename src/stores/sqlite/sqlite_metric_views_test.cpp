#include "stores/sqlite/sqlite_metric_views.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "es/catch_up.hpp"
#include "es/errors.hpp"
#include "es/testing/event_store_suite.hpp"
#include "kpi/testing/view_store_checks.hpp"
#include "kpi/testing/view_store_suite.hpp"
#include "stores/sqlite/connection.hpp"
#include "stores/sqlite/fault_vfs.hpp"
#include "stores/sqlite/sqlite_event_feed.hpp"
#include "stores/sqlite/sqlite_event_store.hpp"
#include "stores/sqlite/temp_folder.hpp"
#include "stores/sqlite/view_build.hpp"
#include "stores/sqlite/view_folder.hpp"

namespace stores {
namespace {

using kpi::testing::at;
using kpi::testing::change;
using kpi::testing::metric;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct OwnedViews : TempFolder, SqliteMetricViews {
    OwnedViews() : SqliteMetricViews(path(), {.writer = true}) {}
};

[[maybe_unused]] const bool joined = kpi::testing::join_view_store_suite(
    "SqliteMetricViewsSuite", [] { return std::make_shared<OwnedViews>(); });

// Events and the views of them, in one folder.
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

    void open_events() { events = std::make_unique<SqliteEventStore>(folder.path()); }

    void append(const std::string& stream, es::Version expected, const std::string& command = {}) {
        auto recorded = es::testing::some_events(stream, expected, 1);
        if (!command.empty()) recorded[0].metadata.command_id = command;
        ASSERT_EQ(es::append_one(*events, {stream, expected, recorded}).status,
                  es::AppendStatus::stored);
    }

    static void save_with_checkpoint(kpi::MetricViews& views, const std::string& position) {
        kpi::testing::Save save = kpi::testing::saving({change("m", 0, metric())});
        save.checkpoints["events"] = position;
        ASSERT_THAT(views.save(save), IsEmpty());
    }

    // One event, one metric, and the checkpoint behind it.
    void prepare() {
        open_events();
        append("m", 0);
        save_with_checkpoint(*open_views(), "1");
    }

    // What a start that notices something says. Nothing is left of the old views, and readers are
    // shown none until the new ones have caught up.
    std::string afresh() {
        const auto views = open_views();
        EXPECT_THAT(views->checkpoints(), IsEmpty());
        EXPECT_THAT(views->load({"m"}), IsEmpty());
        EXPECT_THROW(views->version("m"), es::Unavailable);
        EXPECT_THAT(logged, SizeIs(1));
        return logged.empty() ? "nothing" : logged[0];
    }

    // As a projector does it between batches; true when other views have come into place.
    static bool look_after(SqliteMetricViews& views) {
        return views.upkeep([] { return false; }).exchanged;
    }

    // Applies all events, as a projector does.
    void project(SqliteMetricViews& views) {
        SqliteEventFeed feed(folder.path());
        es::Projection<kpi::MetricView> projection(*events, views, {});
        es::catch_up(feed, projection, views.checkpoints(), {});
    }

    // The version of "m" then.
    es::Version open_views_again_and_project() {
        const TempFolder copy;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
            std::filesystem::copy(entry.path(), copy.path() / entry.path().filename());
        }
        SqliteMetricViews views(copy.path(), {.writer = true});
        SqliteEventFeed feed(copy.path());
        es::Projection<kpi::MetricView> projection(*events, views, {});
        es::catch_up(feed, projection, views.checkpoints(), {});
        return views.version("m");
    }

    void create(const std::string& stream) {
        es::RecordedEvent created;
        created.stream = stream;
        created.version = 1;
        created.type = "MetricCreated";
        created.payload = R"({"name":"n","description":"d","target":1,"unit":"u",)"
                          R"("deadline":"2099-12-31T00:00:00.000Z"})";
        created.metadata.command_id = "created " + stream;
        ASSERT_EQ(es::append_one(*events, {stream, 0, {created}}).status, es::AppendStatus::stored);
    }

    // What `yardstick rebuild` leaves behind.
    void rebuild() { ASSERT_TRUE(sqlite::rebuild_views(folder.path(), {})); }

    std::filesystem::path file(const char* name) { return folder.path() / name; }

    FaultVfs disk;
    const TempFolder folder;
    std::unique_ptr<SqliteEventStore> events;
    std::vector<std::string> logged;
    int fatal = 0;
};

TEST_F(SqliteMetricViewsFiles, AreKeptOverARestart) {
    prepare();
    const auto views = open_views();
    EXPECT_THAT(logged, IsEmpty());
    EXPECT_EQ(views->version("m"), 1);
    EXPECT_EQ(views->checkpoints().at("events"), "1");
}

TEST_F(SqliteMetricViewsFiles, BeginAfreshWhenTheyWereDeleted) {
    prepare();
    std::filesystem::remove(file("views-1.db"));
    EXPECT_THAT(afresh(), HasSubstr("there are none yet"));
}

TEST_F(SqliteMetricViewsFiles, BeginAfreshForAnotherEventStore) {
    prepare();
    events.reset();
    for (const char* name : {"events.db", "events.db-wal", "events.db-shm"}) {
        std::filesystem::remove(file(name));
    }
    open_events();
    append("m", 0);
    EXPECT_THAT(afresh(), HasSubstr("other events"));
    look_after(*open_views());
    EXPECT_TRUE(std::filesystem::exists(file("views-2.db")));
}

TEST_F(SqliteMetricViewsFiles, AreDeletedSomeTimeAfterOthersTookTheirPlace) {
    prepare();
    const auto views = open_views();
    rebuild();
    EXPECT_TRUE(look_after(*views));
    EXPECT_TRUE(std::filesystem::exists(file("views-1.db"))) << "a reader may be opening them";
    EXPECT_FALSE(look_after(*views));
    EXPECT_FALSE(std::filesystem::exists(file("views-1.db")));
    EXPECT_FALSE(std::filesystem::exists(file("views-1.db-wal")));
    EXPECT_TRUE(std::filesystem::exists(file("views-2.db")));
}

TEST_F(SqliteMetricViewsFiles, BeginAfreshWhenTheEventsWereRestoredFromAnOlderCopy) {
    open_events();
    append("m", 0);
    events.reset();
    std::filesystem::copy(file("events.db"), file("backup"));
    open_events();
    append("n", 0);
    save_with_checkpoint(*open_views(), "2");
    events.reset();
    std::filesystem::copy(file("backup"), file("events.db"),
                          std::filesystem::copy_options::overwrite_existing);
    open_events();
    EXPECT_THAT(afresh(), HasSubstr("ahead of the events"));

    save_with_checkpoint(*open_views(), "1");
    append("n", 0, "another");
    EXPECT_EQ(open_views()->checkpoints().at("events"), "1") << "what follows doesn't matter";
    EXPECT_EQ(open_views()->version("m"), 1);
}

TEST_F(SqliteMetricViewsFiles, BeginAfreshWhenOtherEventsFollowedARestoredCopy) {
    open_events();
    append("m", 0);
    events.reset();
    std::filesystem::copy(file("events.db"), file("backup"));
    open_events();
    append("n", 0, "before");
    save_with_checkpoint(*open_views(), "2");
    events.reset();
    std::filesystem::copy(file("backup"), file("events.db"),
                          std::filesystem::copy_options::overwrite_existing);
    open_events();
    append("n", 0, "afterwards");
    EXPECT_THAT(afresh(), HasSubstr("changed"));
}

TEST_F(SqliteMetricViewsFiles, BeginAfreshWhenTheyAreDamaged) {
    prepare();
    std::ofstream(file("views-1.db"), std::ios::binary | std::ios::in) << std::string(512, 'x');
    EXPECT_THAT(afresh(), HasSubstr("damaged"));
    {
        const auto views = open_views();
        kpi::testing::create_with_values(*views, "m", {{1, at(1)}, {2, at(2)}});
        kpi::testing::Save save;
        save.checkpoints["events"] = "1";
        views->save(save);
        EXPECT_EQ(views->version("m"), 3);
    }
    std::ofstream tables(file("views-2.db"), std::ios::binary | std::ios::in);
    tables.seekp(4096);
    tables << std::string(4096 * 10, 'x');
    tables.close();
    EXPECT_THAT(afresh(), HasSubstr("damaged"));
}

TEST_F(SqliteMetricViewsFiles, RefuseANewerFormat) {
    prepare();
    sqlite::Connection(file("views-1.db"), sqlite::Access::write)
        .execute("PRAGMA user_version = 99");
    EXPECT_THROW(open_views(), es::Unusable);
    EXPECT_THROW(SqliteMetricViews reader(folder.path()), es::Unusable);
}

TEST_F(SqliteMetricViewsFiles, HaveOneWriter) {
    prepare();
    const auto views = open_views();
    EXPECT_THROW(open_views(), es::Unusable);
}

TEST_F(SqliteMetricViewsFiles, AReaderWaitsForThemAndFollowsNewOnes) {
    open_events();
    append("m", 0);
    SqliteMetricViews reader(folder.path());
    EXPECT_THROW(reader.find("m"), es::Unavailable);
    EXPECT_FALSE(std::filesystem::exists(file("views.current"))) << "a reader makes no files";
    const auto names_before = open_views();
    save_with_checkpoint(*names_before, "1");
    EXPECT_EQ(reader.version("m"), 1);
    EXPECT_THROW(reader.save({}), es::Unavailable);
}

TEST_F(SqliteMetricViewsFiles, AReaderChangesOverToTheViewsInForce) {
    prepare();
    SqliteMetricViews reader(folder.path());
    EXPECT_EQ(reader.version("m"), 1);
    std::ofstream(file("views-1.db.damaged")) << "";
    EXPECT_THAT(afresh(), HasSubstr("damaged"));
    EXPECT_THROW(reader.version("m"), es::Unavailable) << "none until the new ones caught up";
    save_with_checkpoint(*open_views(), "1");
    EXPECT_EQ(reader.version("m"), 1);
}

TEST_F(SqliteMetricViewsFiles, OfARebuildAreTakenOverWhenTheyHaveCaughtUp) {
    open_events();
    create("m");
    const auto views = open_views();
    project(*views);
    SqliteMetricViews reader(folder.path());
    rebuild();
    create("n");
    project(*views);
    EXPECT_EQ(reader.version("n"), 1);
    EXPECT_TRUE(look_after(*views));
    EXPECT_EQ(views->checkpoints().at("events"), "1") << "the writer goes on where they end";
    EXPECT_EQ(reader.version("n"), 1) << "readers keep the old ones, which have more";
    project(*views);
    EXPECT_THAT(logged.back(), HasSubstr("in force, at position 2"));
    EXPECT_EQ(reader.version("n"), 1);
    EXPECT_EQ(reader.find("m")->document, views->load({"m"}).at("m"));
}

TEST_F(SqliteMetricViewsFiles, OfARebuildGoOnCatchingUpAfterACrash) {
    open_events();
    create("m");
    auto views = open_views();
    project(*views);
    rebuild();
    create("n");
    project(*views);
    ASSERT_TRUE(look_after(*views));
    views.reset();
    views = open_views();
    EXPECT_EQ(views->version("n"), 1) << "the old ones are still in force";
    EXPECT_EQ(views->checkpoints().at("events"), "1");
    project(*views);
    EXPECT_EQ(views->checkpoints().at("events"), "2");
    views.reset();
    std::filesystem::remove(file("views-1.db"));
    EXPECT_EQ(open_views()->version("n"), 1) << "the new ones are in force";
}

TEST_F(SqliteMetricViewsFiles, OfARebuildAreRefusedWhenTheyDontFitTheEvents) {
    open_events();
    create("m");
    rebuild();
    events.reset();
    for (const char* name : {"events.db", "events.db-wal", "events.db-shm"}) {
        std::filesystem::remove(file(name));
    }
    open_events();
    create("m");
    const auto views = open_views();
    project(*views);
    EXPECT_FALSE(look_after(*views));
    EXPECT_THAT(logged.back(), HasSubstr("other events"));
    EXPECT_FALSE(std::filesystem::exists(file("views.rebuilt")));
    EXPECT_EQ(views->version("m"), 1);
}

TEST_F(SqliteMetricViewsFiles, SurviveGarbageInThePlaceOfRebuiltOnes) {
    open_events();
    create("m");
    const auto views = open_views();
    project(*views);
    for (const char* garbage : {"", "garbage, and no database at all"}) {
        std::ofstream(file("views.rebuilt"), std::ios::binary) << garbage;
        EXPECT_FALSE(look_after(*views));
        EXPECT_FALSE(std::filesystem::exists(file("views.rebuilt")));
        EXPECT_FALSE(look_after(*views));
        EXPECT_EQ(views->version("m"), 1);
    }
    for (const char* pointer : {"views.next", "views.current"}) {
        std::ofstream(file(pointer), std::ios::binary) << "../../no such file";
        EXPECT_EQ(open_views_again_and_project(), 1) << pointer;
    }
}

// A projector goes on with what it had in mind; so it must hear of the exchange, however often
// making it failed before.
TEST_F(SqliteMetricViewsFiles, AreNotSavedBetweenAnExchangeOfTheEventsAndNewViews) {
    open_events();
    create("m");
    const auto views = open_views();
    project(*views);
    events.reset();
    std::filesystem::rename(file("events.db"), file("moved away"));
    std::filesystem::copy(file("moved away"), file("events.db"));
    open_events();
    disk.fail_from(1, FaultVfs::writes, SQLITE_FULL);
    for (int times = 0; times < 3; ++times) {
        EXPECT_THROW(look_after(*views), es::Unavailable);
        EXPECT_THROW(views->save({}), es::Unavailable) << "onto the old events' views";
        EXPECT_THROW(views->version("m"), es::Unavailable) << "nobody is shown them either";
    }
    disk.heal();
    EXPECT_TRUE(look_after(*views));
    EXPECT_FALSE(look_after(*views));
    EXPECT_THAT(views->checkpoints(), IsEmpty());
    project(*views);
    EXPECT_EQ(views->version("m"), 1);
}

// Whatever fails in the middle of beginning afresh and taking over: whoever projects hears of other
// views before it saves into them, else it would go on from the old ones' checkpoint.
TEST_F(SqliteMetricViewsFiles, AreNeverExchangedWithoutAWord) {
    open_events();
    create("m");
    create("n");
    bool failed = true;
    for (int nth = 1; failed && nth < 100; ++nth) {
        SCOPED_TRACE("operation " + std::to_string(nth));
        const auto views = open_views();
        project(*views);
        look_after(*views);
        rebuild();
        std::filesystem::remove(*sqlite::named_views(folder.path(), "views.current"));
        disk.fail_from(nth, FaultVfs::opens | FaultVfs::writes, SQLITE_IOERR_WRITE,
                       FaultVfs::Arrives::nothing, 1);
        bool told = false;
        for (int tries = 0; tries < 5; ++tries) {
            try {
                told = look_after(*views) || told;
            } catch (const es::Unavailable&) {
                EXPECT_FALSE(told);
            }
        }
        failed = disk.has_failed();
        disk.heal();
        EXPECT_TRUE(told);
        project(*views);
        EXPECT_EQ(views->version("m"), 1);
        EXPECT_EQ(views->version("n"), 1);
    }
    EXPECT_FALSE(failed) << "it never went through without a failure";
}

TEST_F(SqliteMetricViewsFiles, AreMendedWhileTheyRun) {
    open_events();
    create("m");
    const auto views = open_views();
    const auto mended = [&] {
        EXPECT_TRUE(look_after(*views));
        EXPECT_THAT(views->checkpoints(), IsEmpty());
        project(*views);
        return views->version("m") == 1;
    };
    project(*views);
    EXPECT_FALSE(look_after(*views));
    std::filesystem::remove(file("views-1.db"));
    EXPECT_TRUE(mended());
    for (const char* text : {"", "garbage", "views-77.db"}) {
        std::ofstream(file("views.current"), std::ios::binary) << text;
        EXPECT_FALSE(look_after(*views)) << "the pointer alone is put right";
        EXPECT_EQ(views->version("m"), 1);
    }
    std::filesystem::remove(file("views.current"));
    EXPECT_FALSE(look_after(*views));
    EXPECT_EQ(views->version("m"), 1);
    events.reset();
    std::filesystem::rename(file("events.db"), file("moved away"));
    std::filesystem::copy(file("moved away"), file("events.db"));
    open_events();
    create("n");
    EXPECT_TRUE(mended()) << "a copy of events.db took its place";
    EXPECT_EQ(views->version("n"), 1);
}

TEST_F(SqliteMetricViewsFiles, ManyEventsAreBuiltInOneGo) {
    open_events();
    std::vector<es::Append> batch;
    for (int stream = 0; stream < 1000; ++stream) {
        create("m" + std::to_string(stream));
    }
    for (int stream = 0; stream < 1000; ++stream) {
        const auto id = "m" + std::to_string(stream);
        auto reported = es::testing::some_events(id, 1, 20);
        for (auto& event : reported) {
            event.type = "MetricValueUpdated";
            event.payload = R"({"value":)" + std::to_string(event.version) + "}";
        }
        batch.push_back({id, 1, reported});
    }
    events->append(batch, [](std::size_t, const es::AppendOutcome&) {});
    const auto views = open_views();
    EXPECT_THROW(views->version("m7"), es::Unavailable);
    EXPECT_TRUE(look_after(*views));
    EXPECT_EQ(views->version("m7"), 21) << "in force without a projection";
    EXPECT_EQ(views->find("m7")->document.values_total, 20);
    EXPECT_EQ(views->values({"m999", {}, {}, false, {}, 100})->items.size(), 20U);
    EXPECT_EQ(views->checkpoints().at("events"), "21000");
}

TEST_F(SqliteMetricViewsFiles, TellOfARequestedRebuildUntilItIsDone) {
    open_events();
    create("m");
    const auto views = open_views();
    project(*views);
    sqlite::replace_text(file("views.request"), "m");
    for (int times = 0; times < 2; ++times) {
        EXPECT_THAT(views->upkeep([] { return false; }).rebuild, ElementsAre("m"));
    }
    views->rebuilt("another");
    EXPECT_THAT(views->upkeep([] { return false; }).rebuild, ElementsAre("m"));
    views->rebuilt("m");
    EXPECT_THAT(views->upkeep([] { return false; }).rebuild, IsEmpty());
}

TEST_F(SqliteMetricViewsFiles, SurviveAFullDisk) {
    open_events();
    append("m", 0);
    bool failed = true;
    int nth = 0;
    const auto views = open_views();
    save_with_checkpoint(*views, "1");
    kpi::MetricDocument reported = metric();
    reported.values_total = 1;
    while (failed && nth < 100) {
        ++nth;
        SCOPED_TRACE("write " + std::to_string(nth));
        const auto id = "m" + std::to_string(nth);
        kpi::testing::Save save = kpi::testing::saving(
            {change(id, 0, reported, {{1, at(1), 1}}), change(id + "b", 0, metric())});
        save.checkpoints["events"] = "1";
        disk.fail_from(nth, FaultVfs::writes, SQLITE_FULL, FaultVfs::Arrives::half);
        try {
            views->save(save);
        } catch (const es::Unavailable&) {
            EXPECT_EQ(views->version(id), 0);
        }
        failed = disk.has_failed();
        disk.heal();
        EXPECT_THAT(views->save(save), IsEmpty());
        EXPECT_THAT(views->find(id)->values, SizeIs(1));
        EXPECT_EQ(views->version(id + "b"), 1);
    }
    EXPECT_GT(nth, 2);
    EXPECT_FALSE(failed);
    EXPECT_EQ(fatal, 0);
}

TEST_F(SqliteMetricViewsFiles, EndWithAFailedSync) {
    open_events();
    append("m", 0);
    {
        const auto views = open_views();
        save_with_checkpoint(*views, "1");
        disk.fail_from(1, FaultVfs::syncs, SQLITE_IOERR_FSYNC);
        // Only checkpoints sync, so it takes some saves.
        for (int i = 0; i < 2000 && fatal == 0; ++i) {
            kpi::MetricDocument document = metric();
            document.description = std::string(4000, 'x');
            try {
                views->save(kpi::testing::saving({change("m" + std::to_string(i), 0, document)}));
            } catch (const es::Unavailable&) {
            }
        }
        EXPECT_EQ(fatal, 1);
        EXPECT_THROW(views->save({}), es::Unavailable);
        disk.heal();
    }
    EXPECT_THAT(afresh(), HasSubstr("damaged"));
}

// After a power loss documents and checkpoints are of one moment, though perhaps not the last.
TEST_F(SqliteMetricViewsFiles, GoBackAsAWholeWithAPowerLoss) {
    for (unsigned seed = 0; seed < 10 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const TempFolder before;
        const TempFolder after;
        SqliteMetricViews views(before.path(), {.writer = true});
        for (int i = 1; i <= 30; ++i) {
            kpi::MetricDocument document = metric();
            document.version = i;
            document.description = std::string(4000, 'x');
            kpi::testing::Save save;
            for (int m = 0; m < 60; ++m) {
                save.changes.push_back(change("m" + std::to_string(m), i - 1, document));
            }
            save.checkpoints["events"] = std::to_string(i);
            views.save(save);
        }
        disk.lose_power(before.path(), after.path(), seed);
        std::filesystem::copy(before.path() / "views.current", after.path() / "views.current");
        SqliteMetricViews restarted(after.path(), {.writer = true});
        const auto checkpoints = restarted.checkpoints();
        const auto reached = checkpoints.contains("events") ? checkpoints.at("events") : "0";
        for (const auto& id : {"m0", "m31", "m59"}) {
            EXPECT_EQ(std::to_string(restarted.version(id)), reached);
        }
    }
}

TEST_F(SqliteMetricViewsFiles, AreReadWhileTheyAreSaved) {
    open_events();
    append("m", 0);
    const auto views = open_views();
    save_with_checkpoint(*views, "1");
    SqliteMetricViews reader(folder.path());
    std::atomic<bool> done = false;
    std::jthread projector([&] {
        for (es::Version version = 2; version <= 200; ++version) {
            kpi::MetricDocument document = metric();
            document.version = version;
            document.values_total = version - 1;
            views->save(kpi::testing::saving(
                {change("m", version - 1, document, {{1, at(version), version}})}));
        }
        done = true;
    });
    while (!done) {
        const auto found = reader.find("m");
        ASSERT_TRUE(found);
        const auto values = static_cast<std::size_t>(found->document.values_total);
        EXPECT_EQ(found->values.size(), std::min(values, kpi::document_values_max));
        if (values > 0) {
            EXPECT_EQ(found->values.back().version, found->document.version);
        }
    }
}

}  // namespace
}  // namespace stores
