// X1 and its variants are the examples of the design of goals.
#include "kpi/signals.hpp"

#include <gmock/gmock.h>

#include "base/time.hpp"

namespace kpi {
namespace {

using std::chrono::days;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Values = std::vector<double>;

TimePoint day(const char* date) {
    return base::parse_time(date, base::DateAlone::start_of_day).value();
}
// So many days after the first value's.
TimePoint on_day(int number) {
    return day("2026-01-01") + days(number);
}

std::vector<Reading> daily(const Values& values) {
    std::vector<Reading> readings;
    for (const double value : values) {
        const auto place = static_cast<int>(readings.size());
        readings.push_back({on_day(place), value, place + 2});
    }
    return readings;
}

Variation variation_of(const Values& values, SignalOptions options = {}) {
    SignalFinder finder(options);
    for (const auto& reading : daily(values)) finder.add(reading);
    return finder.result();
}

const Values x1{10, 12, 11, 13, 12, 11, 10, 12, 11, 13, 12, 11};

Values x1_and(const Values& more) {
    Values all = x1;
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

struct Found {
    std::size_t place;  // among all values, from 0
    SignalRule rule;
    bool operator==(const Found&) const = default;
};
void PrintTo(const Found& found, std::ostream* out) {
    *out << "rule " << static_cast<int>(found.rule) << " at " << found.place;
}

std::vector<Found> found_in(const Values& values) {
    std::vector<Found> all;
    for (const auto& signal : variation_of(values).signals) {
        all.push_back({static_cast<std::size_t>(signal.version - 2), signal.rule});
        EXPECT_EQ(signal.date, on_day(static_cast<int>(signal.version - 2)));
    }
    return all;
}

TEST(Signals, LimitsOfX1) {
    const auto variation = variation_of(x1);
    ASSERT_TRUE(variation.limits);
    EXPECT_EQ(variation.limits->mean, 11.5);
    EXPECT_THAT(variation.limits->lower, DoubleNear(7.872727, 5e-7));
    EXPECT_THAT(variation.limits->upper, DoubleNear(15.127273, 5e-7));
    EXPECT_THAT(variation.limits->step_max, DoubleNear(4.456364, 5e-7));
    EXPECT_EQ(variation.limits->of, 12U);
    EXPECT_EQ(variation.limits->from, on_day(0));
    EXPECT_EQ(variation.needed, 0U);
    EXPECT_THAT(variation.signals, IsEmpty());
}

TEST(Signals, X1AndAValueOutsideThatIsALargeStepToo) {
    EXPECT_THAT(found_in(x1_and({16})),
                ElementsAre(Found{12, SignalRule::outside}, Found{12, SignalRule::step}));
}

TEST(Signals, X1AndEightInARowOnOneSide) {
    EXPECT_THAT(found_in(x1_and({12, 12, 13, 12, 13, 12, 13})), IsEmpty());
    EXPECT_THAT(found_in(x1_and({12, 12, 13, 12, 13, 12, 13, 14})),
                ElementsAre(Found{19, SignalRule::run}));
}

TEST(Signals, X1AndThreeOfFourNearALimit) {
    EXPECT_THAT(found_in(x1_and({14, 13, 14})), IsEmpty());
    EXPECT_THAT(found_in(x1_and({14, 13, 14, 14})), ElementsAre(Found{15, SignalRule::cluster}));
}

TEST(Signals, ValuesBelowAreFoundAsThoseAbove) {
    EXPECT_THAT(found_in(x1_and({7})), ElementsAre(Found{12, SignalRule::outside}));
    EXPECT_THAT(found_in(x1_and({11, 11, 10, 11, 10, 11, 10})),
                ElementsAre(Found{18, SignalRule::run}));  // with the 11 before
    EXPECT_THAT(found_in(x1_and({12, 9, 9, 12, 9})), ElementsAre(Found{16, SignalRule::cluster}));
}

TEST(Signals, ARunIsReportedOnceWhileItLasts) {
    EXPECT_THAT(found_in(x1_and({12, 12, 13, 12, 13, 12, 13, 12, 13, 12})),
                ElementsAre(Found{19, SignalRule::run}));
}

TEST(Signals, AValueOnTheMeanEndsARun) {
    EXPECT_THAT(found_in(x1_and({12, 12, 13, 12, 11.5, 12, 13, 12, 13})), IsEmpty());
}

TEST(Signals, AClusterIsReportedOnceWhileItLasts) {
    EXPECT_THAT(found_in(x1_and({14, 14, 14, 14, 14})),
                ElementsAre(Found{14, SignalRule::cluster}));
    EXPECT_THAT(found_in(x1_and({14, 14, 14, 11, 11, 14, 14, 14})),
                ElementsAre(Found{14, SignalRule::cluster}, Found{19, SignalRule::cluster}));
}

TEST(Signals, SayHowManyValuesAreMissing) {
    const auto some = variation_of({10, 12, 11});
    EXPECT_FALSE(some.limits);
    EXPECT_EQ(some.needed, 9U);
    EXPECT_EQ(variation_of({}).needed, 12U);
    EXPECT_EQ(variation_of(Values(x1.begin(), x1.end() - 1)).needed, 1U);
}

TEST(Signals, LimitsAreOfTheFirst12ThenOfTheFirst24ThenStay) {
    Values values = x1;
    const auto first = *variation_of(values).limits;
    values.insert(values.end(), 11, 20.0);
    EXPECT_EQ(variation_of(values).limits, first);
    EXPECT_FALSE(variation_of(values).signals.empty());
    values.push_back(20);
    const auto lasting = *variation_of(values).limits;
    EXPECT_EQ(lasting.of, 24U);
    EXPECT_THAT(lasting.mean, DoubleNear(15.75, 1e-12));
    values.insert(values.end(), 30, 1000.0);
    EXPECT_EQ(variation_of(values).limits, lasting);
}

// What the first 24 values showed under earlier limits is judged again by those that stay.
TEST(Signals, AllValuesAreJudgedByTheLimitsThatStay) {
    Values restless = x1_and({16, 7, 15, 8, 16, 7, 15, 8, 16, 7, 15});
    EXPECT_FALSE(variation_of(restless).signals.empty());
    restless.push_back(8);
    EXPECT_THAT(variation_of(restless).signals, IsEmpty());

    Values calm = x1_and({11, 12, 30});
    calm.insert(calm.end(), {12, 11, 12, 11, 12, 11, 12, 11, 12});
    ASSERT_EQ(calm.size(), 24U);
    EXPECT_THAT(found_in(calm),
                ElementsAre(Found{14, SignalRule::outside}, Found{14, SignalRule::step},
                            Found{15, SignalRule::step}, Found{22, SignalRule::run}));
}

TEST(Signals, TheDirectionOfTheGoalSaysWhatIsGood) {
    const auto judged = [](Direction direction, double value) {
        return variation_of(x1_and({value}), {.direction = direction}).signals.at(0).good;
    };
    EXPECT_TRUE(judged(Direction::at_least, 16));
    EXPECT_FALSE(judged(Direction::at_most, 16));
    EXPECT_FALSE(judged(Direction::at_least, 7));
    EXPECT_TRUE(judged(Direction::at_most, 7));
}

TEST(Signals, OfEqualValuesEachOtherOneIsASignal) {
    const auto equal = variation_of(Values(30, 0.1));
    EXPECT_EQ(equal.limits->mean, 0.1);
    EXPECT_EQ(equal.limits->upper, 0.1);
    EXPECT_THAT(equal.signals, IsEmpty());
    Values values(30, 0.1);
    values.push_back(0.2);
    EXPECT_THAT(found_in(values),
                ElementsAre(Found{30, SignalRule::outside}, Found{30, SignalRule::step}));
}

TEST(Signals, OnlyThoseOfTheSpanAreGiven) {
    const Values values = x1_and({16, 11, 16, 11});
    EXPECT_EQ(variation_of(values).signals.size(), 6U);
    const auto some = variation_of(values, {.from = on_day(13), .to = on_day(14)});
    ASSERT_EQ(some.signals.size(), 3U);
    EXPECT_EQ(some.signals.front().date, on_day(13));
    EXPECT_EQ(some.signals.back().date, on_day(14));
}

TEST(Signals, TheLatestAreKept) {
    Values values = x1;
    values.insert(values.end(), 12, 11.0);
    values.insert(values.end(), 500, 1000.0);
    const auto variation = variation_of(values);
    EXPECT_EQ(variation.signals.size(), signals_max);
    EXPECT_EQ(variation.signals.back().date, on_day(523));
    EXPECT_GT(variation.signals_left_out, 400);
}

std::vector<Reading> increments_of(UpdatePeriod period, const std::vector<Reading>& readings,
                                   TimePoint now) {
    PeriodIncrements increments(period);
    std::vector<Reading> all;
    for (const auto& reading : readings) {
        if (const auto increment = increments.add(reading)) all.push_back(*increment);
    }
    if (const auto increment = increments.last(now)) all.push_back(*increment);
    return all;
}

TEST(Signals, ACounterIsJudgedByWhatEachPeriodAdded) {
    const std::vector<Reading> readings{{day("2026-01-05"), 3, 2},  {day("2026-01-31"), 10, 3},
                                        {day("2026-02-01"), 11, 4}, {day("2026-02-28"), 14, 5},
                                        {day("2026-03-31"), 20, 6}, {day("2026-04-02"), 21, 7}};
    const Reading february{day("2026-02-28"), 4, 5};
    const Reading march{day("2026-03-31"), 6, 6};
    // April still runs.
    EXPECT_THAT(increments_of(UpdatePeriod::monthly, readings, day("2026-04-30")),
                ElementsAre(february, march));
    EXPECT_THAT(increments_of(UpdatePeriod::monthly, readings, day("2026-05-01")),
                ElementsAre(february, march, Reading{day("2026-04-02"), 1, 7}));
}

TEST(Signals, APeriodWithoutValuesHasNoIncrementNorTheOneAfterIt) {
    EXPECT_THAT(
        increments_of(UpdatePeriod::daily,
                      {{on_day(0), 1, 2}, {on_day(1), 2, 3}, {on_day(3), 5, 4}, {on_day(4), 9, 5}},
                      on_day(9)),
        ElementsAre(Reading{on_day(1), 1, 3}, Reading{on_day(4), 4, 5}));
    EXPECT_THAT(increments_of(UpdatePeriod::daily, {}, on_day(9)), IsEmpty());
    EXPECT_THAT(increments_of(UpdatePeriod::daily, {{on_day(0), 1, 2}}, on_day(9)), IsEmpty());
}

TEST(Signals, PeriodsAreThoseOfTheCalendar) {
    const auto neighbours = [](UpdatePeriod period, const char* first, const char* second) {
        return !increments_of(period, {{day(first), 1, 2}, {day(second), 2, 3}}, day("2100-01-01"))
                    .empty();
    };
    // 2026-01-04 is a Sunday.
    EXPECT_TRUE(neighbours(UpdatePeriod::weekly, "2026-01-04", "2026-01-05"));
    EXPECT_TRUE(neighbours(UpdatePeriod::weekly, "2025-12-29", "2026-01-11"));
    EXPECT_FALSE(neighbours(UpdatePeriod::weekly, "2026-01-05", "2026-01-11"));
    EXPECT_FALSE(neighbours(UpdatePeriod::weekly, "2026-01-04", "2026-01-12"));
    EXPECT_TRUE(neighbours(UpdatePeriod::weekly, "1969-12-28", "1969-12-29"));
    EXPECT_TRUE(neighbours(UpdatePeriod::monthly, "2025-12-31", "2026-01-01"));
    EXPECT_FALSE(neighbours(UpdatePeriod::monthly, "2025-12-01", "2026-02-01"));
    EXPECT_TRUE(neighbours(UpdatePeriod::quarterly, "2026-03-31", "2026-04-01"));
    EXPECT_FALSE(neighbours(UpdatePeriod::quarterly, "2026-01-01", "2026-03-31"));
    EXPECT_TRUE(neighbours(UpdatePeriod::yearly, "2025-12-31", "2026-01-01"));
    EXPECT_FALSE(neighbours(UpdatePeriod::yearly, "2024-01-01", "2026-01-01"));
}

TEST(Signals, LimitsSayHowAGoalThatIsKeptWillDo) {
    const NaturalLimits limits{.mean = 10, .lower = 8, .upper = 12};
    EXPECT_EQ(outlook_of(limits, Direction::at_least, 8), Outlook::reliable);
    EXPECT_EQ(outlook_of(limits, Direction::at_least, 8.1), Outlook::hit_or_miss);
    EXPECT_EQ(outlook_of(limits, Direction::at_least, 12), Outlook::hit_or_miss);
    EXPECT_EQ(outlook_of(limits, Direction::at_least, 12.1), Outlook::unlikely);
    EXPECT_EQ(outlook_of(limits, Direction::at_most, 12), Outlook::reliable);
    EXPECT_EQ(outlook_of(limits, Direction::at_most, 11.9), Outlook::hit_or_miss);
    EXPECT_EQ(outlook_of(limits, Direction::at_most, 8), Outlook::hit_or_miss);
    EXPECT_EQ(outlook_of(limits, Direction::at_most, 7.9), Outlook::unlikely);
}

TEST(Signals, TheLatestTwelveAreHitsOrMisses) {
    Goal goal;
    goal.mode = GoalMode::keep;
    goal.target = 12;
    EXPECT_EQ(met_of(goal, daily(x1)), (Met{12, 6}));
    EXPECT_EQ(met_of(goal, daily(x1_and({12, 12, 12, 12}))), (Met{12, 8}));
    EXPECT_EQ(met_of(goal, daily({11, 12, 13})), (Met{3, 2}));
    EXPECT_EQ(met_of(goal, {}), (Met{0, 0}));
    goal.direction = Direction::at_most;
    EXPECT_EQ(met_of(goal, daily(x1)), (Met{12, 10}));
}

TEST(Signals, AValueIsAHitByTheTargetOfItsOwnDate) {
    Goal goal;
    goal.mode = GoalMode::keep;
    goal.target = 12;
    goal.checkpoints = {{on_day(1), 10}, {on_day(2), 11}};
    EXPECT_EQ(met_of(goal, daily({10, 10, 11, 11})), (Met{4, 3}));
    EXPECT_EQ(met_of(goal, daily({10, 9, 11, 12})), (Met{4, 3}));
}

}  // namespace
}  // namespace kpi
