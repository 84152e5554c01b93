#include "kpi/metric.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "es/aggregate.hpp"
#include "es/testing/given.hpp"

namespace {

using namespace kpi;
using es::testing::Given;
using es::testing::given;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

const TimePoint start = *base::parse_time("2026-06-01", base::DateAlone::start_of_day);
const TimePoint deadline = start + hours(24);
const TimePoint before_deadline = deadline - milliseconds(1);

MetricCreated created(MetricKind kind = MetricKind::counter, double target = 15) {
    return {"Users", "Active users", target, "users", deadline, kind};
}
// A metric with these events at `start`; the clock is an hour on.
template <class... Events>
Given<MetricAggregate> metric(MetricKind kind, Events... events) {
    return given<MetricAggregate>(created(kind), events...).occurred(start).now(start + hours(1));
}
template <class... Events>
Given<MetricAggregate> counter(Events... events) {
    return metric(MetricKind::counter, events...);
}
template <class... Events>
Given<MetricAggregate> gauge(Events... events) {
    return metric(MetricKind::gauge, events...);
}

TEST(Metric, IsCreated) {
    given<MetricAggregate>().now(start).when(created()).then(created());
}

TEST(Metric, NeedsADeadlineInTheFuture) {
    given<MetricAggregate>().now(deadline).when(created()).then_refused("deadline-in-past");
    given<MetricAggregate>().now(before_deadline).when(created()).then(created());
    counter().when(MetricDeadlineUpdated{start}).then_refused("deadline-in-past");
    counter()
        .when(MetricDeadlineUpdated{deadline + hours(1)})
        .then(MetricDeadlineUpdated{deadline + hours(1)});
}

TEST(Metric, ACounterBeginsWithATargetOfAtLeastZero) {
    given<MetricAggregate>()
        .now(start)
        .when(created(MetricKind::counter, -1))
        .then_refused("target-below-value");
    given<MetricAggregate>()
        .now(start)
        .when(created(MetricKind::counter, 0))
        .then(created(MetricKind::counter, 0));
    given<MetricAggregate>()
        .now(start)
        .when(created(MetricKind::gauge, -1))
        .then(created(MetricKind::gauge, -1));
}

TEST(Metric, ACountersValueNeverGoesDown) {
    counter(MetricValueUpdated{5, {}}).when(ReportValue{6, {}}).then(MetricValueUpdated{6, {}});
    counter(MetricValueUpdated{5, {}}).when(ReportValue{5, {}}).then(MetricValueUpdated{5, {}});
    counter(MetricValueUpdated{5, {}}).when(ReportValue{4, {}}).then_refused("value-below-current");
    counter().when(ReportValue{-1, {}}).then_refused("value-below-current");
}

TEST(Metric, AGaugeIsFree) {
    gauge(MetricValueUpdated{5, {}}).when(ReportValue{-4, {}}).then(MetricValueUpdated{-4, {}});
    gauge(MetricValueUpdated{5, {}}).when(MetricTargetUpdated{-4}).then(MetricTargetUpdated{-4});
    gauge(MetricValueUpdated{5, {}})
        .when(ReportValue{-4, start - hours(9)})
        .then(MetricValueUpdated{-4, start - hours(9)});
}

TEST(Metric, ACountersTargetIsAtLeastItsValue) {
    counter(MetricValueUpdated{5, {}}).when(MetricTargetUpdated{5}).then(MetricTargetUpdated{5});
    counter(MetricValueUpdated{5, {}})
        .when(MetricTargetUpdated{4})
        .then_refused("target-below-value");
}

TEST(Metric, AfterTheDeadlineNeitherTargetNorValueChanges) {
    const auto late = [] { return counter().now(deadline); };
    late().when(ReportValue{1, {}}).then_refused("deadline-passed");
    late().when(ReportValue{1, start}).then_refused("deadline-passed");
    late().when(MetricTargetUpdated{16}).then_refused("deadline-passed");
    late()
        .when(MetricTargetUpdated{15})
        .then_refused("deadline-passed");  // rules before "unchanged"
    late().when(MetricDetailsUpdated{"a", "b", "c"}).then(MetricDetailsUpdated{"a", "b", "c"});
    late()
        .when(MetricDeadlineUpdated{deadline + hours(1)})
        .then(MetricDeadlineUpdated{deadline + hours(1)});
    counter().now(before_deadline).when(ReportValue{1, {}}).then(MetricValueUpdated{1, {}});
}

TEST(Metric, AMovedDeadlineOpensItAgain) {
    counter(MetricDeadlineUpdated{deadline + hours(2)})
        .now(deadline + hours(1))
        .when(ReportValue{1, {}})
        .then(MetricValueUpdated{1, {}});
}

TEST(Metric, AnObservationSlightlyAheadIsNow) {
    const TimePoint now = start + hours(1);
    counter().when(ReportValue{1, now + minutes(5)}).then(MetricValueUpdated{1, now});
    counter()
        .when(ReportValue{1, now + minutes(5) + milliseconds(1)})
        .then_refused("observed-in-future");
    counter().when(ReportValue{1, now}).then(MetricValueUpdated{1, now});
}

TEST(Metric, ABackDatedCounterValueLiesBetweenZeroAndTheCurrentOne) {
    const auto with_value = [] { return counter(MetricValueUpdated{5, {}}); };  // dated `start`
    const TimePoint earlier = start - hours(1);
    with_value().when(ReportValue{3, earlier}).then(MetricValueUpdated{3, earlier});
    with_value().when(ReportValue{5, earlier}).then(MetricValueUpdated{5, earlier});
    with_value().when(ReportValue{6, earlier}).then_refused("value-out-of-order");
    with_value().when(ReportValue{-1, earlier}).then_refused("value-out-of-order");
}

TEST(Metric, ABackDatedValueDoesNotBecomeCurrent) {
    counter(MetricValueUpdated{5, {}}, MetricValueUpdated{2, start - hours(1)})
        .when(ReportValue{4, {}})
        .then_refused("value-below-current");
    // The same date: the later version counts.
    counter(MetricValueUpdated{5, start}, MetricValueUpdated{7, start})
        .when(ReportValue{6, {}})
        .then_refused("value-below-current");
}

// --- A clock that ran ahead for a while has stamped events years ahead: docs/adr, 17. ---

const TimePoint far_ahead = start + hours(24 * 365 * 9);

template <class... Events>
Given<MetricAggregate> stamped_ahead(MetricKind kind, Events... events) {
    return given<MetricAggregate>(created(kind), events...)
        .occurred(far_ahead)
        .now(start + hours(1));
}

TEST(Metric, IsNotClosedByAnEventThatWasStampedAhead) {
    const TimePoint now = start + hours(1);
    stamped_ahead(MetricKind::counter)
        .when(ReportValue{1, {}})
        .then(MetricValueUpdated{1, {}, now});
    stamped_ahead(MetricKind::counter).when(MetricTargetUpdated{16}).then(MetricTargetUpdated{16});
    stamped_ahead(MetricKind::counter)
        .when(MetricDeadlineUpdated{deadline + hours(1)})
        .then(MetricDeadlineUpdated{deadline + hours(1)});
    stamped_ahead(MetricKind::counter)
        .when(MetricDeadlineUpdated{now})
        .then_refused("deadline-in-past");
    stamped_ahead(MetricKind::counter)
        .now(deadline)
        .when(ReportValue{1, {}})
        .then_refused("deadline-passed");
}

TEST(Metric, TakesNoObservationAheadOfTheClockThoughItsEventsAre) {
    const TimePoint now = start + hours(1);
    const auto ahead = [] { return stamped_ahead(MetricKind::gauge); };
    ahead().when(ReportValue{1, now + minutes(5)}).then(MetricValueUpdated{1, now, now});
    ahead().when(ReportValue{1, now}).then(MetricValueUpdated{1, now, now});
    ahead()
        .when(ReportValue{1, now + minutes(5) + milliseconds(1)})
        .then_refused("observed-in-future");
    ahead().when(ReportValue{1, far_ahead}).then_refused("observed-in-future");
}

// Given a creation at `start`, and then values that were stamped ahead.
std::optional<es::Refusal> refusal_of(const MetricValueUpdated& command, TimePoint now,
                                      const std::vector<es::Occurred<MetricEvent>>& later) {
    std::vector<es::Occurred<MetricEvent>> history{{created(), start}};
    history.insert(history.end(), later.begin(), later.end());
    auto metric = std::optional(es::Aggregate<MetricAggregate>::replay("m", history));
    const es::Times times{now, std::max(now, history.back().on)};
    const ReportValue report{command.value, command.observed_at};
    const auto decision = es::Aggregate<MetricAggregate>::decide(metric, report, times);
    const auto* refusal = std::get_if<es::Refusal>(&decision);
    return refusal != nullptr ? std::optional(*refusal) : std::nullopt;
}

TEST(Metric, AValueDatedAheadGivesWayToOneReportedNow) {
    const TimePoint now = start + hours(1);
    const auto rule = [&](const MetricValueUpdated& command) {
        const auto refusal = refusal_of(command, now, {{MetricValueUpdated{5, {}}, far_ahead}});
        return refusal ? refusal->rule : "";
    };
    EXPECT_EQ(rule({6, {}}), "");
    EXPECT_EQ(rule({4, {}}), "value-below-current");
    // Observed a little before it arrives, or at any time since the metric is there.
    EXPECT_EQ(rule({6, now - milliseconds(5)}), "");
    EXPECT_EQ(rule({6, start}), "");
    // Before that it is back-dated.
    EXPECT_EQ(rule({6, start - milliseconds(1)}), "value-out-of-order");
    EXPECT_EQ(rule({4, start - milliseconds(1)}), "");
}

TEST(Metric, AfterThatTheOrderIsRightAgain) {
    const TimePoint first = start + hours(1);
    const std::vector<es::Occurred<MetricEvent>> history{
        {MetricValueUpdated{5, {}}, far_ahead}, {MetricValueUpdated{7, {}, first}, far_ahead}};
    const auto rule = [&](const MetricValueUpdated& command, TimePoint now) {
        const auto refusal = refusal_of(command, now, history);
        return refusal ? refusal->rule : "";
    };
    EXPECT_EQ(rule({6, {}}, first + hours(1)), "value-below-current");
    EXPECT_EQ(rule({6, first - milliseconds(1)}, first + hours(1)), "") << "back-dated";
    EXPECT_EQ(rule({8, first - milliseconds(1)}, first + hours(1)), "value-out-of-order");
    EXPECT_EQ(rule({8, {}}, first + hours(1)), "");
    // By a clock that is a little behind.
    EXPECT_EQ(rule({8, {}}, first - milliseconds(3)), "");
    EXPECT_EQ(rule({6, {}}, first - milliseconds(3)), "value-below-current");
}

// All that is known of it is ahead.
TEST(Metric, AMetricCreatedAheadTakesWhatIsReportedNow) {
    const TimePoint now = start + hours(1);
    stamped_ahead(MetricKind::counter, MetricValueUpdated{5, {}})
        .when(ReportValue{6, now - hours(9)})
        .then(MetricValueUpdated{6, now - hours(9), now});
    stamped_ahead(MetricKind::counter, MetricValueUpdated{5, {}})
        .when(ReportValue{4, now - hours(9)})
        .then_refused("value-below-current");
}

// Also where its date alone is ahead, as an import may have left it.
TEST(Metric, AnObservationFromTheFutureGivesWayToOneReportedNow) {
    gauge(MetricValueUpdated{5, far_ahead})
        .when(ReportValue{4, {}})
        .then(MetricValueUpdated{4, {}, start + hours(1)});
}

// The clocks of two servers are never quite the same.
TEST(Metric, EventsThatAreALittleAheadChangeNothing) {
    const TimePoint now = start + hours(1);
    const auto little = [&](milliseconds ahead) {
        return given<MetricAggregate>(created(MetricKind::gauge), MetricValueUpdated{5, {}})
            .occurred(now + ahead)
            .now(now);
    };
    little(milliseconds(3)).when(ReportValue{4, {}}).then(MetricValueUpdated{4, {}});
    little(minutes(5)).when(ReportValue{4, {}}).then(MetricValueUpdated{4, {}});
    little(minutes(5) + milliseconds(1))
        .when(ReportValue{4, {}})
        .then(MetricValueUpdated{4, {}, now});
    const TimePoint observed = now + milliseconds(2);
    little(milliseconds(3)).when(ReportValue{4, observed}).then(MetricValueUpdated{4, observed});
    little(milliseconds(3))
        .when(ReportValue{4, now + minutes(1)})
        .then(MetricValueUpdated{4, now + milliseconds(3)});
}

TEST(Metric, SaysWhenNothingChanges) {
    counter().when(MetricTargetUpdated{15}).then_nothing();
    counter().when(MetricDeadlineUpdated{deadline}).then_nothing();
    counter().when(MetricDetailsUpdated{"Users", "Active users", "users"}).then_nothing();
    counter()
        .when(MetricDetailsUpdated{"Users", "Active users", "people"})
        .then(MetricDetailsUpdated{"Users", "Active users", "people"});
}

TEST(Metric, CannotBeCreatedTwiceOrLate) {
    std::optional<MetricAggregate> metric;
    EXPECT_THROW(es::fold<MetricAggregate>(metric, MetricTargetUpdated{1}, {1, start}),
                 es::Corrupt);
    es::fold<MetricAggregate>(metric, created(), {1, start});
    EXPECT_THROW(es::fold<MetricAggregate>(metric, created(), {1, start}), es::Corrupt);
}

}  // namespace
