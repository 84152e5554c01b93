// Copies put back, and what becomes of the events and views that were there, also when the disk
// fails or the process is killed.
#include "views/sqlite/event_restore.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/backup_fixture.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_check.hpp"
#include "es/sqlite/fault_vfs.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"

namespace views {
namespace {

using es::sqlite::append;
using es::sqlite::backup;
using es::sqlite::content_of;
using es::sqlite::events_in;
using es::sqlite::kill_within;
using es::sqlite::names_in;
using es::sqlite::refusal;
using std::filesystem::path;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class RestoreTest : public es::sqlite::BackupTest {
protected:
    EventRestore restore(const path& file, bool other_store = false) {
        RestoreOptions options;
        options.other_store = other_store;
        return restore_events(data(), file, options);
    }
};

TEST_F(RestoreTest, WhatAnInterruptedRestoreLeftIsNoBackup) {
    const path left = data() / "events.db.restoring";
    backup(data(), copy());
    std::filesystem::copy_file(copy(), left);
    EXPECT_THAT(refusal<es::Unusable>([&] { restore(left); }),
                HasSubstr("is what an interrupted restore left"));
    EXPECT_EQ(content_of(left), content_of(copy()));
}

TEST_F(RestoreTest, IsRestoredAndTheEventsThatWereThereAreKept) {
    backup(data(), copy());
    make("later", 5);
    const EventRestore restored = restore(copy());
    EXPECT_TRUE(restored.check.sound());
    EXPECT_EQ(restored.check.events, 10U);
    ASSERT_EQ(restored.kept, data() / "events.db.before-restore");
    EXPECT_THAT(names_in(data()),
                UnorderedElementsAre("events.db", "events.db.before-restore", "events.lock",
                                     "events.mark", "rebuild.lock", "views.lock"))
        << "and no log of either, before anybody reads";
    EXPECT_EQ(events_in(data(), "books"), 10U);
    EXPECT_EQ(events_in(data(), "later"), 0U);
    EXPECT_EQ(es::sqlite::check_events(*restored.kept, {}).events, 15U);
    // It is used like any other store, and can be restored again.
    make("after", 3);
    EXPECT_EQ(restore(*restored.kept).kept, data() / "events.db.before-restore-2");
    EXPECT_EQ(events_in(data(), "later"), 5U);
    EXPECT_EQ(events_in(data(), "after"), 0U);
}

TEST_F(RestoreTest, WhatIsLostBetweenARestoreAndTheFirstStartIsNoticed) {
    const path shorter = copies() / "shorter.db";
    backup(data(), shorter);
    make("later", 5);
    backup(data(), copy());
    const path fresh = copies() / "fresh" / "data";
    restore_events(fresh, copy(), {});
    std::filesystem::copy_file(shorter, fresh / "events.db",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_THAT(refusal<es::Unusable>(
                    [&] { es::SqliteEventStore store(fresh, {.witnesses = event_witnesses()}); }),
                HasSubstr("ends with event 10, but events.mark shows that there were 15"));
}

// As a projector that is started first: it makes its views from one long look at the events.
TEST_F(RestoreTest, OnceRestoredCanBeWrittenWhileSomebodyReads) {
    backup(data(), copy());
    restore(copy());
    es::sqlite::Connection reader(data() / "events.db", es::sqlite::Access::read);
    const es::sqlite::Transaction moment(reader, es::sqlite::Transaction::Kind::read);
    EXPECT_EQ(reader.ask_integer("SELECT count(*) FROM events"), 10);
    es::SqliteEventStore store(data(), {.witnesses = event_witnesses()});
    append(store, "books", 10, 1);
    EXPECT_EQ(events_in(data(), "books"), 11U);
    EXPECT_EQ(reader.ask_integer("SELECT count(*) FROM events"), 10);
}

TEST_F(RestoreTest, IsRestoredIntoAFolderThatIsNotThereYet) {
    backup(data(), copy());
    const path fresh = copies() / "fresh" / "data";
    EXPECT_EQ(restore_events(fresh, copy(), {}).kept, std::nullopt);
    EXPECT_EQ(events_in(fresh, "books"), 10U);
}

TEST_F(RestoreTest, ACopyThatWasMadeByHandWithItsLogIsRestoredWhole) {
    es::SqliteEventStore store(data(), {.witnesses = event_witnesses()});
    append(store, "later", 0, 5);  // in the log alone
    std::filesystem::copy(data() / "events.db", copy());
    std::filesystem::copy(data() / "events.db-wal", copies() / "copy.db-wal");
    const path fresh = copies() / "fresh";
    restore_events(fresh, copy(), {});
    EXPECT_EQ(events_in(fresh, "later"), 5U);
}

TEST_F(RestoreTest, OfAnotherStoreIsRestoredOnlyWhenThatIsMeant) {
    backup(data(), copy());
    const es::testing::TempFolder other;
    {
        es::SqliteEventStore store(other.path());
        append(store, "theirs", 0, 4);
    }
    EXPECT_THAT(refusal<es::Unusable>([&] { restore_events(other.path(), copy(), {}); }),
                HasSubstr("--force"));
    EXPECT_EQ(events_in(other.path(), "theirs"), 4U);
    RestoreOptions options;
    options.other_store = true;
    restore_events(other.path(), copy(), options);
    EXPECT_EQ(events_in(other.path(), "books"), 10U);
    EXPECT_EQ(es::sqlite::check_events(other.path() / "events.db.before-restore", {}).events, 4U);
}

TEST_F(RestoreTest, ThatIsNotSoundIsNotRestored) {
    backup(data(), copy());
    es::sqlite::Connection(copy(), es::sqlite::Access::write)
        .execute("UPDATE events SET version = 12 WHERE position = 3");
    const EventRestore refused = restore(copy());
    EXPECT_FALSE(refused.check.sound());
    EXPECT_EQ(refused.check.faults.at(0).position, 3);
    EXPECT_EQ(refused.kept, std::nullopt);
    EXPECT_THAT(refusal<es::Unusable>([&] { restore(copies() / "nothing"); }),
                HasSubstr("There is no"));
    EXPECT_THAT(refusal<es::Unusable>([&] { restore(data() / "events.db"); }),
                HasSubstr("is the event store itself"));
    std::ofstream(copies() / "empty.db") << "";
    EXPECT_THAT(refusal<es::Unusable>([&] { restore(copies() / "empty.db"); }),
                HasSubstr("is empty"));
    EXPECT_EQ(events_in(data(), "books"), 10U);
    EXPECT_EQ(es::sqlite::check_events(data() / "events.db", {}).faults_total, 0U);
}

TEST_F(RestoreTest, IsNotRestoredWhereSomebodyWritesOrReads) {
    backup(data(), copy());
    {
        es::SqliteEventStore store(data(), {.witnesses = event_witnesses()});
        EXPECT_THAT(refusal<es::InUse>([&] { restore(copy()); }), HasSubstr("writes its events"));
    }
    {
        const es::sqlite::FileLock projector(data(), "views.lock", "projector", "writes its views");
        EXPECT_THAT(refusal<es::InUse>([&] { restore(copy()); }), HasSubstr("writes its views"));
    }
    es::SqliteEventReader reader(data());
    EXPECT_EQ(es::read_stream(reader, "books").size(), 10U);
    EXPECT_THAT(refusal<es::InUse>([&] { restore(copy()); }), HasSubstr("open in another process"));
    EXPECT_EQ(es::read_stream(reader, "books").size(), 10U);
}

// Imported events have none.
TEST_F(RestoreTest, RestoredEventsWithoutCommandIdsAreToldFromThoseThatWereThere) {
    const auto append_at = [&](std::int64_t time) {
        es::SqliteEventStore store(data(), {.witnesses = event_witnesses()});
        auto events = es::testing::some_events("imported", 0, 5);
        for (auto& event : events) {
            event.metadata.command_id.clear();
            event.occurred_on = es::TimePoint(std::chrono::milliseconds(time));
        }
        ASSERT_EQ(es::append_one(store, {"imported", 0, std::move(events)}).status,
                  es::AppendStatus::stored);
    };
    const auto reached = [&] {
        SqliteMetricViews views(data(), {.writer = true});
        return views.checkpoints()["events"];
    };
    backup(data(), copy());
    append_at(1'000);
    {
        SqliteMetricViews views(data(), {.writer = true});
        es::ViewSave<kpi::MetricView> save;
        save.checkpoints["events"] = "15";
        views.save(save);
    }
    EXPECT_EQ(reached(), "15");
    restore(copy());
    append_at(2'000);
    EXPECT_EQ(reached(), "") << "the views begin afresh";
}

// A log next to the old events that were too damaged to take it must never be read with the new.
TEST_F(RestoreTest, ALogOfDamagedEventsIsKeptAndNotReplayedOntoTheRestoredOnes) {
    backup(data(), copy());
    const path events = data() / "events.db";
    const path whole = copies() / "whole";
    {
        es::SqliteEventStore store(data(), {.witnesses = event_witnesses()});
        append(store, "later", 0, 5);
        std::filesystem::copy(data(), whole);  // with the log that a kill would leave
    }
    for (const bool empty : {false, true}) {
        const es::testing::TempFolder broken;
        std::filesystem::copy(whole, broken.path());
        std::ofstream(broken.path() / "events.db", std::ios::binary)
            << (empty ? std::string() : std::string(8192, '\x5a'));
        const std::string log = content_of(broken.path() / "events.db-wal");
        ASSERT_GT(log.size(), 4096U);
        const EventRestore restored = restore_events(broken.path(), copy(), {});
        ASSERT_EQ(restored.kept, broken.path() / "events.db.before-restore");
        EXPECT_TRUE(content_of(broken.path() / "events.db.before-restore-wal") == log);
        es::SqliteEventStore store(broken.path(), {.witnesses = event_witnesses()});
        EXPECT_EQ(es::read_stream(store, "books").size(), 10U);
        EXPECT_EQ(es::read_stream(store, "later").size(), 0U);
    }
}

// Somebody deleted kept events, and not the log next to them.
TEST_F(RestoreTest, ALogThatIsLeftOfOthersIsNotTakenForThatOfTheKeptOnes) {
    backup(data(), copy());
    {
        es::SqliteEventStore store(data(), {.witnesses = event_witnesses()});
        append(store, "later", 0, 5);
        std::filesystem::copy(data() / "events.db-wal", data() / "events.db.before-restore-wal");
    }
    EXPECT_EQ(restore(copy()).kept, data() / "events.db.before-restore-2");
    EXPECT_EQ(es::sqlite::check_events(data() / "events.db.before-restore-2", {}).events, 15U);
}

TEST_F(RestoreTest, ARestoreThatWasKilledIsCompletedByTheNext) {
    make("large", 60'000);
    backup(data(), copy());
    make("later", 5);
    // In the middle of the copy and of the check.
    for (const bool copying : {true, false}) {
        kill_within(1, [&](const es::sqlite::CopyProgress& step) {
            RestoreOptions options;
            (copying ? options.on_copy : options.on_check) = step;
            restore_events(data(), copy(), options);
        });
        EXPECT_EQ(events_in(data(), "later"), 5U);
    }
    // Between the second name and the replacement.
    std::filesystem::create_hard_link(data() / "events.db", data() / "events.db.before-restore");
    EXPECT_EQ(restore(copy()).kept, data() / "events.db.before-restore");
    EXPECT_THAT(names_in(data()),
                UnorderedElementsAre("events.db", "events.db.before-restore", "events.lock",
                                     "events.mark", "rebuild.lock", "views.lock"))
        << "and no log of either, before anybody reads";
    EXPECT_EQ(events_in(data(), "later"), 0U);
    EXPECT_EQ(events_in(data(), "large"), 60'000U);
    EXPECT_EQ(es::sqlite::check_events(data() / "events.db.before-restore", {}).events, 60'015U);
}

TEST_F(RestoreTest, WhenTheDiskFailsARestoreLeavesTheEventsThatWereThere) {
    backup(data(), copy());
    bool failed = true;
    int nth = 0;
    while (failed && nth < 1000) {
        const es::testing::TempFolder folder;
        std::filesystem::copy(data() / "events.db", folder.path() / "events.db");
        {
            es::SqliteEventStore store(folder.path(), {.witnesses = event_witnesses()});
            append(store, "later", 0, 5);
        }
        es::sqlite::FaultVfs disk;
        disk.fail_from(++nth,
                       es::sqlite::FaultVfs::writes | es::sqlite::FaultVfs::truncates |
                           es::sqlite::FaultVfs::syncs,
                       SQLITE_FULL, es::sqlite::FaultVfs::Arrives::half);
        const std::string why =
            refusal<std::exception>([&] { restore_events(folder.path(), copy(), {}); });
        failed = disk.has_failed();
        EXPECT_EQ(why != "(none)", failed) << nth << why;
        disk.heal();
        es::SqliteEventStore store(folder.path(), {.witnesses = event_witnesses()});
        EXPECT_EQ(es::read_stream(store, "books").size(), 10U) << nth;
        EXPECT_EQ(es::read_stream(store, "later").size(), failed ? 5U : 0U) << nth;
    }
    EXPECT_GT(nth, 5);
    EXPECT_FALSE(failed);
}

}  // namespace
}  // namespace views
