// The rules of goals, corrections, late values and edits (docs/http.md).
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "es/aggregate.hpp"
#include "es/testing/given.hpp"
#include "kpi/metric.hpp"

namespace {

using namespace kpi;
using es::testing::Given;
using es::testing::given;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

TimePoint at(const char* time) {
    return base::parse_time(time, base::DateAlone::start_of_day).value();
}

const TimePoint start = at("2026-01-01");
const TimePoint deadline = at("2026-12-31T23:59:59.999Z");

MetricCreated created(MetricKind kind, double target = 24) {
    return {"Books", "Two a month", target, "books", deadline, kind};
}
template <class... Events>
Given<MetricAggregate> counter(Events... events) {
    return given<MetricAggregate>(created(MetricKind::counter), events...)
        .occurred(start)
        .now(at("2026-06-30"));
}
template <class... Events>
Given<MetricAggregate> gauge(Events... events) {
    return given<MetricAggregate>(created(MetricKind::gauge), events...)
        .occurred(start)
        .now(at("2026-06-30"));
}
MetricValueUpdated value(double value, const char* date) {
    return {value, at(date)};
}
// The first one's version is 2.
template <class... Events>
MetricAggregate state_of(MetricKind kind, Events... events) {
    std::vector<es::Occurred<MetricEvent>> history{{created(kind), start}};
    (history.push_back({events, start}), ...);
    return es::Aggregate<MetricAggregate>::replay("m", history).state();
}

EditMetric to_reach() {
    EditMetric edit;
    edit.mode = ChangeTo<GoalMode>{};
    return edit;
}

TEST(MetricGoal, ThatIsToBeReachedHasADeadline) {
    EditMetric no_end;
    no_end.deadline = ChangeTo<TimePoint>{};
    gauge().when(no_end).then_refused("deadline-required");
    counter().when(no_end).then_refused("deadline-required");
    const MetricGoalUpdated reach{Direction::at_least, GoalMode::reach};
    const MetricGoalUpdated keep{Direction::at_least, GoalMode::keep};
    const MetricDeadlineUpdated endless{no_deadline};
    gauge(keep, endless).when(reach).then_refused("deadline-required");
    gauge(keep, endless).when(to_reach()).then_refused("deadline-required");
    gauge(keep).when(reach).then(reach);

    EditMetric both = to_reach();
    both.deadline = ChangeTo<TimePoint>{};
    gauge(keep).when(both).then_refused("deadline-required");
    both.deadline = ChangeTo<TimePoint>{deadline};
    gauge(keep, endless).when(both).then(MetricDeadlineUpdated{deadline}, reach);
    gauge(keep).when(no_end).then(endless);
    // Who names that time has a deadline.
    both.deadline = ChangeTo<TimePoint>{no_deadline};
    gauge(keep).when(both).then(endless, reach);
    gauge().when(endless).then(endless);
}

TEST(MetricGoal, OnlyAGaugeIsKept) {
    counter()
        .when(MetricGoalUpdated{Direction::at_least, GoalMode::keep})
        .then_refused("keep-needs-gauge");
    gauge()
        .when(MetricGoalUpdated{Direction::at_least, GoalMode::keep})
        .then(MetricGoalUpdated{Direction::at_least, GoalMode::keep});
    auto kept = created(MetricKind::counter);
    kept.mode = GoalMode::keep;
    given<MetricAggregate>().now(start).when(kept).then_refused("keep-needs-gauge");
}

TEST(MetricGoal, BeginsBeforeItsDeadline) {
    MetricGoalUpdated goal;
    goal.start = deadline;
    counter().when(goal).then_refused("start-after-deadline");
    goal.start = deadline - milliseconds(1);
    counter().when(goal).then(goal);
    counter(goal)
        .when(MetricDeadlineUpdated{deadline - milliseconds(1)})
        .then_refused("start-after-deadline");
}

TEST(MetricGoal, ItsCheckpointsLeadFromStartToDeadline) {
    const auto schedule = [](std::vector<Checkpoint> checkpoints) {
        return MetricScheduleUpdated{std::move(checkpoints)};
    };
    counter().when(schedule({{deadline, 3}})).then_refused("checkpoint-after-deadline");
    counter().when(schedule({{start, 3}})).then_refused("schedule-not-monotone");
    counter()
        .when(schedule({{at("2026-06-30"), 8}, {at("2026-06-30"), 9}}))
        .then_refused("schedule-not-monotone");
    counter()
        .when(schedule({{at("2026-03-31"), 8}, {at("2026-06-30"), 7}}))
        .then_refused("schedule-not-monotone");
    counter().when(schedule({{at("2026-03-31"), 25}})).then_refused("schedule-not-monotone");
    counter()
        .when(schedule({{at("2026-03-31"), 8}, {at("2026-06-30"), 8}}))
        .then(schedule({{at("2026-03-31"), 8}, {at("2026-06-30"), 8}}));
    counter(schedule({{at("2026-03-31"), 8}})).when(schedule({})).then(schedule({}));
    counter().when(schedule({})).then_nothing();
    counter(schedule({{at("2026-03-31"), 8}}))
        .when(MetricTargetUpdated{7})
        .then_refused("schedule-not-monotone");
    counter(schedule({{at("2026-09-30"), 8}}))
        .when(MetricDeadlineUpdated{at("2026-09-30")})
        .then_refused("checkpoint-after-deadline");
    // A bar that changes up and down.
    gauge(MetricGoalUpdated{Direction::at_least, GoalMode::keep})
        .when(schedule({{at("2026-03-31"), 9}, {at("2026-06-30"), 7}}))
        .then(schedule({{at("2026-03-31"), 9}, {at("2026-06-30"), 7}}));
}

TEST(MetricGoal, ABudgetMayBeBelowWhatIsUsed) {
    const MetricGoalUpdated at_most{Direction::at_most};
    counter(at_most, value(5, "2026-02-01"))
        .when(MetricTargetUpdated{4})
        .then(MetricTargetUpdated{4});
    counter(value(5, "2026-02-01")).when(MetricTargetUpdated{4}).then_refused("target-below-value");
}

TEST(MetricGoal, WhatIsTheDefaultIsNotRecordedInACreation) {
    auto command = created(MetricKind::gauge);
    command.direction = Direction::at_least;
    command.mode = GoalMode::reach;
    command.checkpoints = std::vector<Checkpoint>();
    command.late_days = 0;
    command.tags = std::vector<std::string>();
    command.links = std::vector<Link>();
    given<MetricAggregate>().now(start).when(command).then(created(MetricKind::gauge));
}

TEST(MetricGoal, IsClosedByTheDeadline) {
    const TimePoint after = deadline + days(1);
    counter()
        .now(after)
        .when(MetricGoalUpdated{Direction::at_most})
        .then_refused("deadline-passed");
    counter()
        .now(after)
        .when(MetricScheduleUpdated{{{at("2026-03-31"), 8}}})
        .then_refused("deadline-passed");
    const MetricSettingsUpdated settings{UpdatePeriod::monthly, 10};
    counter().now(after).when(settings).then(settings);
}

TEST(MetricGoal, ALateValueIsTakenForSomeDaysIfItIsOfBeforeTheDeadline) {
    const MetricSettingsUpdated ten_days{std::nullopt, 10};
    const auto late = [&](TimePoint now) { return counter(ten_days).now(now); };
    late(deadline + days(9)).when(ReportValue{20, at("2026-12-31")}).then(value(20, "2026-12-31"));
    late(deadline + days(9)).when(ReportValue{20, deadline}).then(MetricValueUpdated{20, deadline});
    late(deadline + days(9))
        .when(ReportValue{20, deadline + milliseconds(1)})
        .then_refused("deadline-passed");
    late(deadline + days(9)).when(ReportValue{20}).then_refused("deadline-passed");
    late(deadline + days(10) - milliseconds(1))
        .when(ReportValue{20, at("2026-12-31")})
        .then(value(20, "2026-12-31"));
    late(deadline + days(10))
        .when(ReportValue{20, at("2026-12-31")})
        .then_refused("deadline-passed");
    counter().now(deadline).when(ReportValue{20, at("2026-12-31")}).then_refused("deadline-passed");
}

TEST(MetricValues, AreAddedTo) {
    const auto add = [](double number, std::optional<TimePoint> on = {}) {
        return ReportValue{{}, on, number};
    };
    const TimePoint now = at("2026-06-30");
    counter().when(add(3)).then(MetricValueUpdated{3, {}, {}, 3});
    counter(value(10, "2026-02-01")).when(add(1)).then(MetricValueUpdated{11, {}, {}, 1});
    counter(value(10, "2026-02-01")).when(add(-1)).then_refused("value-below-current");
    counter(value(10, "2026-02-01"))
        .when(add(1, at("2026-01-31")))
        .then_refused("add-needs-latest");
    counter(value(10, "2026-02-01"))
        .when(add(1, at("2026-02-01")))
        .then(MetricValueUpdated{11, at("2026-02-01"), {}, 1});
    gauge().when(add(1)).then_refused("add-needs-latest");
    gauge(value(10, "2026-02-01")).now(now).when(add(-4)).then(MetricValueUpdated{6, {}, {}, -4});
}

TEST(MetricValues, AreAddedToUpToTheLargestAndSmallestNumber) {
    const auto add = [](double number) { return ReportValue{.add = number}; };
    gauge(value(1e100, "2026-02-01")).when(add(1e100)).then_refused("sum-out-of-range");
    gauge(value(-1e100, "2026-02-01")).when(add(-1)).then(MetricValueUpdated{-1e100, {}, {}, -1});
    gauge(value(1e-100, "2026-02-01")).when(add(-1.5e-100)).then_refused("sum-out-of-range");
    gauge(value(3, "2026-02-01")).when(add(-3)).then(MetricValueUpdated{0, {}, {}, -3});
}

// Neither the current value nor the opening is another one then: they aren't looked for among all.
TEST(MetricValues, AreCorrectedInTheirPlaces) {
    const auto state = [](auto... events) {
        return state_of(MetricKind::gauge, value(5, "2025-12-01"), value(7, "2026-02-01"),
                        value(9, "2026-03-01"), events...);
    };
    auto corrected = state(MetricValueCorrected{3, 8, {}, {}, "in the middle"});
    EXPECT_EQ(corrected.value, 9);
    EXPECT_EQ(corrected.opening_value, 5);
    corrected = state(MetricValueCorrected{4, 10, at("2026-03-01"), {}, "the current one"});
    EXPECT_EQ(corrected.value, 10);
    EXPECT_EQ(corrected.value_version, 4);
    corrected = state(MetricValueCorrected{2, 6, {}, {}, "the opening"});
    EXPECT_EQ(corrected.opening_value, 6);
    EXPECT_EQ(corrected.value, 9);
    corrected = state(MetricValueRetracted{4, "r"}, MetricValueCorrected{4, 11, {}, {}, "back"});
    EXPECT_EQ(corrected.value, 11);
}

TEST(MetricValues, AreCorrectedAndTakenBack) {
    const auto two = [] { return counter(value(5, "2026-02-01"), value(11, "2026-03-01")); };
    two()
        .when(MetricValueCorrected{3, 12, {}, {}, "typed 11"})
        .then(MetricValueCorrected{3, 12, {}, {}, "typed 11"});
    two().when(MetricValueCorrected{4, 12, {}, {}, "r"}).then_refused("no-such-value");
    two().when(MetricValueCorrected{1, 12, {}, {}, "r"}).then_refused("no-such-value");
    two().when(MetricValueCorrected{2, 12, {}, {}, "r"}).then_refused("value-out-of-order");
    two().when(MetricValueCorrected{2, -1, {}, {}, "r"}).then_refused("value-out-of-order");
    two().when(MetricValueCorrected{3, 4, {}, {}, "r"}).then_refused("value-out-of-order");
    two().when(MetricValueCorrected{3, 11, {}, {}, "r"}).then_nothing();
    two().when(MetricValueCorrected{3, 11, at("2026-03-01"), {}, "r"}).then_nothing();
    two()
        .when(MetricValueCorrected{3, 11, at("2026-03-02"), {}, "r"})
        .then(MetricValueCorrected{3, 11, at("2026-03-02"), {}, "r"});
    two()
        .when(MetricValueCorrected{3, 11, at("2026-01-02"), {}, "r"})
        .then_refused("value-out-of-order");
    two()
        .when(MetricValueCorrected{3, 12, at("2026-07-01"), {}, "r"})
        .then_refused("observed-in-future");
    two().when(MetricValueRetracted{3, "r"}).then(MetricValueRetracted{3, "r"});
    two().when(MetricValueRetracted{9, "r"}).then_refused("no-such-value");
    counter(value(5, "2026-02-01"), MetricValueRetracted{2, "r"})
        .when(MetricValueRetracted{2, "again"})
        .then_nothing();
    // After the deadline too: a typing error is no progress.
    two()
        .now(deadline + days(100))
        .when(MetricValueCorrected{3, 12, {}, {}, "r"})
        .then(MetricValueCorrected{3, 12, {}, {}, "r"});
}

TEST(MetricValues, WhatIsTakenBackMayLeaveNoneAboveTheCurrentOne) {
    // 5 in March was reported after 9 in February was taken back.
    counter(value(9, "2026-02-01"), MetricValueRetracted{2, "r"}, value(5, "2026-03-01"))
        .when(MetricValueCorrected{2, 9, {}, {}, "it was right"})
        .then_refused("value-out-of-order");
}

TEST(MetricValues, TheLatestThatCountsIsTheCurrentOne) {
    auto state = state_of(MetricKind::gauge, value(5, "2026-02-01"), value(11, "2026-03-01"),
                          MetricValueRetracted{3, "r"});
    EXPECT_EQ(state.value, 5);
    EXPECT_EQ(state.value_version, 2);
    EXPECT_EQ(state.value_date, at("2026-02-01"));
    state = state_of(MetricKind::gauge, value(5, "2026-02-01"), value(11, "2026-03-01"),
                     MetricValueRetracted{3, "r"}, MetricValueCorrected{3, 12, {}, {}, "back"});
    EXPECT_EQ(state.value, 12);
    EXPECT_EQ(state.value_version, 3);
    state = state_of(MetricKind::gauge, value(5, "2026-02-01"), value(11, "2026-03-01"),
                     MetricValueCorrected{2, 6, at("2026-04-01"), {}, "later"});
    EXPECT_EQ(state.value, 6);
    EXPECT_EQ(state.value_version, 2);
    state = state_of(MetricKind::gauge, value(5, "2026-02-01"), MetricValueRetracted{2, "r"});
    EXPECT_EQ(state.value, 0);
    EXPECT_EQ(state.value_version, 0);
    EXPECT_FALSE(state.value_date);
}

TEST(MetricValues, TheBaselineIsTheValueInForceAtTheStart) {
    const auto baseline = [](MetricKind kind, auto... events) {
        return goal_of(state_of(kind, events...)).baseline;
    };
    const auto from = [](const char* time) {
        MetricGoalUpdated goal;
        goal.start = at(time);
        return goal;
    };
    // Before the creation, at it, and after it.
    EXPECT_EQ(baseline(MetricKind::gauge, value(5, "2025-12-01"), value(7, "2026-01-01"),
                       value(9, "2026-02-01")),
              7);
    EXPECT_EQ(baseline(MetricKind::gauge, value(9, "2026-03-01"), value(8, "2026-02-01")), 8);
    EXPECT_EQ(baseline(MetricKind::counter, value(9, "2026-02-01")), 0);
    EXPECT_EQ(baseline(MetricKind::counter, value(3, "2025-12-01"), value(9, "2026-02-01")), 3);
    // The start moves, and values are corrected.
    EXPECT_EQ(baseline(MetricKind::counter, value(9, "2026-02-01"), from("2026-02-01")), 9);
    EXPECT_EQ(baseline(MetricKind::gauge, value(9, "2026-02-01"), value(4, "2026-03-01"),
                       from("2026-02-15")),
              9);
    EXPECT_EQ(baseline(MetricKind::gauge, value(9, "2026-02-01"), value(4, "2026-03-01"),
                       MetricValueRetracted{2, "r"}),
              4);
    MetricGoalUpdated given_one;
    given_one.baseline = 100;
    EXPECT_EQ(baseline(MetricKind::gauge, value(9, "2026-02-01"), given_one), 100);
}

TEST(MetricNotes, AreDatedByTheServerIfNobodyElseDoes) {
    const TimePoint now = at("2026-06-30");
    counter().when(MetricNoted{"new shelf"}).then(MetricNoted{"new shelf", now});
    counter()
        .when(MetricNoted{"new shelf", at("2026-02-01"), true})
        .then(MetricNoted{"new shelf", at("2026-02-01"), true});
    counter().when(MetricNoted{"n", now + minutes(5)}).then(MetricNoted{"n", now});
    counter()
        .when(MetricNoted{"n", now + minutes(5) + milliseconds(1)})
        .then_refused("observed-in-future");
}

TEST(MetricArchive, TakesNotesOnly) {
    const auto archived = [] { return counter(value(5, "2026-02-01"), MetricArchived{}); };
    archived().when(ReportValue{6}).then_refused("archived");
    archived().when(MetricTargetUpdated{30}).then_refused("archived");
    archived().when(MetricDeadlineUpdated{deadline + days(1)}).then_refused("archived");
    archived().when(MetricDetailsUpdated{"n", "d", "u"}).then_refused("archived");
    archived().when(MetricGoalUpdated{Direction::at_most}).then_refused("archived");
    archived().when(MetricScheduleUpdated{{{at("2026-03-31"), 8}}}).then_refused("archived");
    archived().when(MetricSettingsUpdated{}).then_refused("archived");
    archived().when(MetricValueCorrected{2, 6, {}, {}, "r"}).then_refused("archived");
    archived().when(MetricValueRetracted{2, "r"}).then_refused("archived");
    archived().when(EditMetric{.target = 30}).then_refused("archived");
    archived().when(MetricArchived{"again"}).then_nothing();
    archived().when(MetricNoted{"n"}).then(MetricNoted{"n", at("2026-06-30")});
    archived().when(MetricReopened{"r"}).then(MetricReopened{"r"});
    counter().when(MetricReopened{}).then_nothing();
}

TEST(MetricEdit, RecordsWhatChangesAndNothingElse) {
    counter().when(EditMetric{}).then_nothing();
    counter().when(EditMetric{.target = 24, .reason = "r"}).then_nothing();
    counter()
        .when(EditMetric{.name = "Novels", .target = 30, .reason = "r"})
        .then(MetricDetailsUpdated{"Novels", "Two a month", "books", "r"},
              MetricTargetUpdated{30, "r"});
    EditMetric edit;
    edit.owner = ChangeTo<std::string>{"Ada"};
    MetricSettingsUpdated settings;
    settings.owner = "Ada";
    counter().when(edit).then(settings);
    edit.owner = ChangeTo<std::string>{};
    counter(settings).when(edit).then(MetricSettingsUpdated{});
}

// The first value came later, and lies beyond the first checkpoint.
TEST(MetricGoal, ItsDeadlineMovesAlsoWhenItsStepsDontFitItsValuesAnyMore) {
    const MetricScheduleUpdated steps{{{at("2026-04-01"), 10}, {at("2026-08-01"), 20}}};
    const auto gauge_beyond = [&] {
        MetricCreated created{"Books", "Two a month", 30, "books", deadline, MetricKind::gauge};
        return given<MetricAggregate>(created, steps, value(15, "2026-03-02"))
            .now(at("2026-05-01"));
    };
    const MetricDeadlineUpdated later{deadline + days(30)};
    gauge_beyond().when(later).then(later);
    EditMetric edit;
    edit.deadline = ChangeTo<TimePoint>{later.deadline};
    gauge_beyond().when(edit).then(later);
    gauge_beyond()
        .when(MetricDeadlineUpdated{at("2026-07-01")})
        .then_refused("checkpoint-after-deadline");
    gauge_beyond().when(MetricTargetUpdated{40}).then_refused("schedule-not-monotone");
}

TEST(MetricEdit, IsJudgedByWhatIsThereAfterAllOfIt) {
    MetricGoalUpdated early;
    early.start = at("2026-11-01");
    EditMetric both;
    both.start = ChangeTo<TimePoint>{at("2027-02-01")};
    both.deadline = ChangeTo<TimePoint>{at("2027-03-01")};
    MetricGoalUpdated moved;
    moved.start = at("2027-02-01");
    counter(early).when(both).then(MetricDeadlineUpdated{at("2027-03-01")}, moved);
    both.deadline = ChangeTo<TimePoint>{at("2026-08-01")};
    counter(early).when(both).then_refused("start-after-deadline");
    // A goal that is over starts again.
    EditMetric next{.target = 30};
    next.deadline = ChangeTo<TimePoint>{deadline + days(365)};
    counter()
        .now(deadline + days(1))
        .when(next)
        .then(MetricTargetUpdated{30}, MetricDeadlineUpdated{deadline + days(365)});
    counter()
        .now(deadline + days(1))
        .when(EditMetric{.target = 30})
        .then_refused("deadline-passed");
    EditMetric reopen{.target = 30};
    reopen.archived = ChangeTo<bool>{false};
    counter(MetricArchived{}).when(reopen).then(MetricReopened{}, MetricTargetUpdated{30});
    EditMetric close{.target = 30};
    close.archived = ChangeTo<bool>{true};
    counter().when(close).then(MetricTargetUpdated{30}, MetricArchived{});
}

TEST(MetricEdit, OfAGoalThatIsMoreThanReachedIsJudgedAsItsCommandIs) {
    const auto beyond = [] { return counter(value(30, "2026-02-01")); };
    MetricGoalUpdated goal;
    goal.baseline = 2;
    EditMetric edit;
    edit.baseline = ChangeTo<double>{2};
    beyond().when(goal).then(goal);
    beyond().when(edit).then(goal);
    edit.target = 26;
    beyond().when(edit).then_refused("target-below-value");
}

TEST(MetricReports, AreJudgedInTheOrderOfTheirDatesAndRecordedTogether) {
    const ReportValues reports{{{3, at("2026-03-01")}, {2, at("2026-02-01")}}};
    counter().when(reports).then(value(2, "2026-02-01"), value(3, "2026-03-01"));
    const ReportValues wrong{{{3, at("2026-03-01")}, {4, at("2026-02-01")}, {1, {}}}};
    counter().when(wrong).then_refused("value-below-current");
}

TEST(MetricReports, NameEveryFault) {
    const auto state = state_of(MetricKind::counter, value(5, "2026-02-01"));
    const es::Times times{at("2026-06-30"), at("2026-06-30")};
    const auto decision = MetricAggregate::decide(
        ReportValues{{{6, at("2027-01-01")}, {7, at("2026-03-01")}, {6, at("2026-04-01")}}}, &state,
        times);
    const auto* refusal = std::get_if<es::Refusal>(&decision);
    ASSERT_NE(refusal, nullptr);
    EXPECT_EQ(refusal->member, "2/value");
    ASSERT_EQ(refusal->further.size(), 1U);
    EXPECT_EQ(refusal->further.front().member, "0/observedAt");
}

// The member that a command on the state is refused for.
std::string fault_of(const MetricAggregate& state, const MetricCommand& command) {
    const es::Times times{at("2026-06-30"), at("2026-06-30")};
    const auto decision = MetricAggregate::decide(command, &state, times);
    const auto* refusal = std::get_if<es::Refusal>(&decision);
    return refusal != nullptr ? refusal->member : "not refused";
}

TEST(MetricReports, AreRefusedForAMemberThatTheyHave) {
    const auto state = state_of(MetricKind::counter, value(5, "2026-02-01"));
    const ReportValue less{.add = -1};
    EXPECT_EQ(fault_of(state, less), "add");
    EXPECT_EQ(fault_of(state, ReportValues{{{7, {}}, less}}), "1/add");
    const auto archived =
        state_of(MetricKind::counter, value(5, "2026-02-01"), MetricArchived{std::nullopt});
    EXPECT_EQ(fault_of(archived, ReportValues{{{7, {}}}}), "0");
}

TEST(MetricAmend, IsRefusedForAMemberThatItHas) {
    const auto state = state_of(MetricKind::counter, value(10, "2026-03-01"),
                                value(8, "2026-01-02"), value(3, "2026-02-01"));
    AmendValue amend{.of = 2, .reason = "r"};
    amend.retracted = true;
    EXPECT_EQ(fault_of(state, amend), "retracted");
    amend.retracted.reset();
    amend.observed_at = at("2026-01-01");
    EXPECT_EQ(fault_of(state, amend), "observedAt");
    amend.value = 10;
    EXPECT_EQ(fault_of(state, amend), "value");
    amend.of = 9;
    EXPECT_EQ(fault_of(state, amend), "of");
}

TEST(MetricAmend, KeepsWhatItDoesNotName) {
    const MetricValueUpdated noted{5, at("2026-02-01"), {}, {}, "two by ferry"};
    AmendValue amend{.of = 2, .reason = "r"};
    amend.value = 6;
    counter(noted).when(amend).then(MetricValueCorrected{2, 6, {}, {}, "r"});
    AmendValue comment{.of = 2, .reason = "r"};
    comment.comment = ChangeTo<std::string>{};
    counter(noted).when(comment).then(MetricValueCorrected{2, 5, {}, "", "r"});
    comment.comment = ChangeTo<std::string>{"two by ferry"};
    counter(noted).when(comment).then_nothing();
    AmendValue take_back{.of = 2, .reason = "r"};
    take_back.retracted = true;
    counter(noted).when(take_back).then(MetricValueRetracted{2, "r"});
    AmendValue bring_back{.of = 2, .reason = "r"};
    bring_back.retracted = false;
    counter(noted).when(bring_back).then_nothing();
    counter(noted, MetricValueRetracted{2, "r"})
        .when(bring_back)
        .then(MetricValueCorrected{2, 5, {}, {}, "r"});
}

}  // namespace
