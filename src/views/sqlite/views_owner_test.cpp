// What happens to the views while they are written: rebuilt ones taken over, damage and replaced
// events noticed.
#include "views/sqlite/views_owner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "es/errors.hpp"
#include "views/sqlite/metric_views_fixture.hpp"
#include "views/sqlite/view_folder.hpp"

namespace views {
namespace {

class ViewsOwner : public SqliteMetricViewsFiles {};

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ViewsOwner, AreDeletedSomeTimeAfterOthersTookTheirPlace) {
    prepare();
    const auto views = open_views();
    rebuild();
    EXPECT_TRUE(look_after(*views));
    EXPECT_TRUE(std::filesystem::exists(file("views-1.db"))) << "a reader may be opening them";
    EXPECT_FALSE(look_after(*views));
    EXPECT_FALSE(std::filesystem::exists(file("views-1.db")));
    EXPECT_FALSE(std::filesystem::exists(file("views-1.db-wal")));
    EXPECT_TRUE(std::filesystem::exists(file("views-2.db")));
}

TEST_F(ViewsOwner, OfARebuildAreTakenOverWhenTheyHaveCaughtUp) {
    open_events();
    create("m");
    const auto views = open_views();
    project(*views);
    SqliteMetricViews reader(folder.path());
    rebuild();
    create("n");
    project(*views);
    EXPECT_EQ(reader.version("n"), 1);
    EXPECT_TRUE(look_after(*views));
    EXPECT_EQ(views->checkpoints().at("events"), "1") << "the writer continues where they end";
    EXPECT_EQ(reader.version("n"), 1) << "readers keep the old ones, which have more";
    project(*views);
    EXPECT_THAT(logged.back(), HasSubstr("in force, at position 2"));
    EXPECT_EQ(reader.version("n"), 1);
    EXPECT_EQ(reader.find("m")->document, views->load({"m"}).at("m"));
}

TEST_F(ViewsOwner, OfARebuildGoOnCatchingUpAfterACrash) {
    open_events();
    create("m");
    auto views = open_views();
    project(*views);
    rebuild();
    create("n");
    project(*views);
    ASSERT_TRUE(look_after(*views));
    views.reset();
    views = open_views();
    EXPECT_EQ(views->version("n"), 1) << "the old ones are still in force";
    EXPECT_EQ(views->checkpoints().at("events"), "1");
    project(*views);
    EXPECT_EQ(views->checkpoints().at("events"), "2");
    views.reset();
    std::filesystem::remove(file("views-1.db"));
    EXPECT_EQ(open_views()->version("n"), 1) << "the new ones are in force";
}

TEST_F(ViewsOwner, OfARebuildAreRefusedWhenTheyDontFitTheEvents) {
    open_events();
    create("m");
    rebuild();
    events.reset();
    for (const char* name : {"events.db", "events.db-wal", "events.db-shm", "events.mark"}) {
        std::filesystem::remove(file(name));
    }
    open_events();
    create("m");
    const auto views = open_views();
    project(*views);
    EXPECT_FALSE(look_after(*views));
    EXPECT_THAT(logged.back(), HasSubstr("other events"));
    EXPECT_FALSE(std::filesystem::exists(file("views.rebuilt")));
    EXPECT_EQ(views->version("m"), 1);
}

TEST_F(ViewsOwner, SurviveGarbageInThePlaceOfRebuiltOnes) {
    open_events();
    create("m");
    const auto views = open_views();
    project(*views);
    for (const char* garbage : {"", "garbage, and no database at all"}) {
        std::ofstream(file("views.rebuilt"), std::ios::binary) << garbage;
        EXPECT_FALSE(look_after(*views));
        EXPECT_FALSE(std::filesystem::exists(file("views.rebuilt")));
        EXPECT_FALSE(look_after(*views));
        EXPECT_EQ(views->version("m"), 1);
    }
    for (const char* pointer : {"views.next", "views.current"}) {
        std::ofstream(file(pointer), std::ios::binary) << "../../no such file";
        EXPECT_EQ(open_views_again_and_project(), 1) << pointer;
    }
}

// A projector continues with what it holds in memory; so it must learn of the replacement, however
// often making it failed before.
TEST_F(ViewsOwner, AreNotSavedBetweenAnExchangeOfTheEventsAndNewViews) {
    open_events();
    create("m");
    const auto views = open_views();
    project(*views);
    events.reset();
    std::filesystem::rename(file("events.db"), file("moved away"));
    std::filesystem::copy(file("moved away"), file("events.db"));
    open_events();
    disk.fail_from(1, es::sqlite::FaultVfs::writes, SQLITE_FULL);
    for (int times = 0; times < 3; ++times) {
        EXPECT_THROW(look_after(*views), es::Unavailable);
        EXPECT_THROW(views->save({}), es::Unavailable) << "onto the old events' views";
        EXPECT_THROW(views->version("m"), es::Unavailable) << "nobody is shown them either";
    }
    disk.heal();
    EXPECT_TRUE(look_after(*views));
    EXPECT_FALSE(look_after(*views));
    EXPECT_THAT(views->checkpoints(), IsEmpty());
    project(*views);
    EXPECT_EQ(views->version("m"), 1);
}

// Whatever fails in the middle of beginning afresh and taking over: whoever projects hears of other
// views before it saves into them, else it would continue from the old ones' checkpoint.
TEST_F(ViewsOwner, AreNeverExchangedWithoutAWord) {
    open_events();
    create("m");
    create("n");
    bool failed = true;
    for (int nth = 1; failed && nth < 100; ++nth) {
        SCOPED_TRACE("operation " + std::to_string(nth));
        const auto views = open_views();
        project(*views);
        look_after(*views);
        rebuild();
        std::filesystem::remove(*sqlite::named_views(folder.path(), "views.current"));
        disk.fail_from(nth, es::sqlite::FaultVfs::opens | es::sqlite::FaultVfs::writes,
                       SQLITE_IOERR_WRITE, es::sqlite::FaultVfs::Arrives::nothing, 1);
        bool told = false;
        for (int tries = 0; tries < 5; ++tries) {
            try {
                told = look_after(*views) || told;
            } catch (const es::Unavailable&) {
                EXPECT_FALSE(told);
            }
        }
        failed = disk.has_failed();
        disk.heal();
        EXPECT_TRUE(told);
        project(*views);
        EXPECT_EQ(views->version("m"), 1);
        EXPECT_EQ(views->version("n"), 1);
    }
    EXPECT_FALSE(failed) << "it never went through without a failure";
}

TEST_F(ViewsOwner, AreMendedWhileTheyRun) {
    open_events();
    create("m");
    const auto views = open_views();
    const auto mended = [&] {
        EXPECT_TRUE(look_after(*views));
        EXPECT_THAT(views->checkpoints(), IsEmpty());
        project(*views);
        return views->version("m") == 1;
    };
    project(*views);
    EXPECT_FALSE(look_after(*views));
    std::filesystem::remove(file("views-1.db"));
    EXPECT_TRUE(mended());
    for (const char* text : {"", "garbage", "views-77.db"}) {
        std::ofstream(file("views.current"), std::ios::binary) << text;
        EXPECT_FALSE(look_after(*views)) << "the pointer alone is put right";
        EXPECT_EQ(views->version("m"), 1);
    }
    std::filesystem::remove(file("views.current"));
    EXPECT_FALSE(look_after(*views));
    EXPECT_EQ(views->version("m"), 1);
    events.reset();
    std::filesystem::rename(file("events.db"), file("moved away"));
    std::filesystem::copy(file("moved away"), file("events.db"));
    open_events();
    create("n");
    EXPECT_TRUE(mended()) << "a copy of events.db took its place";
    EXPECT_EQ(views->version("n"), 1);
}

TEST_F(ViewsOwner, ManyEventsAreBuiltInOneGo) {
    open_events();
    std::vector<es::Append> batch;
    for (int stream = 0; stream < 1000; ++stream) {
        create("m" + std::to_string(stream));
    }
    for (int stream = 0; stream < 1000; ++stream) {
        const auto id = "m" + std::to_string(stream);
        auto reported = es::testing::some_events(id, 1, 20);
        for (auto& event : reported) {
            event.type = "MetricValueUpdated";
            event.payload = R"({"value":)" + std::to_string(event.version) + "}";
        }
        batch.push_back({id, 1, reported});
    }
    events->append(batch, [](std::size_t, const es::AppendOutcome&) {});
    const auto views = open_views();
    EXPECT_THROW(views->version("m7"), es::Unavailable);
    EXPECT_TRUE(look_after(*views));
    EXPECT_EQ(views->version("m7"), 21) << "in force without a projection";
    EXPECT_EQ(views->find("m7")->document.values_total, 20);
    EXPECT_EQ(views->values({"m999", {}, {}, false, {}, 100})->items.size(), 20U);
    EXPECT_EQ(views->checkpoints().at("events"), "21000");
}

TEST_F(ViewsOwner, TellOfARequestedRebuildUntilItIsDone) {
    open_events();
    create("m");
    const auto views = open_views();
    project(*views);
    sqlite::replace_text(file("views.request"), "m");
    for (int times = 0; times < 2; ++times) {
        EXPECT_THAT(views->upkeep([] { return false; }).rebuild, ElementsAre("m"));
    }
    views->rebuilt("another");
    EXPECT_THAT(views->upkeep([] { return false; }).rebuild, ElementsAre("m"));
    views->rebuilt("m");
    EXPECT_THAT(views->upkeep([] { return false; }).rebuild, IsEmpty());
}

}  // namespace
}  // namespace views
