// A restore that is killed before any of its system calls: the old store or the new one is there as
// a whole, every other command works, a start shows the events that are there, and the next restore
// completes what was begun.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/testing/killed_process.hpp"
#include "base/testing/temp_folder.hpp"
#include "base/time.hpp"
#include "es/catch_up.hpp"
#include "es/errors.hpp"
#include "es/projection.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/event_backup.hpp"
#include "es/sqlite/high_water.hpp"
#include "kpi/testing/events.hpp"
#include "views/sqlite/data_status.hpp"
#include "views/sqlite/event_restore.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"

namespace views {
namespace {

using base::testing::killed_at_change;
using base::testing::TempFolder;
using kpi::testing::created;
using kpi::testing::value_reported;
using std::filesystem::path;
using ::testing::AnyOf;
using ::testing::IsEmpty;

constexpr int kills_max = 1'000;

void append(es::EventStore& store, std::vector<es::RecordedEvent> events) {
    const auto stream = events.front().stream;
    const es::Version expected = events.front().version - 1;
    const auto outcome = es::append_one(store, {stream, expected, std::move(events)});
    ASSERT_EQ(outcome.status, es::AppendStatus::stored) << outcome.reason;
}

void project(const path& data, SqliteMetricViews& views) {
    es::SqliteEventReader events(data);
    es::SqliteEventFeed feed(data);
    es::Projection<kpi::MetricView> projection(events, views, {});
    es::catch_up(feed, projection, views.checkpoints(), {});
}

void copy_files(const path& from, const path& to) {
    for (const auto& entry : std::filesystem::directory_iterator(from)) {
        std::filesystem::copy(entry.path(), to / entry.path().filename());
    }
}

class KilledRestore : public ::testing::Test {
protected:
    // A backup of two events; then a folder as a process leaves it that is killed: of five events
    // and the views of them, both partly in their logs.
    KilledRestore() {
        const TempFolder running;
        es::SqliteEventStore store(running.path());
        append(store, {created("m"), value_reported("m", 2, 3)});
        es::sqlite::backup_events(running.path(), copy(), event_witnesses());
        SqliteMetricViews views(running.path(), {.writer = true});
        append(store, {value_reported("m", 3, 4), value_reported("m", 4, 5)});
        append(store, {created("later")});
        project(running.path(), views);
        copy_files(running.path(), before());
    }

    [[nodiscard]] path copy() const { return copies_.path() / "copy.db"; }
    [[nodiscard]] const path& before() const { return before_.path(); }

    // What may be asked of a folder without owning it.
    static void expect_readable(const path& data) {
        const es::sqlite::EventCheck check = es::sqlite::check_events(data / "events.db", {});
        EXPECT_TRUE(check.sound()) << to_string(check.faults.front());
        EXPECT_THAT(check.events, AnyOf(2U, 5U));
        EXPECT_THAT(look_at_data(data, base::system_now()).trouble, IsEmpty());
        es::SqliteEventReader reader(data);
        EXPECT_EQ(es::read_stream(reader, "m").size(), check.events == 2 ? 2U : 4U);
        const TempFolder elsewhere;
        EXPECT_EQ(
            es::sqlite::backup_events(data, elsewhere.path() / "copy.db", event_witnesses()).events,
            check.events);
    }

    // A start shows no other events than those that are there, and continues with them.
    static void expect_start(const path& data) {
        const TempFolder folder;
        copy_files(data, folder.path());
        es::SqliteEventStore store(folder.path(), {.witnesses = event_witnesses()});
        const bool old = es::read_stream(store, "later").size() == 1;
        SqliteMetricViews views(folder.path(), {.writer = true});
        views.upkeep([] { return false; });
        try {
            EXPECT_THAT(views.version("later"), AnyOf(0, old ? 1 : 0));
            EXPECT_THAT(views.version("m"), AnyOf(0, old ? 4 : 2));
        } catch (const es::Unavailable&) {
            // None are shown before they are those of these events.
        }
        project(folder.path(), views);
        EXPECT_EQ(views.version("m"), old ? 4 : 2);
        EXPECT_EQ(views.version("later"), old ? 1 : 0);
        append(store, {value_reported("m", old ? 5 : 3, 9)});
    }

    // Events that were lost: a start says so, whatever the views and the mark have become.
    static void expect_start_refused(const path& data) {
        const TempFolder folder;
        copy_files(data, folder.path());
        EXPECT_THROW(es::SqliteEventStore store(folder.path(), {.witnesses = event_witnesses()}),
                     es::Unusable);
    }

    static bool is_replaced(const path& data) {
        const path kept = data / "events.db.before-restore";
        return std::filesystem::exists(kept) &&
               !std::filesystem::equivalent(kept, data / "events.db");
    }

    static void expect_restored(const path& data) {
        EXPECT_EQ(es::sqlite::check_events(data / "events.db", {}).events, 2U);
        EXPECT_FALSE(std::filesystem::exists(data / "views.current"));
        EXPECT_FALSE(std::filesystem::exists(data / "views-1.db"));
        EXPECT_FALSE(std::filesystem::exists(data / "views.before-restore"))
            << "the kept events hold all of it";
        const es::sqlite::EventCheck kept =
            es::sqlite::check_events(data / "events.db.before-restore", {});
        EXPECT_TRUE(kept.sound());
        EXPECT_EQ(kept.events, 5U);
    }

    const TempFolder copies_;
    const TempFolder before_;
};

TEST_F(KilledRestore, LeavesTheOldEventsOrTheNewAndTheNextOneCompletesIt) {
    int nth = 1;
    for (; nth < kills_max; ++nth) {
        SCOPED_TRACE("change " + std::to_string(nth));
        const TempFolder folder;
        copy_files(before(), folder.path());
        if (!killed_at_change(nth, [&] { restore_events(folder.path(), copy(), {}); })) break;
        expect_readable(folder.path());
        expect_start(folder.path());
        restore_events(folder.path(), copy(), {});
        expect_restored(folder.path());
        if (HasFailure()) return;
    }
    EXPECT_GT(nth, 30);
    EXPECT_LT(nth, kills_max);
}

// The first start after a restore turns the log on.
TEST_F(KilledRestore, AStartThatIsKilledLeavesEventsThatCanBeReadAndRestored) {
    restore_events(before(), copy(), {});
    int nth = 1;
    for (; nth < kills_max; ++nth) {
        SCOPED_TRACE("change " + std::to_string(nth));
        const TempFolder folder;
        copy_files(before(), folder.path());
        if (!killed_at_change(nth, [&] {
                const es::SqliteEventStore store(folder.path(), {.witnesses = event_witnesses()});
                const SqliteMetricViews views(folder.path(), {.writer = true});
            })) {
            break;
        }
        const es::sqlite::EventCheck check =
            es::sqlite::check_events(folder.path() / "events.db", {});
        EXPECT_TRUE(check.sound());
        EXPECT_EQ(check.events, 2U);
        EXPECT_EQ(restore_events(folder.path(), copy(), {}).check.events, 2U);
        if (HasFailure()) return;
    }
    EXPECT_GT(nth, 5);
    EXPECT_LT(nth, kills_max);
}

// As the restore of an older version leaves it: its journal is there.
TEST_F(KilledRestore, AnInterruptedChangeIsNamedToReadersAndTakenBackByARestoreOrAStart) {
    int interrupted = 0;
    for (int nth = 1; nth < kills_max; ++nth) {
        const TempFolder folder;
        copy_files(before(), folder.path());
        const path events = folder.path() / "events.db";
        if (!killed_at_change(nth, [&] {
                es::sqlite::Connection(events, es::sqlite::Access::write)
                    .execute("PRAGMA journal_mode = DELETE");
            })) {
            break;
        }
        try {
            es::sqlite::check_events(events, {});
            continue;
        } catch (const es::Unusable& error) {
            ++interrupted;
            EXPECT_STREQ(error.what(),
                         ("A change of " + events.string() +
                          " was interrupted (its journal is there): start the program "
                          "that writes it, or repeat the restore; both complete it.")
                             .c_str());
        }
        expect_start(folder.path());
        EXPECT_EQ(restore_events(folder.path(), copy(), {}).check.events, 2U);
        expect_restored(folder.path());
    }
    EXPECT_GT(interrupted, 0) << "nothing was tried";
}

// Events that were lost, of which the views are all that is left.
TEST_F(KilledRestore, OfLostEventsKeepsTheirViewsAndLeavesAStartRefusedUntilItIsDone) {
    const auto lose = [](const path& data, bool mark_too) {
        for (const char* name : {"events.db-wal", "events.db-shm", "events.db"}) {
            std::filesystem::remove(data / name);
        }
        if (mark_too) std::filesystem::remove(data / "events.mark");
    };
    for (const bool mark_too : {false, true}) {
        int nth = 1;
        for (bool killed = true; killed && nth < kills_max; ++nth) {
            SCOPED_TRACE("change " + std::to_string(nth));
            const TempFolder folder;
            copy_files(before(), folder.path());
            lose(folder.path(), mark_too);
            std::filesystem::copy(copy(), folder.path() / "events.db");
            killed = killed_at_change(nth, [&] { restore_events(folder.path(), copy(), {}); });
            if (!is_replaced(folder.path())) expect_start_refused(folder.path());
            const auto again = restore_events(folder.path(), copy(), {});
            const path kept = folder.path() / "views.before-restore";
            EXPECT_EQ(again.kept_views.value_or(kept), kept);
            es::sqlite::Connection views(kept, es::sqlite::Access::read);
            EXPECT_EQ(views.ask_integer("SELECT version FROM metrics WHERE id = 'm'"), 4);
            EXPECT_FALSE(std::filesystem::exists(folder.path() / "views.current"));
            const auto mark = es::sqlite::read_high_water(folder.path());
            ASSERT_TRUE(mark);
            EXPECT_EQ(mark->position, static_cast<std::int64_t>(again.check.events));
            if (HasFailure()) return;
        }
        EXPECT_GT(nth, 30);
        EXPECT_LT(nth, kills_max);
    }
}

}  // namespace
}  // namespace views
