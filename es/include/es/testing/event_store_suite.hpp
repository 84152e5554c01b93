// What every event store and its feed must keep, as a suite that an implementation joins:
//
//     es::testing::StoreUnderTest make_my_store() {
//         auto store = std::make_unique<MyStore>(...);          // empty
//         auto feed = std::make_unique<MyFeed>(*store);
//         return {std::move(store), std::move(feed)};
//     }
//     class MyStoreTest : public ::testing::TestWithParam<es::testing::Promise> {};
//     TEST_P(MyStoreTest, Keeps) { GetParam().check(make_my_store); }
//     INSTANTIATE_TEST_SUITE_P(Promises, MyStoreTest,
//                              ::testing::ValuesIn(es::testing::event_store_promises()),
//                              es::testing::promise_name);
//
// The checks themselves need no test framework: a broken promise is an exception.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "es/event_feed.hpp"
#include "es/event_store.hpp"

namespace es::testing {

// An empty store, and a feed of all that will be appended to it.
struct StoreUnderTest {
    std::unique_ptr<EventStore> store;
    std::unique_ptr<EventFeed> feed;
};
using StoreFactory = std::function<StoreUnderTest()>;

class BrokenPromise : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Promise {
    std::string name;  // CamelCase, e.g. "ConflictCarriesTheCurrentVersion"
    std::function<void(const StoreFactory&)> check;  // throws BrokenPromise
};

const std::vector<Promise>& event_store_promises();

// For INSTANTIATE_TEST_SUITE_P.
inline constexpr auto promise_name = [](const auto& info) { return info.param.name; };
inline void PrintTo(const Promise& promise, std::ostream* out) {
    *out << promise.name;
}

// Events for tests: `count` events that go on from version `after` of a stream, payload {"n":
// version}.
std::vector<RecordedEvent> some_events(const StreamId& stream, Version after, std::size_t count);

// Throws BrokenPromise("what") unless it holds.
void require(bool holds, const std::string& what);

}  // namespace es::testing
