#include "kpi/metric_change.hpp"

#include <gmock/gmock.h>

#include "base/time.hpp"

namespace {

using namespace kpi;
using std::chrono::hours;
using testing::HasSubstr;

const es::TimePoint start = *base::parse_time("2026-06-01", base::DateAlone::start_of_day);

// A metric's events, an hour apart, and what its history then shows.
class History : public ::testing::Test {
protected:
    void fold(const MetricEvent& event, es::Metadata metadata = {}) {
        const auto encoded = metric_codec().encode(event);
        es::RecordedEvent recorded;
        recorded.version = ++version_;
        recorded.type = encoded.type;
        recorded.schema = encoded.schema;
        recorded.payload = encoded.payload;
        recorded.occurred_on = start + hours(version_ - 1);
        recorded.metadata = std::move(metadata);
        MetricView::fold(document, recorded, rows);
    }
    void create() { fold(MetricCreated{"Books", "", 24, "books", start + hours(99)}); }

    // Without what every change begins with.
    std::string change(es::Version version) {
        const MetricRow* row = rows.find(version);
        if (row == nullptr || row->change() == nullptr) return "none";
        const std::string& json = row->change()->json;
        const std::string time = base::format_time(start + hours(version - 1));
        const auto place = json.find(time);
        EXPECT_NE(place, std::string::npos) << json;
        return json.substr(place + time.size() + 1);
    }

    std::optional<MetricDocument> document;
    es::Rows<MetricRow> rows = es::Rows<MetricRow>::with_history();

private:
    es::Version version_ = 0;
};

TEST_F(History, OfACreationSaysWhatItGave) {
    create();
    EXPECT_EQ(rows.find(1)->change()->json,
              R"({"version":1,"type":"MetricCreated","occurredOn":"2026-06-01T00:00:00.000Z",)"
              R"("from":null,"to":{"name":"Books","target":24,)"
              R"("deadline":"2026-06-05T03:00:00.000Z","unit":"books","kind":"counter"}})");
    EXPECT_EQ(document->changes_total, 1);
}

TEST_F(History, OfACreationHasAlsoATargetOfZeroAndMembersOfTheGoal) {
    MetricCreated created{"Errors", "", 0, "", start + hours(99), MetricKind::gauge};
    created.direction = Direction::at_most;
    created.baseline = 8;
    created.tags = {"team-x"};
    fold(created);
    EXPECT_EQ(change(1), R"(,"from":null,"to":{"name":"Errors","target":0,)"
                         R"("deadline":"2026-06-05T03:00:00.000Z","kind":"gauge",)"
                         R"("direction":"at_most","baseline":8,"tags":["team-x"]}})");
}

TEST_F(History, SaysWhatAnEventChangedFromWhatToWhat) {
    create();
    fold(MetricTargetUpdated{30, "New year, new shelf"});
    EXPECT_EQ(change(2),
              R"(,"reason":"New year, new shelf","from":{"target":24},"to":{"target":30}})");
    fold(MetricDetailsUpdated{"Books", "all", "books"});
    EXPECT_EQ(change(3), R"(,"from":{"description":""},"to":{"description":"all"}})");
    fold(MetricGoalUpdated{Direction::at_least, GoalMode::reach, start, 2});
    EXPECT_EQ(change(4), R"(,"from":{"start":null,"baseline":null},)"
                         R"("to":{"start":"2026-06-01T00:00:00.000Z","baseline":2}})");
    fold(MetricScheduleUpdated{{{start + hours(9), 12}}});
    EXPECT_EQ(change(5), R"(,"from":{"checkpoints":[]},"to":{"checkpoints":)"
                         R"([{"until":"2026-06-01T09:00:00.000Z","target":12}]}})");
}

TEST_F(History, OfANoteIsItsTextAndTime) {
    create();
    fold(MetricNoted{"new shelf", {}, true});
    fold(MetricNoted{"moved", start, {}});
    EXPECT_EQ(change(2), R"(,"from":null,"to":{"text":"new shelf",)"
                         R"("at":"2026-06-01T01:00:00.000Z","newProcess":true}})");
    EXPECT_EQ(change(3), R"(,"from":null,"to":{"text":"moved","at":"2026-06-01T00:00:00.000Z"}})");
}

TEST_F(History, OfArchivingIsThatAlone) {
    create();
    fold(MetricArchived{"done"});
    fold(MetricReopened{});
    EXPECT_EQ(change(2), R"(,"reason":"done","from":{"archived":false},"to":{"archived":true}})");
    EXPECT_EQ(change(3), R"(,"from":{"archived":true},"to":{"archived":false}})");
}

TEST_F(History, OfACorrectionIsTheValueBeforeAndAfterIt) {
    create();
    fold(MetricValueUpdated{11, start, {}, {}, "by ferry"});
    fold(MetricValueCorrected{2, 12, start + hours(1), "two by ferry", "typed 11"});
    fold(MetricValueRetracted{2, "not mine"});
    EXPECT_EQ(change(2), "none");
    EXPECT_EQ(change(3),
              R"(,"reason":"typed 11","of":2,)"
              R"("from":{"value":11,"date":"2026-06-01T00:00:00.000Z","comment":"by ferry"},)"
              R"("to":{"value":12,"date":"2026-06-01T01:00:00.000Z","comment":"two by ferry"}})");
    EXPECT_THAT(change(4), HasSubstr(R"("reason":"not mine","of":2,"from":{"value":12,)"));
    EXPECT_THAT(change(4), HasSubstr(R"("comment":"two by ferry","retracted":true}})"));
    EXPECT_EQ(document->changes_total, 3);
    EXPECT_EQ(document->values_total, 0);
}

TEST_F(History, SaysWhoDidIt) {
    es::Metadata metadata;
    metadata.extra["by"] = "Ada \"A\"";
    create();
    fold(MetricTargetUpdated{30}, metadata);
    metadata.actor = "key-of-ada";
    fold(MetricTargetUpdated{31}, metadata);
    EXPECT_THAT(change(2), HasSubstr(R"(,"by":"Ada \"A\"","from")"));
    EXPECT_THAT(change(3), HasSubstr(R"(,"actor":"key-of-ada","by":"Ada \"A\"","from")"));
}

}  // namespace
