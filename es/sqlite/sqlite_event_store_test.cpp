#include "es/sqlite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "es/errors.hpp"
#include "es/sqlite/commit_signal.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "es/testing/event_store_suite.hpp"
#include "es/testing/temp_folder.hpp"

namespace es::sqlite {
namespace {

// A store together with the folder that it needs.
struct OwnedStore : es::testing::TempFolder, SqliteEventStore {
    OwnedStore() : SqliteEventStore(path()) {}
};

// In the writer's process.
es::testing::StoreUnderTest make_signalled() {
    auto store = std::make_unique<OwnedStore>();
    auto feed = std::make_unique<SqliteEventFeed>(store->path(), store->signal());
    return {std::move(store), std::move(feed)};
}

// As in another process.
es::testing::StoreUnderTest make_apart() {
    auto store = std::make_unique<OwnedStore>();
    auto feed = std::make_unique<SqliteEventFeed>(store->path());
    return {std::move(store), std::move(feed)};
}

class SqliteEventStoreSuite : public ::testing::TestWithParam<es::testing::Promise> {};

TEST_P(SqliteEventStoreSuite, KeepsInOneProcess) {
    GetParam().check(make_signalled);
}
TEST_P(SqliteEventStoreSuite, KeepsInTwo) {
    GetParam().check(make_apart);
}

INSTANTIATE_TEST_SUITE_P(Promises, SqliteEventStoreSuite,
                         ::testing::ValuesIn(es::testing::event_store_promises()),
                         es::testing::promise_name);

using es::testing::some_events;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The sentence of the es::Unusable that `open` throws.
template <class Open>
std::string refusal(Open open) {
    try {
        open();
    } catch (const es::Unusable& error) {
        return error.what();
    }
    return "opened";
}

es::AppendStatus append(es::EventStore& store, const es::StreamId& stream, es::Version expected,
                        std::size_t count = 1) {
    return es::append_one(store, {stream, expected, some_events(stream, expected, count)}).status;
}

TEST(SqliteEventStore, MakesItsFolder) {
    const es::testing::TempFolder folder;
    SqliteEventStore store(folder.path() / "data");
    EXPECT_EQ(append(store, "s", 0), es::AppendStatus::stored);
    EXPECT_THAT(refusal([] { SqliteEventStore("/proc/none/such"); }), HasSubstr("/proc/none/such"));
}

// A file of the first releases: no column for extra metadata.
TEST(SqliteEventStore, ReadsAndContinuesAFileOfTheFirstReleases) {
    const es::testing::TempFolder folder;
    const auto path = folder.path();
    auto first = some_events("s", 0, 2);
    {
        SqliteEventStore store(path);
        es::append_one(store, {"s", 0, first});
    }
    Connection(event_file_in(path), Access::write).execute("ALTER TABLE events DROP COLUMN extra");
    EXPECT_EQ(es::read_stream(*std::make_unique<SqliteEventReader>(path), "s"), first);
    auto next = some_events("s", 2, 1);
    next.front().metadata.extra = {{"by", "Ada"}};
    SqliteEventStore store(path);
    EXPECT_EQ(es::append_one(store, {"s", 2, next}).status, es::AppendStatus::stored);
    first.push_back(next.front());
    EXPECT_EQ(es::read_stream(store, "s"), first);
    EXPECT_EQ(SqliteEventFeed(path).poll({}, 10, std::chrono::milliseconds(0)).events, first);
}

// Whoever reads may come while the writer makes the file.
TEST(SqliteEventStore, IsNeverTakenForAnotherProgramsWhileItIsMade) {
    for (int round = 0; round < 150; ++round) {
        const es::testing::TempFolder folder;
        std::atomic<bool> made = false;
        std::thread writer([&] {
            const SqliteEventStore store(folder.path());
            made = true;
        });
        while (!made) EXPECT_NO_THROW(SqliteEventReader(folder.path())) << round;
        writer.join();
    }
}

TEST(SqliteEventStore, TakesSeveralAppendsToAStreamInOneBatchInTheirOrder) {
    const es::testing::TempFolder folder;
    SqliteEventStore store(folder.path());
    const auto event = [](const es::StreamId& stream, es::Version version) {
        return es::Append{stream, version - 1, some_events(stream, version - 1, 1)};
    };
    std::vector<es::AppendStatus> statuses;
    store.append(
        {event("a", 1), event("b", 1), event("a", 2), event("b", 3), event("a", 3)},
        [&](std::size_t, const es::AppendOutcome& outcome) { statuses.push_back(outcome.status); });
    using enum es::AppendStatus;
    EXPECT_THAT(statuses, ::testing::ElementsAre(stored, stored, stored, conflict, stored));
    EXPECT_EQ(es::read_stream(store, "a").size(), 3U);
    SqliteEventFeed feed(folder.path());
    std::string order;
    for (const auto& recorded : feed.poll({}, 100, std::chrono::milliseconds(0)).events) {
        order += recorded.stream + std::to_string(recorded.version) + " ";
    }
    EXPECT_EQ(order, "a1 b1 a2 a3 ");
}

TEST(SqliteEventStore, IsOwnedByOneObject) {
    const es::testing::TempFolder folder;
    auto store = std::make_unique<SqliteEventStore>(
        folder.path(),
        SqliteEventStoreOptions{.witnesses = EventWitnesses::none(), .role = "serve"});
    const auto why = refusal([&] { SqliteEventStore second(folder.path()); });
    EXPECT_THAT(why, HasSubstr(folder.path().string()));
    EXPECT_THAT(why, HasSubstr("in use"));
    EXPECT_THAT(why, HasSubstr("serve, id " + std::to_string(::getpid())));
    const auto holder = lock_holder(folder.path(), "events.lock");
    ASSERT_TRUE(holder);
    EXPECT_EQ(holder->process, ::getpid());
    EXPECT_EQ(holder->role, "serve");
    store.reset();
    EXPECT_FALSE(lock_holder(folder.path(), "events.lock"));
    EXPECT_EQ(refusal([&] { SqliteEventStore second(folder.path()); }), "opened");
}

TEST(SqliteEventStore, IsOwnedByOneProcess) {
    const es::testing::TempFolder folder;
    const SqliteEventStore store(folder.path());
    const pid_t child = ::fork();
    if (child == 0) {
        const bool refused = refusal([&] { SqliteEventStore second(folder.path()); }) != "opened";
        ::_exit(refused ? 7 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(SqliteEventStore, RefusesANewerFormat) {
    const es::testing::TempFolder folder;
    {
        const SqliteEventStore store(folder.path());
    }
    Connection(folder.path() / "events.db", Access::write).execute("PRAGMA user_version = 99");
    EXPECT_THAT(refusal([&] { SqliteEventStore again(folder.path()); }),
                HasSubstr("newer version"));
    EXPECT_THAT(refusal([&] { SqliteEventReader reader(folder.path()); }),
                HasSubstr("newer version"));
}

TEST(SqliteEventStore, RefusesAnotherProgramsFile) {
    const es::testing::TempFolder folder;
    Connection(folder.path() / "events.db", Access::write)
        .execute("CREATE TABLE songs(title TEXT)");
    EXPECT_THAT(refusal([&] { SqliteEventStore store(folder.path()); }),
                HasSubstr("not an event store"));
}

TEST(SqliteEventStore, ACleanEndLeavesAnEmptyLog) {
    const es::testing::TempFolder folder;
    std::string identity;
    {
        SqliteEventStore store(folder.path());
        identity = store.identity();
        ASSERT_EQ(append(store, "s", 0, 3), es::AppendStatus::stored);
    }
    EXPECT_EQ(std::filesystem::file_size(folder.path() / "events.db-wal"), 0U);
    SqliteEventStore again(folder.path());
    EXPECT_EQ(again.identity(), identity);
    EXPECT_EQ(es::read_stream(again, "s"), some_events("s", 0, 3));
    EXPECT_EQ(append(again, "s", 3), es::AppendStatus::stored);
}

TEST(SqliteEventStore, KnowsTheCommandAtAPosition) {
    const es::testing::TempFolder folder;
    SqliteEventStore store(folder.path());
    append(store, "s", 0, 2);
    EXPECT_EQ(store.command_at(2), "command-2");
    EXPECT_EQ(store.command_at(3), std::nullopt);
}

TEST(SqliteEventStore, NoticesABrokenStreamAndReadsTheOthers) {
    const es::testing::TempFolder folder;
    SqliteEventStore store(folder.path());
    append(store, "broken", 0, 80);
    append(store, "whole", 0, 80);
    Connection(folder.path() / "events.db", Access::write)
        .execute("DELETE FROM events WHERE position = 40");
    const auto page = es::read_one(store, {"broken", 0, 1000});
    EXPECT_EQ(page.status, es::ReadStatus::corrupt);
    EXPECT_THAT(page.reason, HasSubstr("Version 40"));
    EXPECT_EQ(es::read_one(store, {"broken", 64, 1000}).events.size(), 16U);
    EXPECT_EQ(es::read_stream(store, "whole").size(), 80U);
}

TEST(SqliteEventStore, StopsAPageAtAFewMegabytes) {
    const es::testing::TempFolder folder;
    SqliteEventStore store(folder.path());
    for (es::Version version = 0; version < 12; ++version) {
        auto events = some_events("s", version, 1);
        events[0].payload = "{\"text\":\"" + std::string(1'000'000, 'x') + "\"}";
        ASSERT_EQ(es::append_one(store, {"s", version, events}).status, es::AppendStatus::stored);
    }
    const auto page = es::read_one(store, {"s", 0, 1000});
    EXPECT_EQ(page.events.size(), 4U);
    EXPECT_TRUE(page.more);
    EXPECT_EQ(es::read_stream(store, "s").size(), 12U);
}

TEST(SqliteEventStore, RefusesAnAppendWhoseVersionsDontFollow) {
    const es::testing::TempFolder folder;
    SqliteEventStore store(folder.path());
    EXPECT_EQ(es::append_one(store, {"s", 0, some_events("s", 1, 1)}).status,
              es::AppendStatus::not_stored);
    EXPECT_EQ(es::append_one(store, {"s", 0, {}}).status, es::AppendStatus::not_stored);
    EXPECT_THAT(es::read_stream(store, "s"), IsEmpty());
}

TEST(SqliteEventStore, IsReadWhileItIsWritten) {
    const es::testing::TempFolder folder;
    SqliteEventStore store(folder.path());
    std::atomic<bool> done = false;
    std::thread writer([&] {
        for (es::Version version = 0; version < 400; version += 4) append(store, "s", version, 4);
        done = true;
    });
    while (!done) {
        const auto events = es::read_stream(store, "s");
        EXPECT_EQ(events, some_events("s", 0, events.size()));
        EXPECT_EQ(events.size() % 4, 0U);
    }
    writer.join();
}

TEST(SqliteEventReader, ReadsWhatAnotherProcessWrites) {
    const es::testing::TempFolder folder;
    SqliteEventReader reader(folder.path());
    EXPECT_FALSE(reader.healthy());
    EXPECT_EQ(es::read_one(reader, {"s", 0, 10}).status, es::ReadStatus::unavailable);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "a reader makes no files";
    SqliteEventStore store(folder.path());
    append(store, "s", 0, 3);
    EXPECT_EQ(es::read_stream(reader, "s"), some_events("s", 0, 3));
    EXPECT_EQ(reader.identity(), store.identity());
    EXPECT_EQ(append(reader, "s", 3), es::AppendStatus::not_stored);
}

TEST(SqliteEventFeed, TellsHowFarBehindItIs) {
    const es::testing::TempFolder folder;
    SqliteEventStore store(folder.path());
    append(store, "s", 0, 5);
    const auto now = some_events("s", 3, 1)[0].occurred_on + std::chrono::seconds(9);
    SqliteEventFeed feed(folder.path(), nullptr, [&] { return now; });
    const auto lag = feed.lag({{"events", "3"}});
    EXPECT_EQ(lag.events, 2U);
    EXPECT_EQ(lag.age, std::chrono::seconds(9));
    EXPECT_THROW(feed.lag({{"events", "three"}}), es::Corrupt);
}

}  // namespace
}  // namespace es::sqlite
