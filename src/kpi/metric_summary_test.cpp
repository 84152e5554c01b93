#include "kpi/metric_summary.hpp"

#include <gmock/gmock.h>

#include "kpi/testing/documents.hpp"

namespace {

using namespace kpi;
using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const es::TimePoint now = std::chrono::sys_days(std::chrono::year(2026) / 6 / 30);
const es::TimePoint end = std::chrono::sys_days(std::chrono::year(2027) / 1 / 1);

// A gauge that is to be kept at 10 or above until `end`.
MetricDocument kept(double value) {
    MetricDocument document;
    document.version = 2;
    Metric& metric = document.metric;
    metric.kind = MetricKind::gauge;
    metric.mode = GoalMode::keep;
    metric.target = 10;
    metric.deadline = end;
    metric.created_at = now - days(30);
    kpi::testing::set_current(document, {value, now - days(10), 2});
    return document;
}

TEST(MetricSummaries, OfNothingAreEmpty) {
    const MetricSummary summary(now);
    EXPECT_EQ(summary.total(), 0);
    EXPECT_EQ(summary.of(Status::on_track), 0);
    EXPECT_THAT(summary.tags(), IsEmpty());
    EXPECT_THAT(summary.owners(), IsEmpty());
    EXPECT_FALSE(summary.next());
}

TEST(MetricSummaries, CountStatuses) {
    MetricSummary summary(now);
    for (const double value : {10.0, 11.0, 9.5, 3.0}) summary.add(kept(value));
    EXPECT_EQ(summary.total(), 4);
    EXPECT_EQ(summary.of(Status::on_track), 2);
    EXPECT_EQ(summary.of(Status::at_risk), 1);
    EXPECT_EQ(summary.of(Status::off_track), 1);
    EXPECT_EQ(summary.next(), end);
    MetricSummary later(end);
    later.add(kept(10));
    EXPECT_EQ(later.of(Status::achieved), 1);
    EXPECT_FALSE(later.next());
}

TEST(MetricSummaries, CountWhatIsDueAndStaleAndSayWhenThatChanges) {
    auto document = kept(10);
    document.metric.update_every = UpdatePeriod::weekly;
    MetricSummary summary(now);
    summary.add(document);
    EXPECT_EQ(summary.due(), 1);
    EXPECT_EQ(summary.stale(), 0);
    EXPECT_EQ(summary.next(), now + days(4));
    MetricSummary later(now + days(4));
    later.add(document);
    EXPECT_EQ(later.due(), 1);
    EXPECT_EQ(later.stale(), 1);
    EXPECT_EQ(later.next(), end);
    MetricSummary over(end);
    over.add(document);
    EXPECT_EQ(over.due(), 0);
    EXPECT_EQ(over.stale(), 0);
}

TEST(MetricSummaries, CountTagsAndOwnersTheMostFrequentFirst) {
    auto first = kept(10);
    first.metric.tags = {"a", "b"};
    first.metric.owner = "sales";
    auto second = first;
    second.metric.tags = {"b"};
    second.metric.owner.reset();
    MetricSummary summary(now);
    summary.add(first);
    summary.add(second);
    EXPECT_THAT(summary.tags(), ElementsAre(Pair("b", 2), Pair("a", 1)));
    EXPECT_THAT(summary.owners(), ElementsAre(Pair("sales", 1)));
}

TEST(MetricSummaries, NameFiftyTags) {
    MetricSummary summary(now);
    for (int i = 0; i < 60; ++i) {
        auto document = kept(10);
        document.metric.tags = {"t" + std::to_string(100 + i)};
        summary.add(document);
    }
    EXPECT_EQ(summary.tags().size(), 50U);
    EXPECT_EQ(summary.tags().front().first, "t100");
    EXPECT_EQ(summary.tags().back().first, "t149");
}

}  // namespace
