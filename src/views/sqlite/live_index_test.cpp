// Lists of SQLite's views as a reader sees them while another object writes. What a list holds is
// the suite's to check: with the index, without it, and while it is loaded.
#include "views/sqlite/live_index.hpp"

#include "kpi/testing/events.hpp"
#include "views/sqlite/list_sql.hpp"
#include "views/sqlite/metric_views_fixture.hpp"
#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_writer.hpp"

namespace views {
namespace {

using kpi::testing::change;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class LiveIndexes : public SqliteMetricViewsFiles {
protected:
    LiveIndexes() : writer_(open_views()), reader_(folder.path()) {}

    static kpi::MetricDocument document(es::Version version, const std::string& unit) {
        kpi::MetricDocument made = kpi::testing::metric();
        made.version = version;
        made.metric.unit = unit;
        return made;
    }
    void save(const es::StreamId& id, es::Version loaded, const std::string& unit,
              bool replaces = false) {
        auto made = change(id, loaded, document(loaded + 1, unit));
        made.replaces = replaces;
        ASSERT_THAT(writer_->save(kpi::testing::saving({made})), IsEmpty());
    }
    void remove(const es::StreamId& id) {
        auto nothing = change(id, 0, {});
        nothing.replaces = true;
        ASSERT_THAT(writer_->save(kpi::testing::saving({nothing})), IsEmpty());
    }
    std::vector<kpi::MetricId> with_unit(const std::string& unit) {
        kpi::ListQuery query;
        query.filter.where(kpi::field("unit"), unit);
        return reader_.list_ids(query).first;
    }
    void execute(const char* sql) {
        es::sqlite::Connection(file("views-1.db"), es::sqlite::Access::write).execute(sql);
    }
    std::int64_t ask(const char* sql) {
        return es::sqlite::Connection(file("views-1.db"), es::sqlite::Access::read)
            .ask_integer(sql);
    }

    std::unique_ptr<SqliteMetricViews> writer_;
    SqliteMetricViews reader_;
};

TEST_F(LiveIndexes, SeeWhatAnotherWrites) {
    save("a", 0, "km");
    EXPECT_THAT(with_unit("km"), ElementsAre("a"));
    save("b", 0, "km");
    save("a", 1, "h");
    EXPECT_THAT(with_unit("km"), ElementsAre("b"));
    EXPECT_THAT(with_unit("h"), ElementsAre("a"));
}

TEST_F(LiveIndexes, SeeAMetricThatIsFoldedAgainOrRemoved) {
    save("a", 0, "km");
    save("b", 0, "km");
    EXPECT_THAT(with_unit("km"), ElementsAre("a", "b"));
    save("a", 1, "km", true);
    EXPECT_THAT(with_unit("km"), ElementsAre("a", "b"));
    EXPECT_EQ(reader_.summary({}, {}).total(), 2);
    remove("a");
    EXPECT_THAT(with_unit("km"), ElementsAre("b"));
    EXPECT_EQ(reader_.summary({}, {}).total(), 1);
}

// The writer dropped the notes in the meantime.
TEST_F(LiveIndexes, AreLoadedAfreshByAReaderThatMissedSaves) {
    save("a", 0, "km");
    EXPECT_THAT(with_unit("km"), ElementsAre("a"));
    save("a", 1, "h");
    save("b", 0, "km");
    save("c", 0, "h");
    execute("DELETE FROM metric_saves WHERE save < (SELECT max(save) FROM metric_saves)");
    EXPECT_THAT(with_unit("km"), ElementsAre("b"));
    EXPECT_THAT(with_unit("h"), ElementsAre("a", "c"));
}

TEST_F(LiveIndexes, NeedOnlySoManyNotesOfSaves) {
    execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
        "INSERT INTO metric_saves(metric) SELECT 1 FROM n");
    kpi::testing::Save many;
    for (int i = 0; i < sqlite::saves_dropped_at_once; ++i) {
        many.changes.push_back(change("m" + std::to_string(i), 0, document(1, "km")));
    }
    ASSERT_THAT(writer_->save(many), IsEmpty());
    save("last", 0, "h");
    EXPECT_EQ(ask("SELECT count(*) FROM metric_saves"), sqlite::saves_kept + 1);
    EXPECT_THAT(with_unit("h"), ElementsAre("last"));
}

TEST_F(LiveIndexes, NeedOnlySoManyNotesOverRestartsToo) {
    execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
        "INSERT INTO metric_saves(metric) SELECT 1 FROM n");
    writer_.reset();
    writer_ = open_views();
    save("a", 0, "km");
    EXPECT_LE(ask("SELECT count(*) FROM metric_saves"), sqlite::saves_kept + 1);
}

// Views of the release before have no notes: SQL filters until their writer opens them.
TEST_F(LiveIndexes, AreNotNeededForLists) {
    save("a", 0, "km");
    writer_.reset();
    execute("DROP TABLE metric_saves; PRAGMA user_version = 4");
    SqliteMetricViews old(folder.path());
    kpi::ListQuery query;
    query.filter.where(kpi::field("unit"), std::string("km"));
    EXPECT_THAT(old.list_ids(query).first, ElementsAre("a"));
    writer_ = open_views();
    save("b", 0, "km");
    EXPECT_THAT(old.list_ids(query).first, ElementsAre("a", "b"));
    EXPECT_EQ(ask("PRAGMA user_version"), 5);
}

// In the order of an index, without sorting; what the list is filtered by never keeps it from that.
TEST_F(LiveIndexes, AreWalkedInTheOrderOfAnIndexOfTheFile) {
    es::sqlite::Connection views(file("views-1.db"), es::sqlite::Access::read);
    sqlite::add_list_functions(views);
    const auto plan = [&](const kpi::ListQuery& query) {
        const std::string sql =
            "EXPLAIN QUERY PLAN " + sqlite::list_sql(query, "number", sqlite::documents_table);
        es::sqlite::Statement statement = views.prepare(sql);
        std::string all;
        for (es::sqlite::Rows rows = statement.ask(); rows.next();) all += rows.text(3) + "\n";
        return all;
    };
    for (const kpi::MetricField* sort : kpi::sortable_fields) {
        if (!sort->indexed) continue;
        for (const bool descending : {false, true}) {
            kpi::ListQuery query;
            query.sort = sort;
            query.descending = descending;
            const std::string index =
                std::string("USING COVERING INDEX metrics_by_") + sort->column;
            EXPECT_THAT(plan(query), HasSubstr("SCAN metrics " + index));
            query.after = {kpi::copy_of(sort->missing()), "m"};
            EXPECT_THAT(plan(query), HasSubstr("SEARCH metrics " + index));
            EXPECT_THAT(plan(query), Not(HasSubstr("TEMP B-TREE FOR ORDER BY")));
            query.filter.where(kpi::field("unit"), std::string("km"));
            EXPECT_THAT(plan(query), HasSubstr("INDEX metrics_by_" + std::string(sort->column)));
        }
    }
}

}  // namespace
}  // namespace views
