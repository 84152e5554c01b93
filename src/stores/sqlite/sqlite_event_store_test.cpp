#include "stores/sqlite/sqlite_event_store.hpp"

#include <gtest/gtest.h>

#include "es/testing/event_store_suite.hpp"
#include "stores/sqlite/commit_signal.hpp"
#include "stores/sqlite/sqlite_event_feed.hpp"
#include "stores/sqlite/temp_folder.hpp"

namespace stores {
namespace {

// A store together with the folder that it needs.
struct OwnedStore : TempFolder, SqliteEventStore {
    explicit OwnedStore(SqliteEventStoreOptions options)
        : SqliteEventStore(path(), std::move(options)) {}
};

// In the writer's process.
es::testing::StoreUnderTest make_signalled() {
    auto signal = std::make_shared<CommitSignal>();
    auto store = std::make_unique<OwnedStore>(SqliteEventStoreOptions{.signal = signal});
    auto feed = std::make_unique<SqliteEventFeed>(store->path(), signal);
    return {std::move(store), std::move(feed)};
}

// As in another process.
es::testing::StoreUnderTest make_apart() {
    auto store = std::make_unique<OwnedStore>(SqliteEventStoreOptions{});
    auto feed = std::make_unique<SqliteEventFeed>(store->path());
    return {std::move(store), std::move(feed)};
}

class SqliteEventStoreSuite : public ::testing::TestWithParam<es::testing::Promise> {};

TEST_P(SqliteEventStoreSuite, KeepsInOneProcess) { GetParam().check(make_signalled); }
TEST_P(SqliteEventStoreSuite, KeepsInTwo) { GetParam().check(make_apart); }

INSTANTIATE_TEST_SUITE_P(Promises, SqliteEventStoreSuite,
                         ::testing::ValuesIn(es::testing::event_store_promises()),
                         es::testing::promise_name);

}  // namespace
}  // namespace stores
