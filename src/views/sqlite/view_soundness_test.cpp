// Views whose file was damaged: pages swapped, overwritten, single bits flipped. A start finds it
// and makes new ones, or shows what was written; what it can't find is named here.
#include "views/sqlite/view_soundness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/testing/temp_folder.hpp"
#include "es/catch_up.hpp"
#include "es/errors.hpp"
#include "es/projection.hpp"
#include "es/sqlite.hpp"
#include "kpi/testing/events.hpp"
#include "views/sqlite/event_witnesses.hpp"
#include "views/sqlite/sqlite_metric_views.hpp"
#include "views/sqlite/sqlite_view_rebuild.hpp"
#include "views/sqlite/view_queries.hpp"

namespace views {
namespace {

using std::filesystem::path;

constexpr std::size_t page_bytes = 4096;
constexpr int metrics = 24;
constexpr es::Version values_each = 40;

std::string content_of(const path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string name_of(int metric) {
    return "metric-" + std::to_string(metric * 7 % metrics);
}

// Views of two dozen metrics in one file without a log, every tree of which has some leaves.
class ViewSoundness : public ::testing::Test {
protected:
    ViewSoundness() {
        es::SqliteEventStore store(folder_.path(), {.witnesses = event_witnesses()});
        for (int metric = 0; metric < metrics; ++metric) {
            const std::string id = name_of(metric);
            std::vector<es::RecordedEvent> events{kpi::testing::recorded(
                id, 1, "MetricCreated",
                R"({"name":")" + std::string(90, 'n') + id + R"(","description":")" +
                    std::string(150, 'd') + R"(","target":)" + std::to_string(100 + metric) +
                    R"(,"unit":"u","deadline":"2099-12-31T00:00:00.000Z"})")};
            for (es::Version version = 2; version < values_each + 2; ++version) {
                events.push_back(
                    kpi::testing::value_reported(id, version, static_cast<double>(version)));
            }
            es::append_one(store, {id, 0, std::move(events)});
        }
        SqliteMetricViews views(folder_.path(), {.writer = true});
        project(folder_.path(), views);
    }

    static void project(const path& data, SqliteMetricViews& views) {
        es::SqliteEventReader events(data);
        es::SqliteEventFeed feed(data);
        es::Projection<kpi::MetricView> projection(events, views, {});
        es::catch_up(feed, projection, views.checkpoints(), {});
    }

    [[nodiscard]] path file() const { return folder_.path() / "views-1.db"; }

    static bool sound(const path& file) {
        try {
            es::sqlite::Connection connection(file, es::sqlite::Access::read);
            return sqlite::are_sound(connection);
        } catch (const es::sqlite::Error&) {
            return false;
        }
    }

    static bool quick_check_passes(const path& file) {
        try {
            es::sqlite::Connection connection(file, es::sqlite::Access::read);
            es::sqlite::Statement check = connection.prepare("PRAGMA quick_check(1)");
            es::sqlite::Rows rows = check.ask();
            return rows.next() && rows.text(0) == "ok";
        } catch (const es::sqlite::Error&) {
            return false;
        }
    }

    // What is answered to the questions of readers.
    static std::vector<std::string> answers(const path& file) {
        sqlite::ViewQueries views(file);
        std::vector<std::string> all;
        const auto add = [&](const kpi::MetricId& id, const kpi::MetricDocument& document) {
            all.push_back(id + " " + document.metric.name + " " + document.metric.description +
                          " " + json::format_number(document.metric.target) + document.metric.unit +
                          " " + std::to_string(document.version) + " " +
                          json::format_number(document.current().value));
        };
        for (int metric = 0; metric < metrics; ++metric) {
            const auto found = views.find(name_of(metric));
            all.push_back(found ? "found" : "not found");
            if (!found) continue;
            add(found->id, found->document);
            for (const auto& value : found->values) {
                all.push_back(std::to_string(value.version) + json::format_number(value.value));
            }
            const auto page = views.values({name_of(metric), {}, {}, false, {}, 1000});
            for (const auto& value : page->items) all.push_back(json::format_number(value.value));
        }
        using kpi::field;
        using Sort = const kpi::MetricField*;
        for (const Sort sort : {Sort(nullptr), &field("name"), &field("deadline"),
                                &field("createdAt"), &field("value")}) {
            kpi::ListQuery query;
            query.sort = sort;
            query.limit = 1000;
            for (const auto& item : views.list(query).items) add(item.id, item.document);
        }
        return all;
    }

    // An error is no wrong answer.
    static bool shows_other_than(const std::vector<std::string>& right, const path& file) {
        try {
            return answers(file) != right;
        } catch (const es::sqlite::Error&) {
            return false;
        }
    }

    const base::testing::TempFolder folder_;
};

TEST_F(ViewSoundness, OfViewsThatWereWrittenOrRebuilt) {
    EXPECT_TRUE(sound(file()));
    SqliteViewRebuild rebuild(folder_.path(), "test");
    ASSERT_TRUE(rebuild.build({}));
    EXPECT_TRUE(sound(folder_.path() / "views.rebuilt"));
}

TEST_F(ViewSoundness, NoTwoPagesCanBeSwappedUnseen) {
    const std::string whole = content_of(file());
    const auto right = answers(file());
    const std::size_t pages = whole.size() / page_bytes;
    ASSERT_GT(pages, 15U);
    std::size_t missed_by_quick_check = 0;
    const path swapped = folder_.path() / "swapped";
    std::string worst;
    for (std::size_t one = 1; one < pages; ++one) {
        for (std::size_t other = one + 1; other < pages; ++other) {
            std::string bytes = whole;
            bytes.replace(one * page_bytes, page_bytes, whole, other * page_bytes, page_bytes);
            bytes.replace(other * page_bytes, page_bytes, whole, one * page_bytes, page_bytes);
            if (bytes == whole) continue;
            std::ofstream(swapped, std::ios::binary) << bytes;
            EXPECT_FALSE(sound(swapped)) << one << " and " << other;
            if (!quick_check_passes(swapped)) continue;
            ++missed_by_quick_check;
            if (worst.empty() && shows_other_than(right, swapped)) worst = bytes;
        }
    }
    EXPECT_GT(missed_by_quick_check, 0U) << "the test swaps nothing of interest";
    ASSERT_FALSE(worst.empty());
    // A start with views that would show something wrong.
    std::ofstream(file(), std::ios::binary) << worst;
    SqliteMetricViews views(folder_.path(), {.writer = true});
    EXPECT_THROW(views.version(name_of(0)), es::Unavailable) << "none are shown";
    project(folder_.path(), views);
    EXPECT_EQ(views.version(name_of(0)), values_each + 1);
    EXPECT_TRUE(answers(folder_.path() / "views-2.db") == right);
}

TEST_F(ViewSoundness, NoPageCanBeOverwrittenUnseen) {
    const std::string whole = content_of(file());
    const path broken = folder_.path() / "broken";
    for (std::size_t page = 0; page < whole.size() / page_bytes; ++page) {
        for (const char with : {'\0', '\x5a'}) {
            std::string bytes = whole;
            bytes.replace(page * page_bytes, page_bytes, std::string(page_bytes, with));
            std::ofstream(broken, std::ios::binary) << bytes;
            EXPECT_FALSE(sound(broken)) << page;
        }
    }
}

// What no check of the file alone can see, as nothing else in it depends on that: a bit of a
// description, a unit, an updated-at or version, or of a value that is no metric's current one.
TEST_F(ViewSoundness, FewBitsCanBeFlippedUnseen) {
    const std::string whole = content_of(file());
    const auto right = answers(file());
    const path flipped = folder_.path() / "flipped";
    std::mt19937 random(1);
    std::size_t tried = 0;
    std::size_t shown_wrong = 0;
    for (std::size_t at = page_bytes; at < whole.size(); at += 61) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
        std::ofstream(flipped, std::ios::binary) << bytes;
        ++tried;
        if (!sound(flipped)) continue;
        if (shows_other_than(right, flipped)) ++shown_wrong;
    }
    RecordProperty("tried", static_cast<int>(tried));
    RecordProperty("shown_wrong", static_cast<int>(shown_wrong));
    EXPECT_LT(shown_wrong, tried / 10) << "of " << tried;
}

struct Contradiction {
    const char* name;
    const char* sql;
};
void PrintTo(const Contradiction& contradiction, std::ostream* out) {
    *out << contradiction.name;
}
class ViewContradictions : public ViewSoundness,
                           public ::testing::WithParamInterface<Contradiction> {};

TEST_P(ViewContradictions, AreSeen) {
    es::sqlite::Connection(file(), es::sqlite::Access::write).execute(GetParam().sql);
    EXPECT_FALSE(sound(file()));
}

INSTANTIATE_TEST_SUITE_P(
    Each, ViewContradictions,
    ::testing::Values(
        Contradiction{"AValueMissing",
                      "DELETE FROM metric_values WHERE metric = 3 AND version = 5"},
        Contradiction{"AllValuesMissing", "DELETE FROM metric_values WHERE metric = 3"},
        Contradiction{"ValuesOfNoMetric", "UPDATE metric_values SET metric = 99 WHERE metric = 3"},
        Contradiction{"AnotherCurrentValue", "UPDATE metrics SET value = 7 WHERE number = 3"},
        Contradiction{"ACurrentValueFromLater", "UPDATE metrics SET version = 20 WHERE number = 3"},
        Contradiction{"AnotherTarget", "UPDATE metrics SET target = 50 WHERE number = 3"},
        Contradiction{"AnotherProgress", "UPDATE metrics SET progress = 0.9 WHERE number = 3"},
        Contradiction{"AnotherSuccess", "UPDATE metrics SET successful = 1 WHERE number = 3"},
        Contradiction{"NoSuchKind", "UPDATE metrics SET kind = 'counted' WHERE number = 3"},
        Contradiction{"AnotherCheckpoint", "UPDATE checkpoints SET checkpoint = '3'"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace views
