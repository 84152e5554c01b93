// The order of all events: in SQLite, and in memory.
#include "es/event_order.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "es/errors.hpp"
#include "es/memory_event_store.hpp"
#include "es/sqlite.hpp"
#include "es/testing/event_store_suite.hpp"
#include "es/testing/temp_folder.hpp"

namespace es {
namespace {

struct InSqlite : testing::TempFolder {
    SqliteEventStore store{path()};
    SqliteEventOrder order{path()};
};

struct InMemory {
    MemoryEventStore store;
    MemoryEventOrder order{store};
};

// "a1 b1 b2 a2": what stands at each position.
std::string text_of(const PlacedEvents& page) {
    std::string text;
    for (const auto& [position, event] : page.events) {
        text += std::to_string(position) + event.stream + std::to_string(event.version) + " ";
    }
    return text + (page.more ? "more" : "end");
}

template <class Place>
class EventOrderTest : public ::testing::Test {
protected:
    void append(const StreamId& stream, Version after, std::size_t count) {
        ASSERT_EQ(
            append_one(place_.store, {stream, after, testing::some_events(stream, after, count)})
                .status,
            AppendStatus::stored);
    }
    Place place_;
};

using Places = ::testing::Types<InSqlite, InMemory>;
TYPED_TEST_SUITE(EventOrderTest, Places);

TYPED_TEST(EventOrderTest, IsThatOfTheAppends) {
    auto& order = this->place_.order;
    EXPECT_EQ(text_of(order.after(0, 10)), "end");
    EXPECT_EQ(text_of(order.before(std::nullopt, 10)), "end");
    EXPECT_EQ(order.last_position(), 0);
    this->append("a", 0, 1);
    this->append("b", 0, 2);
    this->append("a", 1, 1);
    EXPECT_EQ(order.last_position(), 4);
    EXPECT_EQ(text_of(order.after(0, 10)), "1a1 2b1 3b2 4a2 end");
    EXPECT_EQ(text_of(order.after(0, 2)), "1a1 2b1 more");
    EXPECT_EQ(text_of(order.after(2, 2)), "3b2 4a2 end");
    EXPECT_EQ(text_of(order.after(4, 2)), "end");
    EXPECT_EQ(text_of(order.after(9, 2)), "end");
    EXPECT_EQ(text_of(order.before(std::nullopt, 2)), "4a2 3b2 more");
    EXPECT_EQ(text_of(order.before(3, 2)), "2b1 1a1 end");
    EXPECT_EQ(text_of(order.before(1, 2)), "end");
    EXPECT_EQ(text_of(order.before(9, 1)), "4a2 more");
    EXPECT_EQ(order.after(1, 1).events.front().event, testing::some_events("b", 0, 1).front());
}

TEST(SqliteEventOrder, WaitsForTheFile) {
    const testing::TempFolder folder;
    SqliteEventOrder order(folder.path());
    EXPECT_THROW(order.after(0, 1), Unavailable);
    SqliteEventStore store(folder.path());
    EXPECT_EQ(text_of(order.after(0, 1)), "end");
}

TEST(SqliteEventOrder, APageEndsWhereEventsAreLarge) {
    InSqlite place;
    for (es::Version version = 1; version <= 3; ++version) {
        auto events = testing::some_events("a", version - 1, 1);
        events.front().payload = "{\"n\":\"" + std::string(3'000'000, 'x') + "\"}";
        ASSERT_EQ(append_one(place.store, {"a", version - 1, events}).status, AppendStatus::stored);
    }
    EXPECT_EQ(text_of(place.order.after(0, 10)), "1a1 2a2 more");
    EXPECT_EQ(text_of(place.order.before(std::nullopt, 10)), "3a3 2a2 more");
}

}  // namespace
}  // namespace es
