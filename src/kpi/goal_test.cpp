// The examples of the design of goals; each was computed twice, independently.
#include "kpi/goal.hpp"

#include <gtest/gtest.h>

#include "base/time.hpp"

namespace kpi {
namespace {

TimePoint moment(const char* time) {
    return base::parse_time(time, base::DateAlone::start_of_day).value();
}

const TimePoint start = moment("2026-01-01T00:00:00Z");
const TimePoint end = moment("2026-12-31T23:59:59.999Z");

Goal year(MetricKind kind, Direction direction, double baseline, double target) {
    Goal goal;
    goal.kind = kind;
    goal.direction = direction;
    goal.baseline = baseline;
    goal.target = target;
    goal.start = start;
    goal.deadline = end;
    return goal;
}
Goal books() {
    return year(MetricKind::counter, Direction::at_least, 0, 24);
}
Goal churn() {
    return year(MetricKind::gauge, Direction::at_most, 8, 4);
}
Goal steps() {
    Goal goal = books();
    goal.checkpoints = {{moment("2026-03-31T23:59:59.999Z"), 3},
                        {moment("2026-06-30T23:59:59.999Z"), 8},
                        {moment("2026-09-30T23:59:59.999Z"), 16}};
    return goal;
}

struct Example {
    const char* name;
    Goal goal;
    double value;
    const char* now;
    Status status;
    const char* on_track_until;  // nullptr: not asked
    const char* at_risk_until;
};

class GoalExample : public ::testing::TestWithParam<Example> {};

TEST_P(GoalExample, HasTheStatusOfTheDesign) {
    const Example& example = GetParam();
    const auto all = statuses_of(example.goal, Standing{example.value, start});
    EXPECT_EQ(status_at(all, moment(example.now)), example.status);
    const auto ends = [&](const char* until, auto is_at_least) {
        if (until == nullptr) return;
        const TimePoint last = moment(until);
        EXPECT_TRUE(is_at_least(status_at(all, last))) << until;
        EXPECT_FALSE(is_at_least(status_at(all, last + std::chrono::milliseconds(1)))) << until;
    };
    ends(example.on_track_until, [](Status status) { return status == Status::on_track; });
    ends(example.at_risk_until,
         [](Status status) { return status == Status::on_track || status == Status::at_risk; });
}

INSTANTIATE_TEST_SUITE_P(
    Design, GoalExample,
    ::testing::Values(Example{"R1", books(), 11, "2026-06-30", Status::on_track,
                              "2026-07-05T06:21:49.090Z", "2026-08-01T21:59:59.999Z"},
                      Example{"R2", books(), 10, "2026-06-30", Status::at_risk,
                              "2026-06-21T10:32:43.635Z", "2026-07-21T05:13:50.768Z"},
                      Example{"R3", books(), 8, "2026-06-30", Status::off_track,
                              "2026-05-24T18:54:32.726Z", "2026-06-27T19:41:32.307Z"},
                      Example{"R4", books(), 0, "2026-01-02", Status::on_track,
                              "2026-02-03T04:21:49.090Z", "2026-03-26T05:32:18.461Z"},
                      Example{"R5", books(), 0, "2026-02-15", Status::at_risk,
                              "2026-02-03T04:21:49.090Z", "2026-03-26T05:32:18.461Z"},
                      Example{"R6", books(), 22, "2026-12-20", Status::off_track,
                              "2026-12-04T08:21:49.089Z", "2026-12-08T14:27:41.537Z"},
                      Example{"R7", books(), 24, "2026-11-01", Status::achieved, nullptr, nullptr},
                      Example{"D1", churn(), 5.5, "2026-06-30", Status::on_track,
                              "2026-08-29T13:38:10.908Z", "2026-09-17T17:04:36.922Z"},
                      Example{"D2", churn(), 6.5, "2026-06-30", Status::at_risk,
                              "2026-06-07T14:43:38.181Z", "2026-07-09T12:27:41.537Z"},
                      Example{"D3", churn(), 8.4, "2026-03-01", Status::off_track,
                              "2026-01-01T00:00:00.000Z", "2026-02-26T03:41:32.307Z"},
                      Example{"C1", steps(), 7, "2026-06-30", Status::on_track,
                              "2026-07-07T06:32:43.635Z", "2026-08-03T14:46:09.229Z"},
                      Example{"C2", steps(), 6, "2026-06-30", Status::at_risk,
                              "2026-06-24T09:09:49.089Z", "2026-07-25T18:27:41.537Z"}),
    [](const auto& example) { return example.param.name; });

Goal incidents() {
    return year(MetricKind::counter, Direction::at_most, 0, 12);
}

std::vector<StatusFrom> at(const Goal& goal, double value) {
    return statuses_of(goal, Standing{value, start});
}

TEST(Goal, ABudgetGetsBetterWithTime) {
    const TimePoint now = moment("2026-03-31");
    EXPECT_EQ(status_at(at(incidents(), 3), now), Status::on_track);
    EXPECT_EQ(status_at(at(incidents(), 4), now), Status::at_risk);
    EXPECT_EQ(status_at(at(incidents(), 5), now), Status::at_risk);
    EXPECT_EQ(status_at(at(incidents(), 6), now), Status::off_track);
    EXPECT_EQ(status_at(at(incidents(), 13), now), Status::missed);
    EXPECT_EQ(at(incidents(), 4),
              (std::vector<StatusFrom>{{TimePoint::min(), Status::off_track},
                                       at(incidents(), 4)[1],
                                       {moment("2026-04-08T08:00:00.000Z"), Status::on_track},
                                       {end, Status::achieved}}));
    EXPECT_EQ(at(incidents(), 5)[2].at, moment("2026-05-11T19:00:00.000Z"));
    EXPECT_EQ(at(incidents(), 6)[1],
              (StatusFrom{moment("2026-05-08T18:00:00.000Z"), Status::at_risk}));
    EXPECT_EQ(at(incidents(), 6)[2],
              (StatusFrom{moment("2026-06-14T06:00:00.000Z"), Status::on_track}));
}

// The baseline followed from a value that came after the checkpoints.
TEST(Goal, ABudgetWhoseBaselineIsBeyondACheckpointIsOnTrackWhileNothingIsUsed) {
    Goal goal = incidents();
    goal.baseline = 6;
    goal.checkpoints = {{moment("2026-06-30"), 3}};
    EXPECT_EQ(at(goal, 6), (std::vector<StatusFrom>{{TimePoint::min(), Status::on_track},
                                                    {end, Status::achieved}}));
}

TEST(Goal, WhatIsKeptIsJudgedByItsTolerance) {
    Goal goal = year(MetricKind::gauge, Direction::at_least, 0, 95);
    goal.mode = GoalMode::keep;
    const TimePoint now = moment("2026-06-30");
    for (const auto& [value, status] : {std::pair(96.0, Status::on_track),
                                        {95.0, Status::on_track},
                                        {90.0, Status::at_risk},
                                        {85.5, Status::at_risk},
                                        {85.4, Status::off_track}}) {
        EXPECT_EQ(status_at(at(goal, value), now), status) << value;
    }
    goal.direction = Direction::at_most;
    goal.target = 0;
    EXPECT_EQ(status_at(at(goal, 0), now), Status::on_track);
    EXPECT_EQ(status_at(at(goal, 1), now), Status::off_track);
}

TEST(Goal, AMonthlyFigureIsJudgedByItsOwnMonth) {
    Goal goal = books();
    goal.update_every = UpdatePeriod::monthly;
    EXPECT_EQ(
        statuses_of(goal, Standing{22, moment("2026-11-30")}),
        (std::vector<StatusFrom>{{TimePoint::min(), Status::on_track}, {end, Status::missed}}));
}

TEST(Goal, IsDueAfterOnePeriodAndStaleAfterTwo) {
    Goal goal = books();
    goal.update_every = UpdatePeriod::daily;
    const Standing standing{1, moment("2026-03-01")};
    EXPECT_EQ(due_from(goal, standing), moment("2026-03-02"));
    EXPECT_EQ(stale_from(goal, standing), moment("2026-03-03"));
}

TEST(Goal, TheDocumentOfTheFirstExampleSaysWhatIsAhead) {
    EXPECT_EQ(at(books(), 11),
              (std::vector<StatusFrom>{{TimePoint::min(), Status::on_track},
                                       {moment("2026-07-05T06:21:49.091Z"), Status::at_risk},
                                       {moment("2026-08-01T22:00:00.000Z"), Status::off_track},
                                       {end, Status::missed}}));
}

}  // namespace
}  // namespace kpi
