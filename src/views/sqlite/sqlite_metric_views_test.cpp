#include "views/sqlite/sqlite_metric_views.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "es/sqlite/connection.hpp"
#include "es/sqlite/fault_vfs.hpp"
#include "es/testing/event_store_suite.hpp"
#include "kpi/testing/view_store_checks.hpp"
#include "kpi/testing/view_store_suite.hpp"
#include "views/sqlite/metric_views_fixture.hpp"

namespace views {
namespace {

using kpi::testing::at;
using kpi::testing::change;
using kpi::testing::metric;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct OwnedViews : base::testing::TempFolder, SqliteMetricViews {
    explicit OwnedViews(ListIndexLimits list_index)
        : SqliteMetricViews(path(), {.list_index = list_index, .writer = true}) {}
};

bool joined(const char* suite, ListIndexLimits list_index) {
    return kpi::testing::join_view_store_suite(
        suite, [list_index] { return std::make_shared<OwnedViews>(list_index); });
}
[[maybe_unused]] const bool with_index = joined("SqliteMetricViewsSuite", {});
[[maybe_unused]] const bool without = joined("SqliteMetricViewsByPlainSql", {.metrics_max = 0});
// Which is loaded while it is asked for.
[[maybe_unused]] const bool loading =
    joined("SqliteMetricViewsIndexBySteps", {.loaded_at_once = 2});

TEST_F(SqliteMetricViewsFiles, AreKeptOverARestart) {
    prepare();
    const auto views = open_views();
    EXPECT_THAT(logged, IsEmpty());
    EXPECT_EQ(views->version("m"), 1);
    EXPECT_EQ(views->checkpoints().at("events"), "1");
}

TEST_F(SqliteMetricViewsFiles, BeginAfreshWhenTheyWereDeleted) {
    prepare();
    std::filesystem::remove(file("views-1.db"));
    EXPECT_THAT(afresh(), HasSubstr("there are none yet"));
}

TEST_F(SqliteMetricViewsFiles, BeginAfreshWhenTheyAreDamaged) {
    prepare();
    std::ofstream(file("views-1.db"), std::ios::binary | std::ios::in) << std::string(512, 'x');
    EXPECT_THAT(afresh(), HasSubstr("damaged"));
    {
        const auto views = open_views();
        kpi::testing::create_with_values(*views, "m", {{1, at(1)}, {2, at(2)}});
        kpi::testing::Save save;
        save.checkpoints["events"] = "1";
        views->save(save);
        EXPECT_EQ(views->version("m"), 3);
    }
    std::ofstream tables(file("views-2.db"), std::ios::binary | std::ios::in);
    tables.seekp(4096);
    tables << std::string(4096 * 10, 'x');
    tables.close();
    EXPECT_THAT(afresh(), HasSubstr("damaged"));
}

// Format 2 counted a target of 0 or below as reached before any report.
TEST_F(SqliteMetricViewsFiles, BeginAfreshWhenTheyAreOfAnOlderFormat) {
    prepare();
    es::sqlite::Connection(file("views-1.db"), es::sqlite::Access::write)
        .execute("PRAGMA user_version = 2");
    EXPECT_THAT(afresh(), Not(IsEmpty()));
}

TEST_F(SqliteMetricViewsFiles, RefuseANewerFormat) {
    prepare();
    es::sqlite::Connection(file("views-1.db"), es::sqlite::Access::write)
        .execute("PRAGMA user_version = 99");
    EXPECT_THROW(open_views(), es::Unusable);
    EXPECT_THROW(SqliteMetricViews reader(folder.path()), es::Unusable);
}

TEST_F(SqliteMetricViewsFiles, HaveOneWriter) {
    prepare();
    const auto views = open_views();
    EXPECT_THROW(open_views(), es::Unusable);
}

TEST_F(SqliteMetricViewsFiles, AReaderWaitsForThemAndFollowsNewOnes) {
    open_events();
    append("m", 0);
    SqliteMetricViews reader(folder.path());
    EXPECT_THROW(reader.find("m"), es::Unavailable);
    EXPECT_FALSE(std::filesystem::exists(file("views.current"))) << "a reader makes no files";
    const auto names_before = open_views();
    save_with_checkpoint(*names_before, "1");
    EXPECT_EQ(reader.version("m"), 1);
    EXPECT_THROW(reader.save({}), es::Unavailable);
}

TEST_F(SqliteMetricViewsFiles, AReaderChangesOverToTheViewsInForce) {
    prepare();
    SqliteMetricViews reader(folder.path());
    EXPECT_EQ(reader.version("m"), 1);
    std::ofstream(file("views-1.db.damaged")) << "";
    EXPECT_THAT(afresh(), HasSubstr("damaged"));
    EXPECT_THROW(reader.version("m"), es::Unavailable) << "none until the new ones caught up";
    save_with_checkpoint(*open_views(), "1");
    EXPECT_EQ(reader.version("m"), 1);
}

TEST_F(SqliteMetricViewsFiles, SurviveAFullDisk) {
    open_events();
    append("m", 0);
    bool failed = true;
    int nth = 0;
    const auto views = open_views();
    save_with_checkpoint(*views, "1");
    kpi::MetricDocument reported = metric();
    reported.values_total = 1;
    while (failed && nth < 100) {
        ++nth;
        SCOPED_TRACE("write " + std::to_string(nth));
        const auto id = "m" + std::to_string(nth);
        kpi::testing::Save save = kpi::testing::saving(
            {change(id, 0, reported, {{1, at(1), 1}}), change(id + "b", 0, metric())});
        save.checkpoints["events"] = "1";
        disk.fail_from(nth, es::sqlite::FaultVfs::writes, SQLITE_FULL,
                       es::sqlite::FaultVfs::Arrives::half);
        try {
            views->save(save);
        } catch (const es::Unavailable&) {
            EXPECT_EQ(views->version(id), 0);
        }
        failed = disk.has_failed();
        disk.heal();
        EXPECT_THAT(views->save(save), IsEmpty());
        EXPECT_THAT(views->find(id)->values, SizeIs(1));
        EXPECT_EQ(views->version(id + "b"), 1);
    }
    EXPECT_GT(nth, 2);
    EXPECT_FALSE(failed);
    EXPECT_EQ(fatal, 0);
}

TEST_F(SqliteMetricViewsFiles, EndWithAFailedSync) {
    open_events();
    append("m", 0);
    {
        const auto views = open_views();
        save_with_checkpoint(*views, "1");
        disk.fail_from(1, es::sqlite::FaultVfs::syncs, SQLITE_IOERR_FSYNC);
        // Only checkpoints sync, so it takes some saves.
        for (int i = 0; i < 2000 && fatal == 0; ++i) {
            kpi::MetricDocument document = metric();
            document.metric.description = std::string(4000, 'x');
            try {
                views->save(kpi::testing::saving({change("m" + std::to_string(i), 0, document)}));
            } catch (const es::Unavailable&) {
            }
        }
        EXPECT_EQ(fatal, 1);
        EXPECT_THROW(views->save({}), es::Unavailable);
        disk.heal();
    }
    EXPECT_THAT(afresh(), HasSubstr("damaged"));
}

// After a power loss documents and checkpoints are of one save, though perhaps not the last.
TEST_F(SqliteMetricViewsFiles, GoBackAsAWholeWithAPowerLoss) {
    for (unsigned seed = 0; seed < 10 && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const base::testing::TempFolder before;
        const base::testing::TempFolder after;
        SqliteMetricViews views(before.path(), {.writer = true});
        for (int i = 1; i <= 30; ++i) {
            kpi::MetricDocument document = metric();
            document.version = i;
            document.metric.description = std::string(4000, 'x');
            kpi::testing::Save save;
            for (int m = 0; m < 60; ++m) {
                save.changes.push_back(change("m" + std::to_string(m), i - 1, document));
            }
            save.checkpoints["events"] = std::to_string(i);
            views.save(save);
        }
        disk.lose_power(before.path(), after.path(), seed);
        std::filesystem::copy(before.path() / "views.current", after.path() / "views.current");
        SqliteMetricViews restarted(after.path(), {.writer = true});
        const auto checkpoints = restarted.checkpoints();
        const auto reached = checkpoints.contains("events") ? checkpoints.at("events") : "0";
        for (const auto& id : {"m0", "m31", "m59"}) {
            EXPECT_EQ(std::to_string(restarted.version(id)), reached);
        }
    }
}

TEST_F(SqliteMetricViewsFiles, AreReadWhileTheyAreSaved) {
    open_events();
    append("m", 0);
    const auto views = open_views();
    save_with_checkpoint(*views, "1");
    SqliteMetricViews reader(folder.path());
    std::atomic<bool> done = false;
    std::jthread projector([&] {
        for (es::Version version = 2; version <= 200; ++version) {
            kpi::MetricDocument document = metric();
            document.version = version;
            document.values_total = version - 1;
            views->save(kpi::testing::saving(
                {change("m", version - 1, document, {{1, at(version), version}})}));
        }
        done = true;
    });
    while (!done) {
        const auto found = reader.find("m");
        ASSERT_TRUE(found);
        const auto values = static_cast<std::size_t>(found->document.values_total);
        EXPECT_EQ(found->values.size(), std::min(values, kpi::document_values_max));
        if (values > 0) {
            EXPECT_EQ(found->values.back().version, found->document.version);
        }
    }
}

}  // namespace
}  // namespace views
