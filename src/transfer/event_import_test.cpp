#include "transfer/event_import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"
#include "es/sqlite.hpp"
#include "transfer/event_line.hpp"

namespace {

using namespace transfer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string created =
    R"({"name":"Größe","description":"d","target":15.0,"unit":"u","deadline":"2099-12-31T00:00:00.000Z"})";

// Events of a stream: it is created, and then gets values.
es::RecordedEvent event_of(const std::string& stream, es::Version version) {
    es::RecordedEvent event;
    event.stream = stream;
    event.version = version;
    event.occurred_on = es::TimePoint(std::chrono::milliseconds(1'700'000'000'000 + version));
    event.type = version == 1 ? "MetricCreated" : "MetricValueUpdated";
    event.payload = version == 1 ? created : "{\"value\":" + std::to_string(version) + ".0}";
    event.metadata = {"c-" + stream + std::to_string(version), "", "", "", {}};
    return event;
}

std::string line_of(const es::RecordedEvent& event) {
    std::string line;
    EXPECT_TRUE(write_event_line(event, line));
    return line;
}

// Takes turns between streams.
std::vector<std::string> some_lines(const std::vector<std::string>& streams, es::Version versions) {
    std::vector<std::string> lines;
    for (es::Version version = 1; version <= versions; ++version) {
        for (const auto& stream : streams) lines.push_back(line_of(event_of(stream, version)));
    }
    return lines;
}

class EventImports : public ::testing::Test {
protected:
    EventImportSummary import(const std::vector<std::string>& lines) {
        reports_.clear();
        EventImport events(store_, [this](std::size_t line, const std::string& why) {
            reports_.push_back(std::to_string(line) + ": " + why);
        });
        for (std::size_t i = 0; i < lines.size(); ++i) events.take(i + 1, lines[i]);
        return events.finish();
    }
    // All that is stored, in the order of recording, as lines.
    std::vector<std::string> stored() {
        es::SqliteEventFeed feed(folder_.path());
        std::vector<std::string> lines;
        es::Checkpoints reached;
        for (;;) {
            const auto batch = feed.poll(reached, 1000, std::chrono::milliseconds(0));
            if (batch.events.empty()) return lines;
            for (const auto& event : batch.events) lines.push_back(line_of(event));
            reached = batch.reached;
        }
    }

    base::testing::TempFolder folder_;
    es::SqliteEventStore store_{folder_.path()};
    std::vector<std::string> reports_;
};

TEST_F(EventImports, RecordEventsAsTheyAreAndInTheirOrder) {
    // More than a batch, so that streams go on in the next one.
    const auto lines = some_lines({"a", "b/ü", "c"}, 2'000);
    ASSERT_GT(lines.size(), import_batch_events_max);
    const auto summary = import(lines);
    EXPECT_EQ(summary.recorded, lines.size());
    EXPECT_TRUE(summary.complete());
    EXPECT_THAT(reports_, IsEmpty());
    EXPECT_EQ(stored(), lines);
}

TEST_F(EventImports, ASecondTimeChangesNothing) {
    const auto lines = some_lines({"a", "b"}, 3'000);
    import(lines);
    const auto again = import(lines);
    EXPECT_EQ(again.recorded, 0U);
    EXPECT_EQ(again.there, lines.size());
    EXPECT_TRUE(again.complete());
    EXPECT_EQ(stored(), lines);
}

TEST_F(EventImports, GoOnWhereOneWasInterrupted) {
    const auto lines = some_lines({"a", "b", "c"}, 3'000);
    import({lines.begin(), lines.begin() + 4'444});
    const auto rest = import(lines);
    EXPECT_EQ(rest.there, 4'444U);
    EXPECT_EQ(rest.recorded, lines.size() - 4'444);
    EXPECT_EQ(stored(), lines);
}

TEST_F(EventImports, AStreamThatWentOnMeanwhileIsComplete) {
    const auto lines = some_lines({"a"}, 10);
    import(lines);
    const auto part = import({lines.begin(), lines.begin() + 4});
    EXPECT_EQ(part.there, 4U);
    EXPECT_TRUE(part.complete());
}

TEST_F(EventImports, LeaveAStreamWithOtherEventsAlone) {
    import(some_lines({"a"}, 3));
    es::RecordedEvent other = event_of("a", 3);
    other.metadata.command_id = "another";
    const auto summary =
        import({line_of(event_of("a", 1)), line_of(event_of("b", 1)), line_of(event_of("a", 2)),
                line_of(other), line_of(event_of("a", 4)), line_of(event_of("b", 2))});
    EXPECT_EQ(summary.recorded, 2U);
    EXPECT_EQ(summary.there, 2U);
    EXPECT_EQ(summary.left_alone, 2U);
    EXPECT_EQ(summary.streams_left_alone, 1U);
    EXPECT_FALSE(summary.complete());
    EXPECT_THAT(reports_, ElementsAre("4: stream 'a' has another event of version 3 in the store; "
                                      "it is left alone"));
    EXPECT_EQ(es::read_stream(store_, "a").size(), 3U);
    EXPECT_EQ(es::read_stream(store_, "b").size(), 2U);
}

// Each part of an event counts.
TEST_F(EventImports, NoticeEveryDifference) {
    import({line_of(event_of("a", 1))});
    const auto differs = [&](auto change) {
        es::RecordedEvent event = event_of("a", 1);
        change(event);
        const auto summary = import({line_of(event)});
        return summary.streams_left_alone == 1 && summary.there == 0;
    };
    EXPECT_FALSE(differs([](es::RecordedEvent&) {}));
    EXPECT_TRUE(
        differs([](es::RecordedEvent& e) { e.occurred_on += std::chrono::milliseconds(1); }));
    EXPECT_TRUE(differs([](es::RecordedEvent& e) { e.metadata.actor = "x"; }));
    EXPECT_TRUE(differs([](es::RecordedEvent& e) { e.metadata.idempotency_key = "x"; }));
    EXPECT_TRUE(differs([](es::RecordedEvent& e) { e.metadata.digest = "x"; }));
    EXPECT_TRUE(
        differs([](es::RecordedEvent& e) { e.payload.replace(e.payload.find("15.0"), 4, "15"); }));
}

TEST_F(EventImports, NameALineThatIsNoEventAndGoOn) {
    const auto summary = import({"{", line_of(event_of("a", 1)), "", "   \r", "[]"});
    EXPECT_EQ(summary.bad_lines, 2U);
    EXPECT_EQ(summary.recorded, 1U);
    EXPECT_THAT(reports_,
                ElementsAre(HasSubstr("1: is not JSON"), HasSubstr("5: is not an event")));
}

TEST_F(EventImports, StopAStreamAtAnEventThatCannotFollow) {
    const auto fault = [&](const std::string& stream, auto change) {
        es::RecordedEvent third = event_of(stream, 3);
        change(third);
        const auto summary = import({line_of(event_of(stream, 1)), line_of(event_of(stream, 2)),
                                     line_of(third), line_of(event_of(stream, 4))});
        EXPECT_EQ(summary.recorded, 2U) << stream;
        EXPECT_EQ(summary.bad_lines, 1U) << stream;
        EXPECT_EQ(summary.left_alone, 1U) << stream;
        return reports_.size() == 1 ? reports_[0] : std::string();
    };
    EXPECT_THAT(fault("gap", [](es::RecordedEvent& e) { e.version = 5; }),
                HasSubstr("3: the event of stream 'gap' has version 5 where 3 must follow"));
    EXPECT_THAT(fault("repeat", [](es::RecordedEvent& e) { e.version = 2; }),
                HasSubstr("has version 2 where 3 must follow"));
    EXPECT_THAT(
        fault("back", [](es::RecordedEvent& e) { e.occurred_on -= std::chrono::milliseconds(2); }),
        HasSubstr("before the event it follows"));
    EXPECT_THAT(fault("type", [](es::RecordedEvent& e) { e.type = "MetricSealed"; }),
                HasSubstr("unknown event type 'MetricSealed'"));
    EXPECT_THAT(fault("schema", [](es::RecordedEvent& e) { e.schema = 3; }),
                HasSubstr("unknown schema 3"));
    EXPECT_THAT(fault("payload", [](es::RecordedEvent& e) { e.payload = R"({"value":"x"})"; }),
                HasSubstr("'value' is not a number"));
    EXPECT_THAT(fault("twice",
                      [](es::RecordedEvent& e) {
                          e.type = "MetricCreated";
                          e.payload = created;
                      }),
                HasSubstr("creates the metric a second time"));
}

TEST_F(EventImports, AStreamBeginsWithItsCreation) {
    es::RecordedEvent first = event_of("a", 1);
    first.type = "MetricTargetUpdated";
    first.payload = R"({"target":1})";
    import({line_of(first), line_of(event_of("b", 2))});
    EXPECT_THAT(reports_, ElementsAre(HasSubstr("creates no metric"),
                                      HasSubstr("has version 2 where 1 must follow")));
    EXPECT_THAT(stored(), IsEmpty());
}

// A store that takes nothing, as on a full disk.
class FullStore : public es::EventStore {
public:
    void append(std::vector<es::Append> batch, OnOutcome on_outcome) override {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            on_outcome(i, {es::AppendStatus::not_stored, 0, "the disk is full"});
        }
    }
    void read(std::vector<es::ReadRequest> batch, OnStream on_stream) override {
        for (std::size_t i = 0; i < batch.size(); ++i) on_stream(i, {});
    }
    [[nodiscard]] bool sole_writer() const override { return true; }
};

TEST(EventImport, EndsWhenTheStoreTakesNothing) {
    FullStore store;
    EventImport events(store, [](std::size_t, const std::string&) {});
    events.take(1, line_of(event_of("a", 1)));
    try {
        events.finish();
        FAIL();
    } catch (const es::Unavailable& error) {
        EXPECT_THAT(error.what(), HasSubstr("the disk is full"));
    }
}

}  // namespace
