#include "kpi/buckets.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

#include "base/time.hpp"

namespace kpi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

es::TimePoint at(std::int64_t ms) {
    return base::parse_time("2026-01-01", base::DateAlone::start_of_day).value() +
           std::chrono::milliseconds(ms);
}

Thinned thinned(const std::vector<Reading>& readings, std::int64_t to, std::size_t points) {
    Thinned all(at(0), at(to), points);
    for (const auto& reading : readings) all.add(reading);
    return all;
}

TEST(Buckets, HoldFirstMinMaxLastAndCountOfEqualPartsOfTheSpan) {
    Buckets buckets(at(0), at(99), 2);
    const std::vector<Reading> readings{{at(0), 5, 2},  {at(3), 9, 3},  {at(20), 1, 4},
                                        {at(49), 4, 5}, {at(50), 7, 6}, {at(99), 6, 7}};
    for (const auto& reading : readings) buckets.add(reading);
    EXPECT_THAT(buckets.all(), ElementsAre(Bucket{at(0), 5, 1, 9, 4, {at(49), 4, 5}},
                                           Bucket{at(50), 7, 6, 7, 2, {at(99), 6, 7}}));
}

TEST(Buckets, LeaveOutPartsWithoutValues) {
    Buckets buckets(at(0), at(999), 10);
    buckets.add({at(150), 1, 2});
    buckets.add({at(850), 2, 3});
    EXPECT_THAT(buckets.all(), ElementsAre(Bucket{at(100), 1, 1, 1, 1, {at(150), 1, 2}},
                                           Bucket{at(800), 2, 2, 2, 1, {at(850), 2, 3}}));
}

TEST(Buckets, PutWhatLiesOutsideIntoTheOutermost) {
    Buckets buckets(at(0), at(99), 4);
    for (const std::int64_t ms : {-500, 10, 98, 5000, 6000}) {
        buckets.add({at(ms), static_cast<double>(ms), 2});
    }
    EXPECT_THAT(buckets.all(), ElementsAre(Bucket{at(0), -500, -500, 10, 2, {at(10), 10, 2}},
                                           Bucket{at(75), 98, 98, 6000, 3, {at(6000), 6000, 2}}));
}

TEST(Buckets, AreNoFinerThanAMillisecond) {
    Buckets buckets(at(0), at(2), 2000);
    for (const std::int64_t ms : {0, 0, 1, 2, 7}) buckets.add({at(ms), 1, 2});
    ASSERT_EQ(buckets.all().size(), 3U);
    EXPECT_EQ(buckets.all()[0].count, 2);
    EXPECT_EQ(buckets.all()[2].count, 2);
    EXPECT_EQ(buckets.all()[2].at, at(2));
    Buckets backwards(at(5), at(0), 10);
    for (const std::int64_t ms : {0, 5, 9}) backwards.add({at(ms), 1, 2});
    EXPECT_EQ(backwards.all().size(), 1U);
}

TEST(Buckets, SpanAllTimesThatCanBeWritten) {
    const auto day = base::DateAlone::end_of_day;
    const auto first = base::parse_time("0001-01-01", day).value();
    const auto last = base::parse_time("9999-12-31", day).value();
    Buckets buckets(first, last, 2000);
    buckets.add({first, 1, 2});
    buckets.add({last, 2, 3});
    ASSERT_EQ(buckets.all().size(), 2U);
    EXPECT_EQ(buckets.all()[0].at, first);
    EXPECT_GT(buckets.all()[1].at, last - std::chrono::days(366 * 5));
    EXPECT_LE(buckets.all()[1].at, last);
}

// Each reading by its own division, into a bucket that holds all of its readings.
TEST(Buckets, DoWhatASlowerWayDoes) {
    std::mt19937 random(1);
    for (int round = 0; round < 300; ++round) {
        const std::int64_t span = std::uniform_int_distribution(1, 5000)(random);
        const std::int64_t count = std::uniform_int_distribution<std::int64_t>(
            1, std::min<std::int64_t>(span, 100))(random);
        std::vector<Reading> readings;
        for (int i = 0; i < 200; ++i) {
            readings.push_back(
                {at(std::uniform_int_distribution<std::int64_t>(0, span - 1)(random)),
                 std::uniform_real_distribution(-9.0, 9.0)(random), i + 2});
        }
        std::ranges::sort(readings, {},
                          [](const Reading& each) { return std::pair(each.date, each.version); });
        std::map<std::int64_t, std::vector<Reading>> parts;
        Buckets buckets(at(0), at(span - 1), static_cast<std::size_t>(count));
        for (const auto& reading : readings) {
            parts[(reading.date - at(0)).count() * count / span].push_back(reading);
            buckets.add(reading);
        }
        ASSERT_EQ(buckets.all().size(), parts.size());
        auto bucket = buckets.all().begin();
        for (const auto& [place, part] : parts) {
            const auto [min, max] = std::ranges::minmax_element(part, {}, &Reading::value);
            EXPECT_EQ(*bucket, (Bucket{bucket->at, part.front().value, min->value, max->value,
                                       static_cast<std::int64_t>(part.size()), part.back()}));
            // It begins where its part does: not after its first value, nor a part too early.
            EXPECT_EQ((bucket->at - at(0)).count() * count / span, place);
            EXPECT_NE(((bucket->at - at(0)).count() - 1) * count / span,
                      (bucket->at - at(0)).count() > 0 ? place : -1);
            ++bucket;
        }
    }
}

TEST(Thinned, KeepsTheReadingsWhileTheyAreFew) {
    const std::vector<Reading> readings{{at(0), 5, 2}, {at(3), 9, 3}, {at(3), 1, 4}};
    const auto all = thinned(readings, 99, 3);
    EXPECT_FALSE(all.is_bucketed());
    EXPECT_EQ(all.readings(), readings);
    EXPECT_EQ(all.lasts(), readings);
    EXPECT_THAT(thinned({}, 99, 3).readings(), IsEmpty());
}

TEST(Thinned, GivesBucketsOfMore) {
    const auto all = thinned({{at(0), 5, 2}, {at(3), 9, 3}, {at(4), 1, 4}, {at(70), 2, 5}}, 99, 3);
    EXPECT_TRUE(all.is_bucketed());
    EXPECT_THAT(all.buckets(), ElementsAre(Bucket{at(0), 5, 1, 9, 3, {at(4), 1, 4}},
                                           Bucket{at(67), 2, 2, 2, 1, {at(70), 2, 5}}));
    EXPECT_THAT(all.lasts(), ElementsAre(Reading{at(4), 1, 4}, Reading{at(70), 2, 5}));
}

}  // namespace
}  // namespace kpi
