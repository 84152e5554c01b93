// The event store and its feed on a real engine (Dynoxide).
#include "stores/dynamodb/dynamodb_event_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "es/testing/event_store_suite.hpp"
#include "stores/dynamodb/engine_fixture.hpp"

namespace stores::dynamodb {
namespace {

struct OwnedStore : DynamoDbEventStore {
    OwnedStore(std::unique_ptr<aws::JsonClient> its_client, const std::string& table)
        : DynamoDbEventStore(*its_client, table), client(std::move(its_client)) {}
    std::unique_ptr<aws::JsonClient> client;
};

struct OwnedFeed : DynamoDbStreamFeed {
    OwnedFeed(std::unique_ptr<aws::JsonClient> its_client, const std::string& table)
        : DynamoDbStreamFeed(*its_client, *its_client, table, fast_feed()),
          client(std::move(its_client)) {}
    std::unique_ptr<aws::JsonClient> client;
};

es::testing::StoreUnderTest make() {
    auto client = test_client(engine().port());
    const std::string table = fresh_table(*client);
    return {std::make_unique<OwnedStore>(std::move(client), table),
            std::make_unique<OwnedFeed>(test_client(engine().port()), table)};
}

class DynamoDbEventStoreSuite : public ::testing::TestWithParam<es::testing::Promise> {};

TEST_P(DynamoDbEventStoreSuite, Keeps) {
    GetParam().check(make);
}

INSTANTIATE_TEST_SUITE_P(Promises, DynamoDbEventStoreSuite,
                         ::testing::ValuesIn(es::testing::event_store_promises()),
                         es::testing::promise_name);

}  // namespace
}  // namespace stores::dynamodb
