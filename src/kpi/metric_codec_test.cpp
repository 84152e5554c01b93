// Every stored form that was ever released is still read: test/golden.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/json.hpp"
#include "base/time.hpp"
#include "kpi/metric.hpp"

namespace {

using namespace kpi;
namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TimePoint time(const char* text) {
    return *base::parse_time(text, base::DateAlone::end_of_day);
}

// An event as our own stores keep it.
es::RecordedEvent golden(const std::string& name) {
    const std::string text = read_file(fs::path(GOLDEN_DIR) / "events" / name);
    const auto parsed = json::parse(text);
    EXPECT_TRUE(parsed.ok()) << name << parsed.error;
    es::RecordedEvent event;
    event.type = *parsed.value.find("type")->string();
    event.schema = static_cast<int>(parsed.value.find("schema")->number()->value);
    // The file's own bytes: no writer of today's stands between.
    const std::string before = "\"payload\":";
    const auto begin = text.find(before) + before.size();
    event.payload = text.substr(begin, text.rfind('}') - begin);
    return event;
}

// A DynamoDB attribute map as plain JSON: {"a": {"S": "x"}, "b": {"N": "1"}}.
void write_attributes(const json::Value& map, json::Writer& out) {
    out.begin_object();
    for (const auto& [name, attribute] : *map.object()) {
        out.name(name);
        const auto* text = attribute.find("S");
        const auto* number = attribute.find("N");
        ASSERT_TRUE(text != nullptr || number != nullptr) << name << " is of another type";
        if (text != nullptr) out.string(*text->string());
        if (number != nullptr) out.raw(*number->string());
    }
    out.end_object();
}

es::RecordedEvent original(const std::string& name) {
    const auto parsed = json::parse(read_file(fs::path(GOLDEN_DIR) / "original" / name));
    es::RecordedEvent event;
    event.type = *parsed.value.find("name")->find("S")->string();
    json::Writer out;
    write_attributes(*parsed.value.find("payload")->find("M"), out);
    event.payload = out.take();
    return event;
}

MetricCreated created_with_a_goal() {
    MetricCreated event{
        "Churn", "Customers who leave, in percent", 4, "%", time("2026-12-31"), MetricKind::gauge};
    event.direction = Direction::at_most;
    event.mode = GoalMode::keep;
    event.start = time("2026-01-01T00:00:00Z");
    event.baseline = 8;
    event.tolerance = 0.5;
    event.checkpoints = std::vector<Checkpoint>{{time("2026-06-30"), 6}};
    event.update_every = UpdatePeriod::monthly;
    event.late_days = 10;
    event.decimals = 1;
    event.owner = "Ada";
    event.tags = std::vector<std::string>{"sales", "team-1"};
    event.links = std::vector<Link>{{"Größe", "https://example.com/?a=b"}};
    return event;
}

TEST(MetricCodec, ReadsEveryGoldenEventAndWritesItBack) {
    const std::vector<std::pair<std::string, MetricEvent>> known{
        {"MetricCreated.1.json", MetricCreated{"Größe 🚀", "Line one\nline \"two\"", 0.1, "users",
                                               time("2026-12-31"), MetricKind::gauge}},
        {"MetricDetailsUpdated.1.json",
         MetricDetailsUpdated{"Users", "Active users, weekly", "people"}},
        {"MetricTargetUpdated.1.json", MetricTargetUpdated{1e100}},
        {"MetricDeadlineUpdated.1.json", MetricDeadlineUpdated{time("2027-06-30T21:59:59.999Z")}},
        {"MetricValueUpdated.1.json", MetricValueUpdated{12.5, time("2026-01-31T00:00:00Z")}},
        {"MetricValueUpdated.2.json",
         MetricValueUpdated{12.5, time("2026-01-31T00:00:00Z"), time("2026-11-30T08:15:00.123Z")}},
        {"MetricCreated.2.json", created_with_a_goal()},
        {"MetricDetailsUpdated.1.reason.json",
         MetricDetailsUpdated{"Users", "Active users", "people", "A clearer name"}},
        {"MetricGoalUpdated.1.json",
         MetricGoalUpdated{Direction::at_most, GoalMode::keep, time("2026-01-01T00:00:00Z"), 8, 0.5,
                           "It should fall"}},
        {"MetricScheduleUpdated.1.json",
         MetricScheduleUpdated{{{time("2026-03-31"), 3}, {time("2026-06-30"), 8.5}}, "Slow start"}},
        {"MetricSettingsUpdated.1.json",
         MetricSettingsUpdated{UpdatePeriod::quarterly, 366, 9, "Ada",
                               std::vector<std::string>{"a", "b"},
                               std::vector<Link>{{"Board", "http://intranet/board"}}, "New owner"}},
        {"MetricValueUpdated.1.added.json",
         MetricValueUpdated{
             12.5, time("2026-01-31T00:00:00Z"), {}, 0.5, "Two by ferry\nand one more"}},
        {"MetricValueCorrected.1.json",
         MetricValueCorrected{13, 12, time("2026-01-30T00:00:00Z"), "counted twice", "typed 11"}},
        {"MetricValueRetracted.1.json", MetricValueRetracted{13, "not mine"}},
        {"MetricNoted.1.json", MetricNoted{"new shelf", time("2026-03-05T10:42:00Z"), true}},
        {"MetricArchived.1.json", MetricArchived{"done"}},
        {"MetricReopened.1.json", MetricReopened{"again"}},
    };
    std::set<std::string> seen;
    std::set<std::size_t> types;
    for (const auto& [name, event] : known) {
        const auto recorded = golden(name);
        EXPECT_EQ(metric_codec().decode(recorded), event) << name;
        const auto encoded = metric_codec().encode(event);
        EXPECT_EQ(encoded.type, recorded.type);
        EXPECT_EQ(encoded.schema, recorded.schema);
        EXPECT_EQ(encoded.payload, recorded.payload);
        seen.insert(name);
        types.insert(event.index());
    }
    EXPECT_EQ(types.size(), std::variant_size_v<MetricEvent>) << "a type without a golden file";
    for (const auto& file : fs::directory_iterator(fs::path(GOLDEN_DIR) / "events")) {
        EXPECT_TRUE(seen.contains(file.path().filename())) << file.path() << " is not tested";
    }
}

TEST(MetricCodec, HasEveryEventOfTheDomain) {
    EXPECT_NO_THROW(metric_codec().require_complete());
}

TEST(MetricCodec, ReadsWhatTheOriginalStored) {
    EXPECT_EQ(metric_codec().decode(original("MetricCreated.json")),
              MetricEvent(MetricCreated{"Users", "Registered users", 15, "users",
                                        time("2023-12-31T00:00:00Z"), MetricKind::counter}));
    EXPECT_EQ(metric_codec().decode(original("MetricDetailsUpdated.json")),
              MetricEvent(MetricDetailsUpdated{"Users", "Active users", "people"}));
    EXPECT_EQ(metric_codec().decode(original("MetricTargetUpdated.json")),
              MetricEvent(MetricTargetUpdated{20}));
    EXPECT_EQ(metric_codec().decode(original("MetricDeadlineUpdated.json")),
              MetricEvent(MetricDeadlineUpdated{time("2024-01-31T00:00:00Z")}));
    EXPECT_EQ(metric_codec().decode(original("MetricValueUpdated.json")),
              MetricEvent(MetricValueUpdated{3.5, std::nullopt}));
}

TEST(MetricCodec, SaysWhatIsWrongWithABrokenPayload) {
    const auto error = [](const char* payload) -> std::string {
        es::RecordedEvent event;
        event.type = "MetricValueUpdated";
        event.payload = payload;
        try {
            static_cast<void>(metric_codec().decode(event));
        } catch (const es::Corrupt& corrupt) {
            return corrupt.what();
        }
        return "none";
    };
    EXPECT_EQ(error(R"({"value":1,"later":"addition"})"), "none");
    EXPECT_EQ(error(R"({"value":"1"})"), "payload's 'value' is not a number");
    EXPECT_EQ(error("{}"), "payload has no 'value'");
    EXPECT_EQ(error("[]"), "payload is not an object");
    EXPECT_EQ(error(R"({"value":1,"observedAt":"never"})"), "payload's 'observedAt' is not a time");
    EXPECT_NE(error("{"), "none");
}

}  // namespace
