// events.db is replaced or overwritten while it is in use: that is noticed before anything is
// appended, and nothing that proves the loss is changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/testing/event_store_suite.hpp"
#include "views/sqlite/lost_events_fixture.hpp"

namespace views {
namespace {

// --- While it runs ---

TEST_F(LostEvents, OfAStoreThatIsReplacedWhileItRunsLeaveTheProofAlone) {
    make(5, 0);
    std::filesystem::copy(file("events.db"), file("copy"));
    add();
    const auto views = open_views();
    project(*views);
    const auto before = evidence_in(folder.path());
    std::filesystem::rename(file("copy"), file("events.db"));
    std::filesystem::remove(file("events.db-wal"));
    std::filesystem::remove(file("events.db-shm"));
    for (int times = 0; times < 2; ++times) {
        EXPECT_THROW(look_after(*views), es::Unavailable);
        EXPECT_THROW(views->save({}), es::Unavailable);
        EXPECT_EQ(views->version("m6"), 1) << "what was acknowledged is still shown";
        const auto page = page_of(*events, "m6");
        EXPECT_EQ(page.status, es::ReadStatus::unavailable) << "never read as without events";
        EXPECT_FALSE(events->healthy());
        EXPECT_THROW(es::SqliteEventFeed(folder.path()).lag(views->checkpoints()), es::Corrupt);
    }
    const auto outcome = es::append_one(*events, {"m6", 1, es::testing::some_events("m6", 1, 1)});
    EXPECT_EQ(outcome.status, es::AppendStatus::not_stored);
    const auto after = evidence_in(folder.path());
    EXPECT_TRUE(after.at("views-1.db") == before.at("views-1.db"));
    EXPECT_TRUE(after.at("views.current") == before.at("views.current"));
    EXPECT_TRUE(after.at("events.mark") == before.at("events.mark"));
}

// `cp copy events.db`: the same file with another content.
TEST_F(LostEvents, OfAFileThatIsOverwrittenWhileItRunsAreNoticedBeforeAnythingIsAppended) {
    make(40, 0);
    const std::string copy = content_of(file("events.db"));
    for (int i = 0; i < 40; ++i) add();
    events.reset();
    const std::string whole = content_of(file("events.db"));
    for (const std::string& content : {copy, whole.substr(0, whole.size() / 2), std::string()}) {
        write_file(file("events.db"), whole);
        std::filesystem::remove(file("events.db-wal"));
        std::filesystem::remove(file("events.mark"));
        open_events();
        auto outcome = es::append_one(*events, {"m1", 1, es::testing::some_events("m1", 1, 1)});
        EXPECT_EQ(outcome.status, es::AppendStatus::stored);
        write_file(file("events.db"), content);
        EXPECT_FALSE(events->healthy());
        outcome = es::append_one(*events, {"m1", 2, es::testing::some_events("m1", 2, 1)});
        EXPECT_EQ(outcome.status, es::AppendStatus::not_stored);
        EXPECT_NE(page_of(*events, "m77").status, es::ReadStatus::read);
        events.reset();
        EXPECT_TRUE(content_of(file("events.db")) == content) << "not even at its end";
    }
}

TEST_F(LostEvents, AFileThatWasOnlyTouchedIsUsedOn) {
    make(5, 5);
    std::filesystem::last_write_time(file("events.db"),
                                     std::filesystem::file_time_type::clock::now());
    EXPECT_TRUE(events->healthy());
    add();
}

}  // namespace
}  // namespace views
