// Copies made while the events are written, and what becomes of them when the disk fails or the
// process is killed.
#include "es/sqlite/event_backup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "es/errors.hpp"
#include "es/sqlite/backup_fixture.hpp"
#include "es/sqlite/event_check.hpp"
#include "es/sqlite/fault_vfs.hpp"

namespace es::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

TEST_F(BackupTest, IsAPlainDatabaseWithAllEvents) {
    const EventBackup made = backup(data(), copy());
    EXPECT_EQ(made.events, 10U);
    EXPECT_EQ(made.bytes, std::filesystem::file_size(copy()));
    EXPECT_THAT(names_in(copies()), ElementsAre("copy.db"));
    EXPECT_EQ(content_of(copy()).substr(18, 2), "\x01\x01") << "not in WAL mode";
    EXPECT_EQ(std::filesystem::status(copy()).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const EventCheck check = check_events(copy(), {});
    EXPECT_TRUE(check.sound());
    EXPECT_EQ(check.events, 10U);
    EXPECT_THAT(names_in(copies()), ElementsAre("copy.db")) << "reading it makes no files";
}

TEST_F(BackupTest, HoldsAllThatWasStoredBeforeItAndEndsWhileOthersWrite) {
    SqliteEventStore store(data());
    append(store, "large", 0, 3000);
    std::atomic<es::Version> stored = 0;
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (; !done; ++stored) append(store, "busy", stored, 1);
    });
    for (int i = 0; i < 5; ++i) {
        const auto before = static_cast<std::uint64_t>(stored);
        const EventBackup made = backup(data(), copy());
        EXPECT_GE(made.events, 3010 + before);
        const EventCheck check = check_events(copy(), {});
        EXPECT_TRUE(check.sound());
        EXPECT_EQ(check.events, made.events);
    }
    done = true;
    writer.join();
}

TEST_F(BackupTest, DoesNotBeginAgainWhenSomebodyCommitsBetweenTwoSteps) {
    SqliteEventStore store(data());
    append(store, "large", 0, 60'000);  // more than one step's pages
    es::Version between = 0;
    std::uint64_t last = 0;
    const EventBackup made = backup(data(), copy(), [&](auto pages, auto of) {
        if (pages <= last) throw std::runtime_error("it began again");
        EXPECT_LT(pages, of);
        last = pages;
        append(store, "between", between++, 1);
    });
    EXPECT_GT(between, 0);
    EXPECT_EQ(made.events, 60'010U);
}

TEST_F(BackupTest, RefusesWhereItCannotOrMustNotWrite) {
    const auto refused = [&](const path& file) {
        return refusal<es::Unusable>([&] { backup(data(), file); });
    };
    for (const char* name : {"events.db-wal", "events.lock", "views.current", "anything"}) {
        EXPECT_THAT(refused(data() / name), HasSubstr("is in a data folder")) << name;
    }
    {
        const es::testing::TempFolder other;  // another store, which an earlier backup looks like
        const SqliteEventStore store(other.path());
        EXPECT_THAT(refused(other.path() / "events.db"), HasSubstr("is in a data folder"));
    }
    std::ofstream(copies() / "letter") << "Dear reader";
    EXPECT_THAT(refused(copies() / "letter"), HasSubstr("is no earlier backup"));
    ASSERT_EQ(::mkfifo((copies() / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(refused(copies() / "pipe"), HasSubstr("is no earlier backup"));
    EXPECT_THAT(refused(data() / "events.db"), HasSubstr("is in a data folder"));
    EXPECT_THAT(refused(data() / "." / "events.db"), HasSubstr("is in a data folder"));
    EXPECT_THAT(refused(copies()), HasSubstr("is a folder"));
    EXPECT_THAT(refused(copies() / "no" / "copy.db"), HasSubstr("No such file"));
    std::ofstream(copies() / "copy.db-wal") << "of another database";
    EXPECT_THAT(refused(copy()), HasSubstr("copy.db-wal is in the way"));
    EXPECT_THAT(refusal<es::Unusable>([&] { backup(copies(), copy()); }),
                HasSubstr("There is no event store in " + copies().string()));
    EXPECT_THAT(names_in(copies()), UnorderedElementsAre("copy.db-wal", "letter", "pipe"));
}

TEST_F(BackupTest, ReplacesNoneOfAnotherStoreAndNoneThatHoldsMore) {
    const path shorter = copies() / "shorter.db";
    backup(data(), shorter);
    make("later", 5);
    backup(data(), copy());
    const std::string whole = content_of(copy());
    // An older copy of the store in its place.
    const es::testing::TempFolder older;
    std::filesystem::copy_file(shorter, older.path() / "events.db");
    EXPECT_THAT(refusal<es::Unusable>([&] { backup(older.path(), copy()); }),
                HasSubstr("is a backup of 15 events, and there are 10 now"));
    const es::testing::TempFolder other;
    {
        SqliteEventStore store(other.path());
        append(store, "more", 0, 50);
    }
    EXPECT_THAT(refusal<es::Unusable>([&] { backup(other.path(), copy()); }),
                HasSubstr("is a backup of another event store"));
    EXPECT_EQ(content_of(copy()), whole);
    EXPECT_EQ(backup(data(), shorter).events, 15U) << "it holds less";
}

TEST_F(BackupTest, OfDamagedEventsLeavesTheEarlierOne) {
    backup(data(), copy());
    const std::string earlier = content_of(copy());
    const path events = data() / "events.db";
    for (std::size_t page = 1; page < std::filesystem::file_size(events) / 4096; ++page) {
        std::string bytes = content_of(events);
        bytes.replace(page * 4096, 4096, std::string(4096, '\x5a'));
        const es::testing::TempFolder broken;
        std::ofstream(broken.path() / "events.db", std::ios::binary) << bytes;
        EXPECT_ANY_THROW(backup(broken.path(), copy())) << page;
    }
    EXPECT_TRUE(content_of(copy()) == earlier);
    EXPECT_THAT(names_in(copies()), ElementsAre("copy.db"));
}

TEST_F(BackupTest, WhenTheDiskFailsLeavesTheEarlierOneAndNothingElse) {
    backup(data(), copy());
    const std::string earlier = content_of(copy());
    make("more", 500);
    for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
        bool failed = true;
        int nth = 0;
        while (failed && nth < 1000) {
            FaultVfs disk;
            disk.fail_from(++nth, FaultVfs::writes | FaultVfs::truncates | FaultVfs::syncs, code,
                           FaultVfs::Arrives::half);
            const std::string why = refusal<std::exception>([&] { backup(data(), copy()); });
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

TEST_F(BackupTest, KilledInTheMiddleDoesNoHarmAndTheNextOneSucceeds) {
    backup(data(), copy());
    const std::string earlier = content_of(copy());
    make("large", 60'000);
    SqliteEventStore store(data());
    append(store, "later", 0, 1);  // to have a log
    kill_within(1, [&](const CopyProgress& step) { backup(data(), copy(), step); });
    EXPECT_TRUE(content_of(copy()) == earlier);
    EXPECT_THAT(names_in(copies()), UnorderedElementsAre("copy.db", "copy.db.partial"));
    // Nothing that was left may be taken for the next one's.
    std::ofstream(copies() / "copy.db.partial") << std::string(100'000, 'x');
    for (const char* suffix : {"-wal", "-journal"}) {
        std::filesystem::copy(data() / "events.db-wal",
                              (copies() / "copy.db.partial").string() + suffix);
    }
    EXPECT_EQ(backup(data(), copy()).events, 60'011U);
    EXPECT_THAT(names_in(copies()), ElementsAre("copy.db"));
    EXPECT_TRUE(check_events(copy(), {}).sound());
}

TEST_F(BackupTest, TwoAtOnceIntoOneFileDoNotMix) {
    make("large", 60'000);
    std::string second;
    backup(data(), copy(), [&](auto, auto) {
        second = refusal<es::Unusable>([&] { backup(data(), copy()); });
        backup(data(), copies() / "other.db");
    });
    EXPECT_THAT(second, HasSubstr("Another process is making"));
    for (const char* name : {"copy.db", "other.db"}) {
        EXPECT_TRUE(check_events(copies() / name, {}).sound());
    }
    EXPECT_THAT(names_in(copies()), UnorderedElementsAre("copy.db", "other.db"));
}

TEST_F(BackupTest, ReadersFollowWhenAnotherFileTakesThePlace) {
    SqliteEventReader reader(data());
    EXPECT_EQ(es::read_stream(reader, "books").size(), 10U);
    const path fresh = copies() / "fresh";
    {
        SqliteEventStore store(fresh);
        append(store, "books", 0, 3);
    }
    for (const char* suffix : {"-wal", "-shm"}) {
        std::filesystem::remove((data() / "events.db").string() + suffix);
    }
    std::filesystem::rename(fresh / "events.db", data() / "events.db");
    EXPECT_EQ(es::read_stream(reader, "books").size(), 3U);
}

}  // namespace
}  // namespace es::sqlite
