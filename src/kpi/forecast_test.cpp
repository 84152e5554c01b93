// F1 and F2 are the examples of the design of goals. The backtest shows how often the interval held
// on real data, at the origin of each forecast knowing only what was known then.
#include "kpi/forecast.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "kpi/buckets.hpp"

namespace kpi {
namespace {

using std::chrono::days;
using ::testing::DoubleNear;

const TimePoint start = base::parse_time("2026-01-01", base::DateAlone::start_of_day).value();

std::vector<Reading> every(days between, const std::vector<double>& values) {
    std::vector<Reading> readings;
    for (const double value : values) {
        const auto place = static_cast<std::int64_t>(readings.size());
        readings.push_back({start + place * between, value, place + 2});
    }
    return readings;
}

// At the date of the last value, for so many days later.
Forecast after(const std::vector<Reading>& history, MetricKind kind, days time) {
    const TimePoint now = history.empty() ? start : history.back().date;
    return forecast_of(history, {kind, now, now + time});
}

const std::vector<double> f1{2, 3, 5, 8, 9, 12, 14, 17, 19, 21};
const std::vector<double> f2{120, 118, 121, 117, 116, 118, 113, 114, 110, 111, 108, 109};

TEST(Forecast, F1) {
    const auto forecast = after(every(days(30), f1), MetricKind::counter, days(60));
    ASSERT_TRUE(forecast.range);
    EXPECT_EQ(forecast.range->windows, 8U);
    EXPECT_EQ(forecast.range->low, 21);
    EXPECT_EQ(forecast.range->as_so_far, 25.375);
    EXPECT_THAT(forecast.range->high, DoubleNear(26.4411, 5e-5));
}

TEST(Forecast, F2) {
    const auto forecast = after(every(days(30), f2), MetricKind::gauge, days(90));
    ASSERT_TRUE(forecast.range);
    EXPECT_EQ(forecast.range->windows, 9U);
    EXPECT_THAT(forecast.range->low, DoubleNear(102.2374, 5e-5));
    EXPECT_THAT(forecast.range->as_so_far, DoubleNear(105.5556, 5e-5));
    EXPECT_THAT(forecast.range->high, DoubleNear(112.3181, 5e-5));
}

TEST(Forecast, OnlyACounterNeverFallsBelowItsValue) {
    const auto forecast = after(every(days(30), f1), MetricKind::gauge, days(60));
    EXPECT_THAT(forecast.range->low, DoubleNear(21 - (26.4411 - 25.375), 5e-5));
}

TEST(Forecast, IsMadeFromAtLeastEightWindows) {
    const std::vector<double> nine(f1.begin(), f1.end() - 1);
    const auto seven_windows = after(every(days(30), nine), MetricKind::counter, days(60));
    EXPECT_FALSE(seven_windows.range);
    EXPECT_EQ(seven_windows.needed, 1U);
    EXPECT_TRUE(after(every(days(30), nine), MetricKind::counter, days(30)).range);
}

TEST(Forecast, ReachesNoFurtherThanHalfTheHistory) {
    const std::vector<double> values(20, 1.0);
    EXPECT_TRUE(after(every(days(10), values), MetricKind::gauge, days(95)).range);
    const auto too_far = after(every(days(10), values), MetricKind::gauge, days(96));
    EXPECT_FALSE(too_far.range);
    EXPECT_EQ(too_far.needed, 1U);
}

// As promised: with the values that it asks for, at the pace of those before, there is a forecast.
TEST(Forecast, SaysHowManyValuesAreMissing) {
    for (int count = 2; count < 30; ++count) {
        for (int time = 5; time < 600; time += 35) {
            const auto at = start + days(10 * (count - 1) + time);
            const auto range_with = [&](int values) {
                const auto history =
                    every(days(10), std::vector<double>(static_cast<std::size_t>(values), 1.0));
                return forecast_of(history, {MetricKind::gauge, history.back().date, at});
            };
            const auto now = range_with(count);
            if (now.range) continue;
            int more = 1;
            while (10 * more < time && !range_with(count + more).range) ++more;
            const auto expected =
                10 * more < time ? std::optional<std::size_t>(more) : std::nullopt;
            EXPECT_EQ(now.needed, expected) << count << " values, " << time << " days";
        }
    }
}

TEST(Forecast, OfNextToNothingAsksForNineValues) {
    EXPECT_EQ(after({}, MetricKind::gauge, days(60)).needed, 9U);
    EXPECT_EQ(after(every(days(1), {5}), MetricKind::gauge, days(60)).needed, 8U);
    const std::vector<Reading> of_one_date{{start, 1, 2}, {start, 2, 3}, {start, 3, 4}};
    EXPECT_EQ(after(of_one_date, MetricKind::gauge, days(60)).needed, 8U);
}

TEST(Forecast, AsksForNoMoreThanAThousandValues) {
    const auto daily = every(days(1), std::vector<double>(20, 5.0));
    EXPECT_EQ(after(daily, MetricKind::gauge, days(1'509)).needed, 1'000U);
    EXPECT_EQ(after(daily, MetricKind::gauge, days(1'510)).needed, std::nullopt);
}

TEST(Forecast, AfterTheDeadlineThereIsNone) {
    const auto history = every(days(30), f1);
    const auto forecast = after(history, MetricKind::counter, days(0));
    EXPECT_FALSE(forecast.range);
    EXPECT_FALSE(forecast.needed);
}

TEST(Forecast, OfSeveralValuesOfADateTheLastOneCounts) {
    auto history = every(days(30), f1);
    history.insert(history.begin() + 4, {history[4].date, 1000, 99});
    EXPECT_EQ(after(history, MetricKind::counter, days(60)).range,
              after(every(days(30), f1), MetricKind::counter, days(60)).range);
}

// The last value's age is a part of the time over which it may still change.
TEST(Forecast, DoesNotNarrowWhileNoValueComes) {
    const auto history = every(days(30), f1);
    const TimePoint last = history.back().date;
    const auto late = forecast_of(history, {MetricKind::counter, last + days(59), last + days(60)});
    EXPECT_EQ(late.range, after(history, MetricKind::counter, days(60)).range);
}

TEST(Forecast, OfLessThanTheTimeBetweenTwoValuesIsAShareOfTheirChange) {
    std::vector<double> line;
    for (int i = 0; i < 20; ++i) line.push_back(i * 30);
    const auto range = after(every(days(30), line), MetricKind::gauge, days(20)).range;
    ASSERT_TRUE(range);
    EXPECT_THAT(range->as_so_far, DoubleNear(590, 1e-9));
}

TEST(Forecast, OfALongHistoryIsThatOfItsBuckets) {
    std::vector<double> values;
    for (int i = 0; i < 5000; ++i) values.push_back(i * 0.01 + (i * 37 % 11) * 0.1);
    const auto history = every(days(1), values);
    Thinned thinned(history.front().date, history.back().date, forecast_history_max);
    for (const auto& reading : history) thinned.add(reading);
    const auto few = thinned.lasts();
    ASSERT_EQ(few.size(), forecast_history_max);
    const auto all = after(history, MetricKind::gauge, days(365));
    const auto of_few = after(few, MetricKind::gauge, days(365));
    EXPECT_THAT(of_few.range->as_so_far, DoubleNear(all.range->as_so_far, 0.5));
    EXPECT_THAT(of_few.range->low, DoubleNear(all.range->low, 0.5));
    EXPECT_THAT(of_few.range->high, DoubleNear(all.range->high, 0.5));
}

// --- The backtest ---

// The columns of examples/us-employment.csv, with their months as dates.
std::vector<std::vector<Reading>> employment() {
    std::ifstream file(EXAMPLES_DIR "/us-employment.csv");
    std::vector<std::vector<Reading>> columns;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        std::istringstream cells(line);
        std::string cell;
        std::getline(cells, cell, ',');
        const auto month = base::parse_time(cell, base::DateAlone::start_of_day).value();
        for (std::size_t column = 0; std::getline(cells, cell, ','); ++column) {
            if (columns.size() <= column) columns.emplace_back();
            columns[column].push_back({month, std::stod(cell), 2});
        }
    }
    return columns;
}

struct Record {
    int forecasts = 0;
    int held = 0;
    [[nodiscard]] double coverage() const { return static_cast<double>(held) / forecasts; }
};

// From each month on, for so many months later.
Record record_of(const std::vector<std::vector<Reading>>& columns, std::size_t months) {
    Record record;
    for (const auto& column : columns) {
        for (std::size_t known = 1; known + months <= column.size(); ++known) {
            const Reading& outcome = column[known - 1 + months];
            const auto forecast =
                forecast_of(std::span(column).first(known),
                            {MetricKind::gauge, column[known - 1].date, outcome.date});
            if (!forecast.range) continue;
            ++record.forecasts;
            const bool held =
                outcome.value >= forecast.range->low && outcome.value <= forecast.range->high;
            record.held += held ? 1 : 0;
        }
    }
    return record;
}

// Months of one length: the figures of the design, which names the 22 series of the labour market;
// the change of one of them from month to month is the 23rd.
TEST(Forecast, HeldAsTheDesignSays) {
    auto columns = employment();
    ASSERT_EQ(columns.size(), 23U);
    for (auto& column : columns) {
        for (std::size_t i = 0; i < column.size(); ++i) {
            column[i].date = start + static_cast<int>(i) * days(30);
        }
    }
    struct Expected {
        std::size_t months;
        int forecasts;
        double coverage;
    };
    for (const auto& [months, forecasts, coverage] :
         {Expected{1, 2553, 0.857}, {3, 2461, 0.852}, {6, 2323, 0.829}, {12, 1932, 0.815}}) {
        const Record record = record_of(columns, months);
        EXPECT_EQ(record.forecasts, forecasts);
        EXPECT_THAT(record.coverage(), DoubleNear(coverage, 0.0005)) << months << " months";
    }
}

// With the lengths that months have.
TEST(Forecast, HeldEightOfTenTimesInRealData) {
    const auto columns = employment();
    for (const std::size_t months : {1U, 3U, 6U, 12U}) {
        const Record record = record_of(columns, months);
        EXPECT_GT(record.forecasts, 1900) << months << " months";
        EXPECT_GT(record.coverage(), 0.75) << months << " months";
        EXPECT_LT(record.coverage(), 0.90) << months << " months";
    }
}

}  // namespace
}  // namespace kpi
