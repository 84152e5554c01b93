// The words that people read, from documents as the read API answers them.
#include "cli/words.hpp"

#include <gtest/gtest.h>

#include "cli/answer.hpp"

namespace {

using namespace cli;

base::TimePoint at(const char* time) {
    return base::parse_time(time, base::DateAlone::start_of_day).value();
}

Metric metric(const std::string& members) {
    const auto parsed = json::parse(
        R"({"_id":"books","version":13,"name":"Books","unit":"books","kind":"counter","target":24,)"
        R"("value":11,"valuesTotal":2,"valueVersion":13,"valueDate":"2026-06-30T00:00:00.000Z",)"
        R"("start":"2026-01-01T00:00:00.000Z","deadline":"2026-12-31T23:59:59.999Z",)" +
        members + "}");
    EXPECT_TRUE(parsed.ok()) << parsed.error;
    return metric_of(parsed.value);
}

// R1 and R2 of docs/status.md.
constexpr const char* on_track =
    R"("status":"on_track","ahead":[{"at":"2026-07-05T06:21:49.091Z","status":"at_risk"},)"
    R"({"at":"2026-12-31T23:59:59.999Z","status":"missed"}],"attentionAt":"2026-07-05T06:21:49.091Z",)"
    R"("pace":{"start":"2026-01-01T00:00:00.000Z","baseline":0,"progress":0.458})";
constexpr const char* at_risk =
    R"("status":"at_risk","ahead":[{"at":"2026-07-21T05:13:50.769Z","status":"off_track"}],)"
    R"("attentionAt":"2026-06-21T10:32:43.636Z")";
constexpr const char* off_track =
    R"("status":"off_track","ahead":[{"at":"2026-12-31T23:59:59.999Z","status":"missed"}],)"
    R"("attentionAt":"2026-06-07T00:00:00.000Z")";
const base::TimePoint now = at("2026-06-30");

TEST(Words, SayUntilWhenOrSinceWhenAStatusHolds) {
    EXPECT_EQ(standing_text(metric(on_track), now), "on track until 5 Jul");
    EXPECT_EQ(standing_text(metric(at_risk), now), "at risk, off track from 21 Jul");
    EXPECT_EQ(standing_text(metric(off_track), now), "off track since 7 Jun");
    EXPECT_EQ(standing_text(metric(on_track), at("2025-06-30")), "on track until 5 Jul 2026");
}

// A kept goal is achieved when it ends: nothing to look out for.
TEST(Words, WhatGetsBetterByTheClockIsNoWarning) {
    const auto kept = metric(
        R"("status":"on_track","ahead":[{"at":"2026-12-31T23:59:59.999Z","status":"achieved"}])");
    EXPECT_EQ(standing_text(kept, now), "on track");
    const auto budget = metric(
        R"("status":"at_risk","ahead":[{"at":"2026-08-08T08:00:00.000Z","status":"on_track"}])");
    EXPECT_EQ(standing_text(budget, now), "at risk, on track from 8 Aug");
}

TEST(Words, WhatIsDueOrStaleStandsNextToTheStatus) {
    const std::string due = R"(,"dueFrom":"2026-06-20T00:00:00.000Z")";
    EXPECT_EQ(standing_text(metric(on_track + due), now),
              "on track until 5 Jul, report due since 20 Jun");
    EXPECT_EQ(standing_text(metric(off_track + due +
                                   R"(,"stale":true,"staleFrom":"2026-06-25T00:00:00.000Z")"),
                            now),
              "off track since 7 Jun, stale since 25 Jun");
    // Attention since the report is due says nothing of when the trouble began.
    EXPECT_EQ(
        standing_text(
            metric(R"("status":"off_track","attentionAt":"2026-06-20T00:00:00.000Z")" + due), now),
        "off track, report due since 20 Jun");
    EXPECT_EQ(outlook_text(metric(R"("status":"no_data")"), now), "");
}

TEST(Words, TellTheTargetBySideAndMode) {
    EXPECT_EQ(target_text(metric(R"("direction":"at_least")")), "at least 24");
    EXPECT_EQ(target_text(metric(R"("direction":"at_most","decimals":1)")), "at most 24.0");
    EXPECT_EQ(target_text(metric(R"("mode":"keep")")), "keep at least 24");
}

TEST(Words, ComparesTheNeededPaceWithThePlannedOne) {
    auto books = metric(on_track);
    books.value = 10;
    EXPECT_EQ(pace_text(books, now), "needs 2.3 books a month, planned were 2");
    EXPECT_EQ(pace_text(metric(at_risk), now), "");  // there is no way to go
    EXPECT_EQ(pace_text(books, at("2027-01-01")), "");
    books.direction = kpi::Direction::at_most;
    EXPECT_EQ(pace_text(books, now), "allows 2.3 books a month, planned were 2");
}

TEST(Words, AGoalWithoutAStartBeginsWithItsMetric) {
    const auto parsed = json::parse(
        R"({"target":24,"value":10,"createdAt":"2026-01-01T00:00:00.000Z","unit":"books",)"
        R"("deadline":"2026-12-31T23:59:59.999Z","status":"on_track","pace":{"baseline":0}})");
    EXPECT_EQ(metric_of(parsed.value).start, at("2026-01-01"));
    EXPECT_EQ(pace_text(metric_of(parsed.value), now), "needs 2.3 books a month, planned were 2");
}

TEST(Words, ADayHasNoTimeOfDay) {
    EXPECT_EQ(time_text(at("2026-05-31")), "31 May 2026");
    EXPECT_EQ(time_text(at("2026-12-31T23:59:59.999Z")), "31 Dec 2026");
    EXPECT_EQ(time_text(at("2026-05-31T10:42:07Z")), "31 May 2026 10:42");
}

TEST(Answer, IsOneLine) {
    const Changed recorded{Outcome::recorded, "books", 13, {}};
    EXPECT_EQ(answer_line(recorded, metric(on_track), 1, now),
              "books: 11 books (+1), version 13: on track until 5 Jul");
    EXPECT_EQ(answer_line(recorded, std::nullopt, {}, now), "books: version 13");
    EXPECT_EQ(
        answer_line({Outcome::repeated, "books", 13, {}}, metric(at_risk), {}, now),
        "books: 11 books, version 13, which was recorded before: at risk, off track from 21 Jul");
    EXPECT_EQ(answer_line({Outcome::unchanged, "books", 13, {}}, metric(on_track), {}, now),
              "books: 11 books, version 13, nothing changed: on track until 5 Jul");
}

}  // namespace
