// What of the index no store's suite asks: what it holds of what is gone, and damaged views.
#include "views/sqlite/metric_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.hpp"
#include "kpi/testing/view_store_checks.hpp"

namespace views::sqlite {
namespace {

using kpi::testing::moment;
using ::testing::ElementsAre;

class MetricIndexes : public ::testing::Test {
protected:
    void put(MetricNumber number, const kpi::MetricDocument& document) {
        index.put(number, [&](const kpi::MetricField& field, std::size_t) {
            return field.stored(document);
        });
    }
    void put_with_runs(MetricNumber number, const std::string& runs) {
        kpi::MetricDocument document = kpi::testing::metric();
        document.metric.deadline = kpi::no_deadline;
        index.put(number, [&](const kpi::MetricField& field, std::size_t) -> kpi::FieldView {
            if (&field == &kpi::field("statusRuns")) return kpi::Json{runs};
            return field.stored(document);
        });
    }
    std::vector<MetricNumber> with(const kpi::MetricField& field, kpi::FieldValue value,
                                   es::TimePoint now = {}) {
        kpi::MetricFilter filter;
        filter.where(field, std::move(value));
        return MetricIndex::numbers_of(index.select(filter, now));
    }

    MetricIndex index;
};

TEST_F(MetricIndexes, FindTheStatusOfAnyTimeInAnyOrder) {
    put_with_runs(
        7,
        R"([{"status":"on_track","from":"0001-01-01T00:00:00.000Z","until":"2026-05-01T00:00:00.000Z"},)"
        R"({"status":"missed","from":"2026-05-01T00:00:00.000Z","until":"9999-12-31T24:00:00.000Z"}])");
    const kpi::MetricField& status = kpi::field("status");
    for (const char* late : {"2026-05-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"}) {
        EXPECT_THAT(with(status, std::string("missed"), moment(late)), ElementsAre(7));
        EXPECT_THAT(with(status, std::string("on_track"), moment("2026-04-30T23:59:59.999Z")),
                    ElementsAre(7));
    }
    EXPECT_EQ(index.summary(index.select({}, {}), moment("2026-01-01")).next(),
              moment("2026-05-01"));
    EXPECT_EQ(index.summary(index.select({}, {}), moment("2026-05-01")).next(), std::nullopt);
}

TEST_F(MetricIndexes, TakeRunsThatCannotBeReadForNone) {
    put_with_runs(1, R"([{"status":"missed","from":"","until":"9999-12-31T24:00:00.000Z"}])");
    EXPECT_THAT(with(kpi::field("status"), std::string("missed")), ElementsAre(1));
    for (const char* damaged : {"", "[]", "nonsense", R"([{"status":"what","until":"2026"}])"}) {
        put_with_runs(1, damaged);
        EXPECT_THAT(with(kpi::field("status"), std::string("missed")), ElementsAre()) << damaged;
    }
}

TEST_F(MetricIndexes, FindNegativeNumbersAndZeroInTheirOrder) {
    std::vector<double> values{0.5, -2, 0.0, -0.5, -0.0, 3, -1e100, 1e100};
    for (std::size_t i = 0; i < values.size(); ++i) {
        kpi::MetricDocument document = kpi::testing::metric();
        document.metric.value = values[i];
        put(static_cast<MetricNumber>(i), document);
    }
    kpi::ListQuery query;
    query.sort = &kpi::field("value");
    query.limit = 3;
    const auto page = index.page(index.select({}, {}), query);
    EXPECT_THAT(page->between, ElementsAre(1, 3, 6));
    EXPECT_THAT(MetricIndex::numbers_of(page->tied), ElementsAre(2, 4)) << "-0 is 0";
}

TEST_F(MetricIndexes, SayWhenTheyHoldMoreOfWhatIsGone) {
    kpi::MetricDocument document = kpi::testing::metric();
    for (int i = 0; i < 10'000; ++i) {
        document.metric.owner = "owner " + std::to_string(i);
        put(1, document);
    }
    EXPECT_FALSE(index.is_wasteful());
    for (int i = 0; i < 10; ++i) {
        document.metric.owner = "another " + std::to_string(i);
        put(1, document);
    }
    EXPECT_TRUE(index.is_wasteful());
    index.clear();
    for (MetricNumber number = 0; number <= 10'000; ++number) {
        EXPECT_FALSE(index.is_wasteful());
        put(number, kpi::testing::metric());
        index.remove(number);
    }
    EXPECT_TRUE(index.is_wasteful());
    EXPECT_EQ(index.size(), 0U);
}

}  // namespace
}  // namespace views::sqlite
