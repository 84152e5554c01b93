// Lost events that a person gives up: what is left is served, and the proof is kept.
#include "views/sqlite/accept_lost_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "es/errors.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/data_folder.hpp"
#include "views/sqlite/data_status.hpp"
#include "views/sqlite/lost_events_fixture.hpp"
#include "views/sqlite/view_build.hpp"

namespace views {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(LostEvents, AreGivenUpByAPersonAndTheProofIsKept) {
    make(50, 30);
    make_views();
    EXPECT_THROW(accept_lost_events(folder.path()), es::InUse);
    kill(without_log);
    const auto before = evidence_in(folder.path());
    {
        const es::sqlite::FileLock rebuilding(folder.path(), sqlite::rebuild_lock, "rebuild", "");
        EXPECT_THROW(accept_lost_events(folder.path()), es::InUse);
    }
    {
        const auto loss = accept_lost_events(folder.path());
        EXPECT_EQ(loss.events, 50);
        EXPECT_THAT(loss.what, HasSubstr("there were 80"));
        EXPECT_EQ(loss.kept, file("lost-events"));
        for (const char* name : {"views-1.db", "views.current", "events.mark"}) {
            EXPECT_TRUE(content_of(loss.kept / name) == before.at(name)) << name;
            EXPECT_FALSE(std::filesystem::exists(file(name))) << name;
        }
    }
    try {
        accept_lost_events(folder.path());
        ADD_FAILURE() << "the next loss was accepted in advance";
    } catch (const es::Unusable& refused) {
        EXPECT_THAT(refused.what(), HasSubstr("Nothing shows that events are missing"));
    }
    created_ = 50;
    expect_whole();
    make_views();
    EXPECT_EQ(SqliteMetricViews(folder.path()).version("m50"), 1);
    EXPECT_EQ(SqliteMetricViews(folder.path()).version("m51"), 0);
    // The next loss is noticed as the first one was.
    add();
    kill(without_log);
    EXPECT_THAT(start(), HasSubstr("shows that there were 51"));
    EXPECT_EQ(accept_lost_events(folder.path()).kept, file("lost-events-2"));
}

// Its beginning brings back pages as they were; others in the file are newer, such as those with
// the heads of the last streams.
TEST_F(LostEvents, OfADamagedLogThatIsPartlyInTheFileAreNotGivenUpForAFileThatNobodyTakes) {
    make(800, 0);
    open();
    for (const char* id : {"m1", "m2", "m3", "m4", "m797", "m798", "m799", "m800"}) append(id, 1);
    es::sqlite::Connection(file("events.db"), es::sqlite::Access::write).checkpoint();
    kill();
    const auto before = evidence_in(folder.path());
    const std::size_t frames = content_of(file("events.db-wal")).size() / frame_bytes;
    int refused = 0;
    for (std::size_t frame = 1; frame < frames; ++frame) {
        SCOPED_TRACE(frame);
        for (const auto& [name, content] : before) write_file(file(name.c_str()), content);
        std::filesystem::remove(file("events.db-shm"));
        flip(file("events.db-wal"), 32 + frame * frame_bytes + 2000);
        const auto damaged = evidence_in(folder.path());
        try {
            accept_lost_events(folder.path());
            EXPECT_EQ(start(), "opened");
            events.reset();
        } catch (const std::exception& error) {
            EXPECT_TRUE(evidence_in(folder.path()) == damaged) << error.what();
            ++refused;
        }
    }
    EXPECT_GT(refused, 0);
}

TEST_F(LostEvents, OfADamagedLogAreGivenUpWithWhatFollowsTheDamage) {
    make(5, 12);
    kill();
    const std::string log = content_of(file("events.db-wal"));
    flip(file("events.db-wal"), log.size() / 2);
    const std::string damaged = content_of(file("events.db-wal"));
    ASSERT_THAT(start(), HasSubstr("damaged"));
    const auto loss = accept_lost_events(folder.path());
    EXPECT_GT(loss.events, 5);
    EXPECT_LT(loss.events, 17);
    EXPECT_TRUE(content_of(loss.kept / "events.db-wal") == damaged);
    created_ = static_cast<int>(loss.events);
    expect_whole();
    add();
    kill();
    expect_whole();
}

TEST_F(LostEvents, ThatTheViewsAloneShowAreReportedAndGivenUp) {
    make(50, 30);
    make_views();
    kill({"events.db-wal", "events.db-shm", "events.mark"});
    EXPECT_THAT(look_at_data(folder.path(), es::TimePoint()).trouble,
                ElementsAre(HasSubstr("views-1.db shows that there were 80")));
    EXPECT_EQ(accept_lost_events(folder.path()).events, 50);
    created_ = 50;
    expect_whole();
}

TEST_F(LostEvents, OfAStoreThatIsGoneAreGivenUp) {
    make(0, 3);
    make_views();
    kill(without_log);
    ASSERT_THAT(start(), HasSubstr("holds no event store"));
    EXPECT_EQ(accept_lost_events(folder.path()).events, 0);
    created_ = 0;
    expect_whole();
    add();
    EXPECT_THROW(accept_lost_events("/nonexistent"), es::Unusable);
    EXPECT_FALSE(std::filesystem::exists("/nonexistent"));
}

}  // namespace
}  // namespace views
