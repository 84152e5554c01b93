#include "kpi/metric_view.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/time.hpp"
#include "es/errors.hpp"

namespace {

using namespace kpi;
using std::chrono::hours;

const es::TimePoint start = *base::parse_time("2026-06-01", base::DateAlone::start_of_day);

class View : public ::testing::Test {
protected:
    void fold(const MetricEvent& event, es::TimePoint on) {
        const auto encoded = metric_codec().encode(event);
        es::RecordedEvent recorded;
        recorded.version = ++version_;
        recorded.type = encoded.type;
        recorded.schema = encoded.schema;
        recorded.payload = encoded.payload;
        recorded.occurred_on = on;
        MetricView::fold(document, recorded, rows);
    }
    void begin_again() {
        document.reset();
        version_ = 0;
    }
    void create(double target, MetricKind kind = MetricKind::counter) {
        fold(MetricCreated{"Users", "d", target, "users", start + hours(24), kind}, start);
    }

    std::optional<MetricDocument> document;
    es::Rows<MetricRow> rows;

private:
    es::Version version_ = 0;
};

TEST_F(View, RemembersTheLatestNoteOfANewProcess) {
    create(10);
    fold(MetricNoted{"new shelf", start + hours(5), {}}, start + hours(9));
    EXPECT_FALSE(document->metric.process_since);
    fold(MetricNoted{"moved", start + hours(6), true}, start + hours(10));
    EXPECT_EQ(document->metric.process_since, start + hours(6));
    fold(MetricNoted{"of before", start + hours(2), true}, start + hours(11));
    EXPECT_EQ(document->metric.process_since, start + hours(6));
    fold(MetricNoted{"again", {}, true}, start + hours(12));
    EXPECT_EQ(document->metric.process_since, start + hours(12));
}

TEST_F(View, FoldsEachEventType) {
    create(10);
    fold(MetricDetailsUpdated{"People", "e", "people"}, start + hours(1));
    fold(MetricTargetUpdated{20}, start + hours(2));
    fold(MetricDeadlineUpdated{start + hours(48)}, start + hours(3));
    fold(MetricValueUpdated{5, {}}, start + hours(4));
    EXPECT_EQ(document->metric.name, "People");
    EXPECT_EQ(document->metric.unit, "people");
    EXPECT_EQ(document->metric.description, "e");
    EXPECT_EQ(document->metric.target, 20);
    EXPECT_EQ(document->metric.deadline, start + hours(48));
    EXPECT_EQ(document->current(), (MetricValue{5, start + hours(4), 5}));
    EXPECT_EQ(document->metric.created_at, start);
    EXPECT_EQ(document->metric.last_occurred, start + hours(4));
    EXPECT_EQ(document->values_total, 1);
    EXPECT_EQ(document->version, 5);
    EXPECT_EQ(values_among(rows.all()).size(), 1u);
    EXPECT_EQ(document->changes_total, 4);
}

TEST_F(View, TheCurrentValueHasTheLatestDateTiesByVersion) {
    create(10);
    fold(MetricValueUpdated{5, start + hours(2)}, start + hours(2));
    fold(MetricValueUpdated{3, start + hours(1)}, start + hours(3));
    EXPECT_EQ(document->current().value, 5);
    fold(MetricValueUpdated{6, start + hours(2)}, start + hours(4));
    EXPECT_EQ(document->current().value, 6);
    EXPECT_EQ(document->values_total, 3);
    EXPECT_EQ(*rows.all()[2].value(), (MetricValue{3, start + hours(1), 3}));
}

// Recorded by a right clock after one that ran ahead; docs/adr, 17.
TEST_F(View, TheCurrentValueIsNoneOfTheFuture) {
    const auto ahead = start + hours(24 * 365 * 9);
    create(10);
    fold(MetricValueUpdated{5, {}}, ahead);
    EXPECT_EQ(document->current(), (MetricValue{5, ahead, 2}));
    fold(MetricValueUpdated{3, start - hours(1), start + hours(1)}, ahead);
    EXPECT_EQ(document->current().value, 5) << "of before the creation";
    fold(MetricValueUpdated{6, start + hours(1), start + hours(2)}, ahead);
    EXPECT_EQ(document->current(), (MetricValue{6, start + hours(1), 4}));
    fold(MetricValueUpdated{2, start, start + hours(2)}, ahead);
    EXPECT_EQ(document->current().value, 6) << "back-dated";
    fold(MetricValueUpdated{7, {}, start + hours(3)}, ahead);
    EXPECT_EQ(document->current().value, 7);
    // The clock has come there.
    fold(MetricValueUpdated{8, {}}, ahead + hours(1));
    EXPECT_EQ(document->current(), (MetricValue{8, ahead + hours(1), 7}));
    EXPECT_EQ(document->metric.last_occurred, ahead + hours(1));
}

// What the rules judge is what readers see, whatever the order and the clocks of the reports.
TEST_F(View, HoldsTheStateOfTheRulesAndNamesTheReportOfItsValue) {
    std::mt19937 random{20261130};
    const auto some_hours = [&](int most) {
        return hours(static_cast<int>(random() % 100) % most);
    };
    create(10, MetricKind::gauge);
    auto metric = es::create<MetricAggregate>(
        MetricCreated{"Users", "d", 10, "users", start + hours(24), MetricKind::gauge}, start);
    es::TimePoint on = start;
    for (int value = 1; value <= 200; ++value) {
        on += some_hours(3);
        MetricValueUpdated reported{static_cast<double>(value), {}};
        if (random() % 2 == 0) reported.observed_at = on - some_hours(20);
        if (random() % 4 == 0) reported.recorded_at = on - some_hours(40);
        fold(reported, on);
        es::apply<MetricAggregate>(metric, reported, {value + 1, on});
        ASSERT_EQ(document->metric, metric) << value;
        const auto version = static_cast<std::size_t>(document->metric.value_version);
        const MetricValue& row = *rows.all().at(version - 1).value();
        ASSERT_EQ(document->current(), (MetricValue{row.value, row.date, row.version})) << value;
    }
}

TEST_F(View, IsSuccessfulAtOrAboveItsTarget) {
    create(10);
    EXPECT_FALSE(is_successful(*document));
    EXPECT_EQ(progress(*document), 0);
    fold(MetricValueUpdated{4, {}}, start);
    EXPECT_EQ(progress(*document), 0.4);
    fold(MetricValueUpdated{10, {}}, start);
    EXPECT_TRUE(is_successful(*document));
    EXPECT_EQ(progress(*document), 1);
}

TEST_F(View, AGaugeBelowANegativeTargetHasNoProgress) {
    create(-5, MetricKind::gauge);
    fold(MetricValueUpdated{-10, {}}, start);
    EXPECT_FALSE(is_successful(*document));
    EXPECT_EQ(progress(*document), 0);
}

TEST_F(View, IsNotSuccessfulBeforeTheFirstReport) {
    for (const double target : {0.0, -5.0}) {
        begin_again();
        create(target, MetricKind::gauge);
        EXPECT_FALSE(is_successful(*document)) << target;
        EXPECT_EQ(progress(*document), 0) << target;
        fold(MetricValueUpdated{0, {}}, start);
        EXPECT_TRUE(is_successful(*document)) << target;
        EXPECT_EQ(progress(*document), 1) << target;
    }
}

TEST_F(View, ExpiresAtItsDeadline) {
    create(10);
    EXPECT_FALSE(is_expired(*document, start + hours(24) - std::chrono::milliseconds(1)));
    EXPECT_TRUE(is_expired(*document, start + hours(24)));
}

TEST_F(View, StaysAsItWasWhenAnEventCannotBeApplied) {
    create(10);
    const auto before = *document;
    EXPECT_THROW(create(11), es::Corrupt);
    EXPECT_EQ(*document, before);
    std::optional<MetricDocument> none;
    es::RecordedEvent first;
    first.version = 1;
    first.type = "MetricTargetUpdated";
    first.payload = R"({"target":1})";
    EXPECT_THROW(MetricView::fold(none, first, rows), es::Corrupt);
    EXPECT_FALSE(none);
}

}  // namespace
