// Views that were written before a field was: served at once, and filled in while they are.
#include <algorithm>
#include <array>
#include <atomic>
#include <string_view>

#include "es/projection_loop.hpp"
#include "es/sqlite/connection.hpp"
#include "kpi/testing/events.hpp"
#include "views/sqlite/metric_views_fixture.hpp"
#include "views/sqlite/view_check.hpp"

namespace views {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class AdditiveSqliteViews : public SqliteMetricViewsFiles {
protected:
    void make_metrics(int count) {
        open_events();
        std::vector<es::Append> batch;
        for (int i = 0; i < count; ++i) {
            const std::string id = name_of(i);
            batch.push_back({id,
                             0,
                             {kpi::testing::created(id), kpi::testing::value_reported(id, 2, 4),
                              kpi::testing::value_reported(id, 3, 5)}});
        }
        events->append(std::move(batch), [](std::size_t, const es::AppendOutcome& outcome) {
            ASSERT_EQ(outcome.status, es::AppendStatus::stored);
        });
        project(*open_views());
    }
    static std::string name_of(int i) { return "m" + std::to_string(i); }

    // As a program wrote them that knew neither the unit nor the progress.
    void take_fields_away() {
        es::sqlite::Connection views(file("views-1.db"), es::sqlite::Access::write);
        views.execute(
            "ALTER TABLE metrics DROP COLUMN unit;"
            "ALTER TABLE metrics DROP COLUMN progress;"
            "UPDATE metrics SET fields = 1");
    }

    // As the release before goals left them.
    void leave_what_was_known_before_goals() {
        constexpr std::array known{"version",    "name",       "description",   "target",
                                   "deadline",   "unit",       "kind",          "value",
                                   "value_date", "successful", "value_version", "progress",
                                   "created_at", "updated_at", "values_total"};
        es::sqlite::Connection views(file("views-1.db"), es::sqlite::Access::write);
        views.execute(
            "DROP INDEX metrics_by_attention_at;"
            "DROP INDEX metric_values_by_date;"
            "CREATE INDEX metric_values_by_date ON metric_values(metric, date, version);"
            "ALTER TABLE metric_values DROP COLUMN notes;"
            "ALTER TABLE metric_values DROP COLUMN retracted");
        for (const kpi::MetricField* field : kpi::stored_fields) {
            if (std::ranges::count(known, std::string_view(field->column)) > 0) continue;
            views.execute(
                (std::string("ALTER TABLE metrics DROP COLUMN ") + field->column).c_str());
        }
        views.execute(
            ("UPDATE metrics SET fields = " + std::to_string(kpi::first_field_set)).c_str());
    }

    static std::size_t with_status(kpi::MetricViews& views, const std::string& status) {
        kpi::ListQuery query;
        query.filter.where(kpi::field("status"), status);
        query.filter.where(kpi::field("isArchived"), false);
        query.sort = &kpi::field("attentionAt");
        query.now = kpi::testing::moment("2026-06-01");
        return views.list(query).items.size();
    }
    static std::vector<kpi::MetricValue> all_values(kpi::MetricViews& views, const char* id) {
        kpi::ValuesQuery query;
        query.id = id;
        query.retracted = true;
        return views.values(query)->items;
    }

    static std::size_t with_unit(kpi::MetricViews& views, const std::string& unit) {
        kpi::ListQuery query;
        query.filter.where(kpi::field("unit"), unit);
        query.limit = 100'000;
        return views.list(query).items.size();
    }

    // What a projector does between two batches. Returns how many views were rebuilt.
    std::size_t rebuild_some(SqliteMetricViews& views) {
        es::Projection<kpi::MetricView> projection(*events, views, {});
        const auto asked = views.upkeep([] { return false; }).rebuild;
        for (const auto& id : asked) {
            projection.rebuild(id);
            views.rebuilt(id);
        }
        return asked.size();
    }
    // Nothing is asked for any more when nothing was for so many ranges of rows.
    std::size_t rebuild_all(SqliteMetricViews& views) {
        std::size_t rebuilt = 0;
        for (int idle = 0; idle < 5;) {
            const std::size_t some = rebuild_some(views);
            idle = some == 0 ? idle + 1 : 0;
            rebuilt += some;
        }
        return rebuilt;
    }

    void expect_folds(kpi::MetricViews& views, int count) {
        for (int i = 0; i < count; ++i) {
            std::optional<kpi::MetricDocument> document;
            auto rows = es::Rows<kpi::MetricRow>::with_history();
            for (const auto& event : es::read_stream(*events, name_of(i))) {
                kpi::MetricView::fold(document, event, rows);
            }
            const auto found = views.find(name_of(i));
            ASSERT_TRUE(found && document) << i;
            EXPECT_EQ(found->document, *document) << i;
            auto counting = kpi::values_among(rows.all());
            std::erase_if(counting, [](const auto& row) { return row.retracted(); });
            EXPECT_EQ(found->values, counting) << i;
        }
        EXPECT_EQ(sqlite::check_views(folder.path(), {}).differences_total, 0U);
    }
};

TEST_F(AdditiveSqliteViews, AreServedAtOnceWithDefaultsForWhatTheyLack) {
    make_metrics(3);
    take_fields_away();
    const auto views = open_views();
    EXPECT_THAT(logged, IsEmpty()) << "no new views are begun";
    const auto found = views->find("m1");
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->document.has_all_fields);
    EXPECT_EQ(found->document.metric.unit, "");
    EXPECT_EQ(found->document.metric.value, 5);
    EXPECT_THAT(found->values, SizeIs(2));
    EXPECT_EQ(with_unit(*views, ""), 3U);
    kpi::ListQuery by_progress;
    by_progress.sort = &kpi::field("progress");
    EXPECT_EQ(kpi::testing::ids_of(views->list(by_progress).items),
              (std::vector<kpi::MetricId>{"m0", "m1", "m2"}));
}

TEST_F(AdditiveSqliteViews, AreRightWhenTheirStreamsWereFoldedAnew) {
    make_metrics(120);
    take_fields_away();
    const auto views = open_views();
    const auto before = views->stamp("m1");
    EXPECT_EQ(rebuild_all(*views), 120U);
    EXPECT_THAT(logged, SizeIs(1)) << "not one for each metric";
    expect_folds(*views, 120);
    EXPECT_EQ(with_unit(*views, ""), 0U);
    EXPECT_NE(views->stamp("m1"), before) << "rendered documents must not outlive it";
    EXPECT_EQ(rebuild_all(*views), 0U);
}

TEST_F(AdditiveSqliteViews, StayWrittenUnderTheirSetWhenMoreEventsCome) {
    make_metrics(1);
    take_fields_away();
    auto views = open_views();
    es::append_one(*events, {"m0", 3, {kpi::testing::value_reported("m0", 4, 7)}});
    project(*views);
    EXPECT_EQ(views->find("m0")->document.metric.value, 7);
    EXPECT_FALSE(views->find("m0")->document.has_all_fields);
    views.reset();
    // Nor is it of the earlier set any more, should a program of that one come back.
    EXPECT_EQ(es::sqlite::Connection(file("views-1.db"), es::sqlite::Access::read)
                  .ask_integer("SELECT fields FROM metrics"),
              0);
    views = open_views();
    EXPECT_EQ(rebuild_all(*views), 1U);
    expect_folds(*views, 1);
}

TEST_F(AdditiveSqliteViews, AreContinuedAfterACrash) {
    make_metrics(120);
    take_fields_away();
    std::size_t rebuilt = 0;
    {
        const auto views = open_views();
        rebuilt = rebuild_some(*views);
        EXPECT_GT(rebuilt, 0U);
        // Asked for, and never done.
        EXPECT_THAT(views->upkeep([] { return false; }).rebuild, ::testing::Not(IsEmpty()));
    }
    const auto views = open_views();
    EXPECT_EQ(rebuild_all(*views), 120U - rebuilt);
    expect_folds(*views, 120);
}

TEST_F(AdditiveSqliteViews, ALargeFileIsFilledInWhileEventsAreApplied) {
    constexpr int count = 4'000;
    make_metrics(count);
    take_fields_away();
    const auto views = open_views();
    es::SqliteEventFeed feed(folder.path());
    es::Projection<kpi::MetricView> projection(*events, *views, {});
    es::ProjectionLoop<kpi::MetricView> loop(projection, feed, *views, {});
    es::append_one(*events, {"m3999", 3, {kpi::testing::value_reported("m3999", 4, 9)}});
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    bool all_had_units_first = false;
    while (views->version("m3999") < 4 && std::chrono::steady_clock::now() < until) {
        all_had_units_first = with_unit(*views, "") == 0;
    }
    EXPECT_EQ(views->version("m3999"), 4);
    EXPECT_FALSE(all_had_units_first) << "events don't wait for the rest";
    while (with_unit(*views, "") > 0 && std::chrono::steady_clock::now() < until) {
    }
    loop.stop();
    EXPECT_EQ(with_unit(*views, ""), 0U);
}

TEST_F(AdditiveSqliteViews, AReaderThatCameBeforeTheWriterSeesThemFilledIn) {
    make_metrics(3);
    take_fields_away();
    SqliteMetricViews reader(folder.path());
    EXPECT_EQ(reader.find("m1")->document.metric.unit, "");
    EXPECT_EQ(with_unit(reader, ""), 3U);
    kpi::ListQuery search;
    search.filter.search = "N";
    search.sort = &kpi::field("progress");
    EXPECT_THAT(reader.list(search).items, SizeIs(3));
    const auto views = open_views();
    EXPECT_EQ(with_unit(reader, ""), 3U);
    EXPECT_EQ(rebuild_all(*views), 3U);
    expect_folds(reader, 3);
}

TEST_F(AdditiveSqliteViews, OfBeforeGoalsAreServedFilledInAndCorrected) {
    make_metrics(3);
    leave_what_was_known_before_goals();
    SqliteMetricViews reader(folder.path());  // no writer has added columns
    const auto expect_as_they_were = [&](kpi::MetricViews& views) {
        const auto found = views.find("m1");
        ASSERT_TRUE(found);
        EXPECT_FALSE(found->document.has_all_fields);
        EXPECT_EQ(found->document.metric.value, 5);
        EXPECT_EQ(found->document.metric.direction, kpi::Direction::at_least);
        EXPECT_THAT(found->values, SizeIs(2));
        EXPECT_THAT(all_values(views, "m1"), SizeIs(2));
        EXPECT_EQ(with_status(views, "missed"), 0U);
        EXPECT_EQ(views.list({}).items.size(), 3U);
    };
    expect_as_they_were(reader);
    const auto views = open_views();
    EXPECT_THAT(logged, IsEmpty()) << "no new views are begun";
    expect_as_they_were(*views);
    expect_as_they_were(reader);

    es::append_one(*events, {"m0",
                             3,
                             {kpi::testing::recorded("m0", 4, "MetricValueCorrected",
                                                     R"({"of":2,"value":9,"reason":"typed"})"),
                              kpi::testing::recorded("m0", 5, "MetricValueRetracted",
                                                     R"({"of":3,"reason":"not mine"})")}});
    project(*views);
    EXPECT_EQ(views->find("m0")->document.metric.value, 9) << "before it is filled in";
    EXPECT_EQ(rebuild_all(*views), 3U);
    expect_folds(*views, 3);
    expect_folds(reader, 3);
    const auto values = all_values(reader, "m0");
    ASSERT_THAT(values, SizeIs(2));
    ASSERT_TRUE(values[0].notes && values[0].notes->amended);
    EXPECT_EQ(values[0].notes->amended->value, 4);
    EXPECT_TRUE(values[1].retracted());
    for (kpi::MetricViews* store :
         {static_cast<kpi::MetricViews*>(&reader), static_cast<kpi::MetricViews*>(views.get())}) {
        EXPECT_EQ(with_status(*store, "on_track") + with_status(*store, "at_risk") +
                      with_status(*store, "off_track"),
                  3U);
    }
}

// A release that knew no sets: its documents are of the first one.
TEST_F(AdditiveSqliteViews, ThatNameNoSetAreOfTheFirstOne) {
    make_metrics(2);
    {
        es::sqlite::Connection views(file("views-1.db"), es::sqlite::Access::write);
        views.execute("ALTER TABLE metrics DROP COLUMN fields");
    }
    SqliteMetricViews reader(folder.path());
    EXPECT_EQ(reader.find("m1")->document.has_all_fields, kpi::field_set == kpi::first_field_set);
    const auto views = open_views();
    EXPECT_THAT(logged, IsEmpty());
    EXPECT_EQ(rebuild_all(*views), kpi::field_set == kpi::first_field_set ? 0U : 2U);
    expect_folds(reader, 2);
}

// What a rebuild by an earlier release left.
TEST_F(AdditiveSqliteViews, ThatARebuildLeftAreTakenOver) {
    make_metrics(3);
    const auto views = open_views();
    rebuild();
    {
        es::sqlite::Connection left(file("views.rebuilt"), es::sqlite::Access::write);
        left.execute("ALTER TABLE metrics DROP COLUMN unit; UPDATE metrics SET fields = 1");
    }
    EXPECT_TRUE(look_after(*views));
    EXPECT_EQ(rebuild_all(*views), 3U);
    expect_folds(*views, 3);
}

}  // namespace
}  // namespace views
