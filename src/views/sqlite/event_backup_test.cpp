// Copies made while the events are written, copies put back, and what becomes of both when the disk
// fails or the process is killed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_backup.hpp"
#include "es/sqlite/fault_vfs.hpp"
#include "es/sqlite/sqlite_event_reader.hpp"
#include "es/sqlite/sqlite_event_store.hpp"
#include "es/testing/event_store_suite.hpp"
#include "views/sqlite/event_restore.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"

namespace views {
namespace {

using std::filesystem::path;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

void append(es::EventStore& store, const es::StreamId& stream, es::Version after,
            std::size_t count) {
    constexpr std::size_t at_once_max = 5000;
    while (count > 0) {
        const std::size_t now = std::min(count, at_once_max);
        const auto outcome =
            es::append_one(store, {stream, after, es::testing::some_events(stream, after, now)});
        ASSERT_EQ(outcome.status, es::AppendStatus::stored) << outcome.reason;
        after += static_cast<es::Version>(now);
        count -= now;
    }
}

std::string content_of(const path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> names_in(const path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        names.push_back(entry.path().filename().string());
    }
    return names;
}

std::size_t events_in(const path& folder, const es::StreamId& stream) {
    es::SqliteEventReader reader(folder);
    return es::read_stream(reader, stream).size();
}

// The sentence of the exception that `work` ends with.
template <class Exception, class Work>
std::string refusal(Work work) {
    try {
        work();
    } catch (const Exception& error) {
        return error.what();
    }
    return "(none)";
}

class BackupTest : public ::testing::Test {
protected:
    BackupTest() { make("books", 10); }

    void make(const es::StreamId& stream, std::size_t count) {
        es::SqliteEventStore store(data());
        append(store, stream, 0, count);
    }
    [[nodiscard]] path data() const { return data_.path(); }
    [[nodiscard]] path copies() const { return copies_.path(); }
    [[nodiscard]] path copy() const { return copies() / "copy.db"; }
    EventRestore restore(const path& file, bool other_store = false) {
        RestoreOptions options;
        options.other_store = other_store;
        return restore_events(data(), file, options);
    }

    const base::testing::TempFolder data_;
    const base::testing::TempFolder copies_;
};

TEST_F(BackupTest, IsAPlainDatabaseWithAllEvents) {
    const es::sqlite::EventBackup made = es::sqlite::backup_events(data(), copy());
    EXPECT_EQ(made.events, 10U);
    EXPECT_EQ(made.bytes, std::filesystem::file_size(copy()));
    EXPECT_THAT(names_in(copies()), ElementsAre("copy.db"));
    EXPECT_EQ(content_of(copy()).substr(18, 2), "\x01\x01") << "not in WAL mode";
    EXPECT_EQ(std::filesystem::status(copy()).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const es::sqlite::EventCheck check = es::sqlite::check_events(copy(), {});
    EXPECT_TRUE(check.sound());
    EXPECT_EQ(check.events, 10U);
    EXPECT_THAT(names_in(copies()), ElementsAre("copy.db")) << "reading it makes no files";
}

TEST_F(BackupTest, HoldsAllThatWasStoredBeforeItAndEndsWhileOthersWrite) {
    es::SqliteEventStore store(data());
    append(store, "large", 0, 3000);
    std::atomic<es::Version> stored = 0;
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (; !done; ++stored) append(store, "busy", stored, 1);
    });
    for (int i = 0; i < 5; ++i) {
        const auto before = static_cast<std::uint64_t>(stored);
        const es::sqlite::EventBackup made = es::sqlite::backup_events(data(), copy());
        EXPECT_GE(made.events, 3010 + before);
        const es::sqlite::EventCheck check = es::sqlite::check_events(copy(), {});
        EXPECT_TRUE(check.sound());
        EXPECT_EQ(check.events, made.events);
    }
    done = true;
    writer.join();
}

TEST_F(BackupTest, DoesNotBeginAgainWhenSomebodyCommitsBetweenTwoSteps) {
    es::SqliteEventStore store(data());
    append(store, "large", 0, 60'000);  // more than one step's pages
    es::Version between = 0;
    std::uint64_t last = 0;
    const es::sqlite::EventBackup made =
        es::sqlite::backup_events(data(), copy(), [&](auto pages, auto of) {
            if (pages <= last) throw std::runtime_error("it began again");
            EXPECT_LT(pages, of);
            last = pages;
            append(store, "between", between++, 1);
        });
    EXPECT_GT(between, 0);
    EXPECT_EQ(made.events, 60'010U);
}

TEST_F(BackupTest, RefusesWhereItCannotOrMustNotWrite) {
    const auto backup = [&](const path& file) {
        return refusal<es::Unusable>([&] { es::sqlite::backup_events(data(), file); });
    };
    for (const char* name : {"events.db-wal", "events.lock", "views.current", "anything"}) {
        EXPECT_THAT(backup(data() / name), HasSubstr("is in a data folder")) << name;
    }
    {
        const base::testing::TempFolder other;  // another store, which an earlier backup looks like
        const es::SqliteEventStore store(other.path());
        EXPECT_THAT(backup(other.path() / "events.db"), HasSubstr("is in a data folder"));
    }
    std::ofstream(copies() / "letter") << "Dear reader";
    EXPECT_THAT(backup(copies() / "letter"), HasSubstr("is no earlier backup"));
    ASSERT_EQ(::mkfifo((copies() / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(backup(copies() / "pipe"), HasSubstr("is no earlier backup"));
    EXPECT_THAT(backup(data() / "events.db"), HasSubstr("is in a data folder"));
    EXPECT_THAT(backup(data() / "." / "events.db"), HasSubstr("is in a data folder"));
    EXPECT_THAT(backup(copies()), HasSubstr("is a folder"));
    EXPECT_THAT(backup(copies() / "no" / "copy.db"), HasSubstr("No such file"));
    std::ofstream(copies() / "copy.db-wal") << "of another database";
    EXPECT_THAT(backup(copy()), HasSubstr("copy.db-wal is in the way"));
    EXPECT_THAT(refusal<es::Unusable>([&] { es::sqlite::backup_events(copies(), copy()); }),
                HasSubstr("There is no event store in " + copies().string()));
    EXPECT_THAT(names_in(copies()), UnorderedElementsAre("copy.db-wal", "letter", "pipe"));
}

TEST_F(BackupTest, ReplacesNoneOfAnotherStoreAndNoneThatHoldsMore) {
    const path shorter = copies() / "shorter.db";
    es::sqlite::backup_events(data(), shorter);
    make("later", 5);
    es::sqlite::backup_events(data(), copy());
    const std::string whole = content_of(copy());
    // An older copy of the store in its place.
    const base::testing::TempFolder older;
    std::filesystem::copy_file(shorter, older.path() / "events.db");
    EXPECT_THAT(refusal<es::Unusable>([&] { es::sqlite::backup_events(older.path(), copy()); }),
                HasSubstr("is a backup of 15 events, and there are 10 now"));
    const base::testing::TempFolder other;
    {
        es::SqliteEventStore store(other.path());
        append(store, "more", 0, 50);
    }
    EXPECT_THAT(refusal<es::Unusable>([&] { es::sqlite::backup_events(other.path(), copy()); }),
                HasSubstr("is a backup of another event store"));
    EXPECT_EQ(content_of(copy()), whole);
    EXPECT_EQ(es::sqlite::backup_events(data(), shorter).events, 15U) << "it holds less";
}

TEST_F(BackupTest, WhatAnInterruptedRestoreLeftIsNoBackup) {
    const path left = data() / "events.db.restoring";
    es::sqlite::backup_events(data(), copy());
    std::filesystem::copy_file(copy(), left);
    EXPECT_THAT(refusal<es::Unusable>([&] { restore(left); }),
                HasSubstr("is what an interrupted restore left"));
    EXPECT_EQ(content_of(left), content_of(copy()));
}

TEST_F(BackupTest, OfDamagedEventsLeavesTheEarlierOne) {
    es::sqlite::backup_events(data(), copy());
    const std::string earlier = content_of(copy());
    const path events = data() / "events.db";
    for (std::size_t page = 1; page < std::filesystem::file_size(events) / 4096; ++page) {
        std::string bytes = content_of(events);
        bytes.replace(page * 4096, 4096, std::string(4096, '\x5a'));
        const base::testing::TempFolder broken;
        std::ofstream(broken.path() / "events.db", std::ios::binary) << bytes;
        EXPECT_ANY_THROW(es::sqlite::backup_events(broken.path(), copy())) << page;
    }
    EXPECT_TRUE(content_of(copy()) == earlier);
    EXPECT_THAT(names_in(copies()), ElementsAre("copy.db"));
}

TEST_F(BackupTest, WhenTheDiskFailsLeavesTheEarlierOneAndNothingElse) {
    es::sqlite::backup_events(data(), copy());
    const std::string earlier = content_of(copy());
    make("more", 500);
    for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
        bool failed = true;
        int nth = 0;
        while (failed && nth < 1000) {
            es::sqlite::FaultVfs disk;
            disk.fail_from(++nth,
                           es::sqlite::FaultVfs::writes | es::sqlite::FaultVfs::truncates |
                               es::sqlite::FaultVfs::syncs,
                           code, es::sqlite::FaultVfs::Arrives::half);
            const std::string why =
                refusal<std::exception>([&] { es::sqlite::backup_events(data(), copy()); });
            failed = disk.has_failed();
            if (!failed) break;
            EXPECT_THAT(why, HasSubstr("can't be copied to " + copy().string())) << nth;
            EXPECT_TRUE(content_of(copy()) == earlier) << nth;
            EXPECT_THAT(names_in(copies()), ElementsAre("copy.db")) << nth;
        }
        EXPECT_GT(nth, 10);
        EXPECT_FALSE(failed);
        std::ofstream(copy(), std::ios::binary) << earlier;
    }
}

// Runs `work` in a process that is killed when it has called what it is given `times` times.
template <class Work>
void kill_within(int times, Work work) {
    const pid_t child = ::fork();
    if (child == 0) {
        int left = times;
        work([&](std::uint64_t, std::uint64_t) {
            if (--left == 0) ::raise(SIGKILL);
        });
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it was not killed";
}

TEST_F(BackupTest, KilledInTheMiddleDoesNoHarmAndTheNextOneSucceeds) {
    es::sqlite::backup_events(data(), copy());
    const std::string earlier = content_of(copy());
    make("large", 60'000);
    es::SqliteEventStore store(data());
    append(store, "later", 0, 1);  // to have a log
    kill_within(1, [&](const es::sqlite::CopyProgress& step) {
        es::sqlite::backup_events(data(), copy(), step);
    });
    EXPECT_TRUE(content_of(copy()) == earlier);
    EXPECT_THAT(names_in(copies()), UnorderedElementsAre("copy.db", "copy.db.partial"));
    // Nothing that was left may be taken for the next one's.
    std::ofstream(copies() / "copy.db.partial") << std::string(100'000, 'x');
    for (const char* suffix : {"-wal", "-journal"}) {
        std::filesystem::copy(data() / "events.db-wal",
                              (copies() / "copy.db.partial").string() + suffix);
    }
    EXPECT_EQ(es::sqlite::backup_events(data(), copy()).events, 60'011U);
    EXPECT_THAT(names_in(copies()), ElementsAre("copy.db"));
    EXPECT_TRUE(es::sqlite::check_events(copy(), {}).sound());
}

TEST_F(BackupTest, TwoAtOnceIntoOneFileDoNotMix) {
    make("large", 60'000);
    std::string second;
    es::sqlite::backup_events(data(), copy(), [&](auto, auto) {
        second = refusal<es::Unusable>([&] { es::sqlite::backup_events(data(), copy()); });
        es::sqlite::backup_events(data(), copies() / "other.db");
    });
    EXPECT_THAT(second, HasSubstr("Another process is making"));
    for (const char* name : {"copy.db", "other.db"}) {
        EXPECT_TRUE(es::sqlite::check_events(copies() / name, {}).sound());
    }
    EXPECT_THAT(names_in(copies()), UnorderedElementsAre("copy.db", "other.db"));
}

TEST_F(BackupTest, IsRestoredAndTheEventsThatWereThereAreKept) {
    es::sqlite::backup_events(data(), copy());
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
    // It goes on like any other store, also back again.
    make("after", 3);
    EXPECT_EQ(restore(*restored.kept).kept, data() / "events.db.before-restore-2");
    EXPECT_EQ(events_in(data(), "later"), 5U);
    EXPECT_EQ(events_in(data(), "after"), 0U);
}

TEST_F(BackupTest, WhatIsLostBetweenARestoreAndTheFirstStartIsNoticed) {
    const path shorter = copies() / "shorter.db";
    es::sqlite::backup_events(data(), shorter);
    make("later", 5);
    es::sqlite::backup_events(data(), copy());
    const path fresh = copies() / "fresh" / "data";
    restore_events(fresh, copy(), {});
    std::filesystem::copy_file(shorter, fresh / "events.db",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_THAT(refusal<es::Unusable>([&] { es::SqliteEventStore store(fresh); }),
                HasSubstr("ends with event 10, but events.mark shows that there were 15"));
}

// As a projector that is started first: it makes its views from one long look at the events.
TEST_F(BackupTest, OnceRestoredCanBeWrittenWhileSomebodyReads) {
    es::sqlite::backup_events(data(), copy());
    restore(copy());
    es::sqlite::Connection reader(data() / "events.db", es::sqlite::Access::read);
    const es::sqlite::Transaction moment(reader, es::sqlite::Transaction::Kind::read);
    EXPECT_EQ(reader.ask_integer("SELECT count(*) FROM events"), 10);
    es::SqliteEventStore store(data());
    append(store, "books", 10, 1);
    EXPECT_EQ(events_in(data(), "books"), 11U);
    EXPECT_EQ(reader.ask_integer("SELECT count(*) FROM events"), 10);
}

TEST_F(BackupTest, IsRestoredIntoAFolderThatIsNotThereYet) {
    es::sqlite::backup_events(data(), copy());
    const path fresh = copies() / "fresh" / "data";
    EXPECT_EQ(restore_events(fresh, copy(), {}).kept, std::nullopt);
    EXPECT_EQ(events_in(fresh, "books"), 10U);
}

TEST_F(BackupTest, ACopyThatWasMadeByHandWithItsLogIsRestoredWhole) {
    es::SqliteEventStore store(data());
    append(store, "later", 0, 5);  // in the log alone
    std::filesystem::copy(data() / "events.db", copy());
    std::filesystem::copy(data() / "events.db-wal", copies() / "copy.db-wal");
    const path fresh = copies() / "fresh";
    restore_events(fresh, copy(), {});
    EXPECT_EQ(events_in(fresh, "later"), 5U);
}

TEST_F(BackupTest, OfAnotherStoreIsRestoredOnlyWhenThatIsMeant) {
    es::sqlite::backup_events(data(), copy());
    const base::testing::TempFolder other;
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

TEST_F(BackupTest, ThatIsNotSoundIsNotRestored) {
    es::sqlite::backup_events(data(), copy());
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

TEST_F(BackupTest, IsNotRestoredWhereSomebodyWritesOrReads) {
    es::sqlite::backup_events(data(), copy());
    {
        es::SqliteEventStore store(data());
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

TEST_F(BackupTest, ReadersFollowWhenAnotherFileTakesThePlace) {
    es::SqliteEventReader reader(data());
    EXPECT_EQ(es::read_stream(reader, "books").size(), 10U);
    const path fresh = copies() / "fresh";
    {
        es::SqliteEventStore store(fresh);
        append(store, "books", 0, 3);
    }
    for (const char* suffix : {"-wal", "-shm"}) {
        std::filesystem::remove((data() / "events.db").string() + suffix);
    }
    std::filesystem::rename(fresh / "events.db", data() / "events.db");
    EXPECT_EQ(es::read_stream(reader, "books").size(), 3U);
}

// Imported events have none.
TEST_F(BackupTest, RestoredEventsWithoutCommandIdsAreToldFromThoseThatWereThere) {
    const auto append_at = [&](std::int64_t time) {
        es::SqliteEventStore store(data());
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
    es::sqlite::backup_events(data(), copy());
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

// A log beside the old events that were too damaged to take it must never be read with the new.
TEST_F(BackupTest, ALogOfDamagedEventsIsKeptAndNotReplayedOntoTheRestoredOnes) {
    es::sqlite::backup_events(data(), copy());
    const path events = data() / "events.db";
    const path whole = copies() / "whole";
    {
        es::SqliteEventStore store(data());
        append(store, "later", 0, 5);
        std::filesystem::copy(data(), whole);  // with the log that a kill would leave
    }
    for (const bool empty : {false, true}) {
        const base::testing::TempFolder broken;
        std::filesystem::copy(whole, broken.path());
        std::ofstream(broken.path() / "events.db", std::ios::binary)
            << (empty ? std::string() : std::string(8192, '\x5a'));
        const std::string log = content_of(broken.path() / "events.db-wal");
        ASSERT_GT(log.size(), 4096U);
        const EventRestore restored = restore_events(broken.path(), copy(), {});
        ASSERT_EQ(restored.kept, broken.path() / "events.db.before-restore");
        EXPECT_TRUE(content_of(broken.path() / "events.db.before-restore-wal") == log);
        es::SqliteEventStore store(broken.path());
        EXPECT_EQ(es::read_stream(store, "books").size(), 10U);
        EXPECT_EQ(es::read_stream(store, "later").size(), 0U);
    }
}

// Somebody deleted kept events, and not the log beside them.
TEST_F(BackupTest, ALogThatIsLeftOfOthersIsNotTakenForThatOfTheKeptOnes) {
    es::sqlite::backup_events(data(), copy());
    {
        es::SqliteEventStore store(data());
        append(store, "later", 0, 5);
        std::filesystem::copy(data() / "events.db-wal", data() / "events.db.before-restore-wal");
    }
    EXPECT_EQ(restore(copy()).kept, data() / "events.db.before-restore-2");
    EXPECT_EQ(es::sqlite::check_events(data() / "events.db.before-restore-2", {}).events, 15U);
}

TEST_F(BackupTest, ARestoreThatWasKilledIsCompletedByTheNext) {
    make("large", 60'000);
    es::sqlite::backup_events(data(), copy());
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

TEST_F(BackupTest, WhenTheDiskFailsARestoreLeavesTheEventsThatWereThere) {
    es::sqlite::backup_events(data(), copy());
    bool failed = true;
    int nth = 0;
    while (failed && nth < 1000) {
        const base::testing::TempFolder folder;
        std::filesystem::copy(data() / "events.db", folder.path() / "events.db");
        {
            es::SqliteEventStore store(folder.path());
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
        es::SqliteEventStore store(folder.path());
        EXPECT_EQ(es::read_stream(store, "books").size(), 10U) << nth;
        EXPECT_EQ(es::read_stream(store, "later").size(), failed ? 5U : 0U) << nth;
    }
    EXPECT_GT(nth, 5);
    EXPECT_FALSE(failed);
}

}  // namespace
}  // namespace views
