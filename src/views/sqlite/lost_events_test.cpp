// What a start does when events.db lacks events that were acknowledged: it is refused with a
// sentence, and nothing that proves the loss is changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <random>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/event_backup.hpp"
#include "es/sqlite/high_water.hpp"
#include "es/testing/event_store_suite.hpp"
#include "views/sqlite/lost_events_fixture.hpp"
#include "views/sqlite/sqlite_view_rebuild.hpp"

namespace views {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

TEST_F(LostEvents, OfALostLogAreMissedByTheViews) {
    make(50, 30);
    make_views();
    kill(without_log);
    std::filesystem::remove(file("events.mark"));
    const auto refused =
        AllOf(HasSubstr("ends with event 50, but views-1.db shows that there were 80"),
              HasSubstr("yardstick restore"), HasSubstr("accept-lost-events"));
    EXPECT_THAT(start_projector(), refused) << "whoever starts first";
    EXPECT_THAT(start(), refused);
    EXPECT_THROW(SqliteViewRebuild(folder.path(), "rebuild"), es::Unusable);
}

TEST_F(LostEvents, OfALostLogAreMissedWithoutViews) {
    make(50, 30);
    kill(without_log);
    EXPECT_THAT(start(), HasSubstr("ends with event 50, but events.mark shows that there were 80"));
}

TEST_F(LostEvents, OfALogThatHeldAlsoTheTablesAreMissed) {
    for (const bool views : {true, false}) {
        make(0, 3);
        if (views) make_views();
        kill(without_log);
        if (views) std::filesystem::remove(file("events.mark"));
        EXPECT_THAT(start(), HasSubstr("holds no event store, but")) << views;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
            std::filesystem::remove_all(entry.path());
        }
    }
}

TEST_F(LostEvents, OfAMissingOrEmptyFileAreMissed) {
    make(5, 3);
    kill();
    const auto all = evidence_in(folder.path());
    for (const bool mark : {true, false}) {
        std::filesystem::remove(file("events.db"));
        if (!mark) std::filesystem::remove(file("events.mark"));
        EXPECT_THAT(start(), AnyOf(HasSubstr("is missing"), HasSubstr("but its log is there")));
        write_file(file("events.db"), "");
        EXPECT_THAT(start(), AnyOf(HasSubstr("is empty"), HasSubstr("but its log is there")));
    }
    for (const auto& [name, content] : all) write_file(folder.path() / name, content);
    expect_whole();
}

TEST_F(LostEvents, ReplacedByAnotherStoreOrAnotherTimeAreRefused) {
    make(5, 0);
    std::filesystem::copy(file("events.db"), file("copy"));
    add();
    make_views();
    events.reset();
    const auto all = evidence_in(folder.path());
    std::filesystem::copy(file("copy"), file("events.db"),
                          std::filesystem::copy_options::overwrite_existing);
    EXPECT_THAT(start(), HasSubstr("ends with event 5, but views-1.db shows that there were 6"));
    {
        const base::testing::TempFolder other;
        std::filesystem::copy(file("copy"), other.path() / "events.db");
        es::SqliteEventStore store(other.path());
        auto recorded = es::testing::some_events("other", 0, 3);
        for (auto& event : recorded) event.metadata.command_id = "another";
        EXPECT_EQ(es::append_one(store, {"other", 0, recorded}).status, es::AppendStatus::stored);
        std::filesystem::copy(other.path() / "events.db-wal", file("events.db-wal"),
                              std::filesystem::copy_options::overwrite_existing);
    }
    EXPECT_THAT(start(), HasSubstr("event 6 is not the one that views-1.db holds"));
    EXPECT_THAT(start_projector(), HasSubstr("event 6 is not the one that views-1.db holds"));
    std::filesystem::remove(file("events.db-wal"));
    {
        const base::testing::TempFolder other;
        {
            const es::SqliteEventStore store(other.path());
        }
        std::filesystem::copy(other.path() / "events.db", file("events.db"),
                              std::filesystem::copy_options::overwrite_existing);
    }
    EXPECT_THAT(start(), HasSubstr("is another event store than the one that views-1.db"));
    EXPECT_THAT(start_projector(), HasSubstr("is another event store"));
    for (const auto& [name, content] : all) write_file(folder.path() / name, content);
    expect_whole();
}

TEST_F(LostEvents, ABackupOfThemDoesNotReplaceOneOfAll) {
    make(5, 0);
    const base::testing::TempFolder copies;
    const path copy = copies.path() / "copy.db";
    es::sqlite::backup_events(folder.path(), copy, event_witnesses());
    const std::string good = content_of(copy);
    make(0, 3);
    kill(without_log);
    for (const bool streams : {false, true}) {
        try {
            streams ? es::sqlite::stream_backup(folder.path(), STDERR_FILENO, event_witnesses())
                    : es::sqlite::backup_events(folder.path(), copy, event_witnesses());
            ADD_FAILURE() << "was not refused";
        } catch (const es::Unusable& refused) {
            EXPECT_THAT(refused.what(), HasSubstr("lacks events"));
        }
    }
    EXPECT_EQ(content_of(copy), good);
}

TEST_F(LostEvents, ADamagedOrMissingMarkProvesNothing) {
    make(5, 5);
    kill();
    for (const char* text : {"", "x", "01234 0000000000000000099 0123456789abcdef\n"}) {
        write_file(file("events.mark"), text);
        expect_whole();
        EXPECT_EQ(es::sqlite::read_high_water(folder.path())->position, created_)
            << "written again";
        kill();
    }
    std::filesystem::remove(file("events.mark"));
    std::filesystem::create_symlink("/tmp/nothing of ours", file("events.mark"));
    expect_whole();
    EXPECT_FALSE(std::filesystem::exists("/tmp/nothing of ours"));
}

// Whatever moment kill -9 comes at, also while it starts.
TEST_F(LostEvents, NoneAreMissedAfterAKill) {
    std::mt19937 random(std::random_device{}());
    std::int64_t acknowledged = 0;
    for (int times = 0; times < 50; ++times) {
        std::array<int, 2> told{};
        ASSERT_EQ(::pipe(told.data()), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            es::SqliteEventStore store(folder.path(), {.witnesses = event_witnesses()});
            for (std::int64_t i = 0;; ++i) {
                const auto id = std::to_string(times) + "/" + std::to_string(i);
                // Large ones bring about checkpoints.
                auto recorded = es::testing::some_events(id, 0, i % 4 == 3 ? 3 : 1);
                if (i % 4 == 3) {
                    recorded[0].payload = "{\"text\":\"" + std::string(900'000, 'x') + "\"}";
                }
                const auto count = static_cast<char>(recorded.size());
                const auto stored = es::append_one(store, {id, 0, std::move(recorded)}).status;
                if (stored != es::AppendStatus::stored) ::_exit(1);
                if (::write(told[1], &count, 1) != 1) ::_exit(2);
            }
        }
        ::close(told[1]);
        const auto take = [&] {
            char count = 0;
            const bool taken = ::read(told[0], &count, 1) == 1;
            acknowledged += count;
            return taken;
        };
        for (auto enough = random() % 12; enough > 0; --enough) ASSERT_TRUE(take());
        const auto until =
            std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 3'000);
        while (std::chrono::steady_clock::now() < until) {
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        while (take()) {
        }
        ::close(told[0]);
        if (times % 2 == 0) continue;  // the next one starts after a kill
        ASSERT_EQ(start(), "opened") << times;
        EXPECT_GE(es::SqliteEventFeed(folder.path()).lag({}).events,
                  static_cast<std::uint64_t>(acknowledged));
        events.reset();
    }
}

}  // namespace
}  // namespace views
