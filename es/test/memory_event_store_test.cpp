#include "es/memory_event_store.hpp"

#include <gtest/gtest.h>

#include "es/testing/event_store_suite.hpp"

namespace {

es::testing::StoreUnderTest make() {
    auto store = std::make_unique<es::MemoryEventStore>();
    auto feed = std::make_unique<es::MemoryEventFeed>(*store);
    return {std::move(store), std::move(feed)};
}

class MemoryEventStore : public ::testing::TestWithParam<es::testing::Promise> {};

TEST_P(MemoryEventStore, Keeps) {
    GetParam().check(make);
}

INSTANTIATE_TEST_SUITE_P(Promises, MemoryEventStore,
                         ::testing::ValuesIn(es::testing::event_store_promises()),
                         es::testing::promise_name);

}  // namespace
