#include "transfer/event_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace {

using namespace transfer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

es::RecordedEvent some_event() {
    return {"a/b ü",
            7,
            es::TimePoint(std::chrono::milliseconds(1'700'000'000'123)),
            "MetricValueUpdated",
            1,
            R"({"value":12.5})",
            {"c7", "key \"7\"", "d7", "somebody"}};
}

std::string line_of(const es::RecordedEvent& event) {
    std::string line;
    EXPECT_TRUE(write_event_line(event, line));
    EXPECT_TRUE(line.ends_with("}\n"));
    line.pop_back();
    EXPECT_EQ(line.find('\n'), std::string::npos);
    return line;
}

std::string replaced(std::string text, const std::string& part, const std::string& by) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
    return text.replace(text.find(part), part.size(), by);
}

TEST(EventLine, HasEachPartOfTheEvent) {
    EXPECT_EQ(
        line_of(some_event()),
        R"({"stream":"a/b ü","version":7,"occurredOn":"2023-11-14T22:13:20.123Z",)"
        R"("type":"MetricValueUpdated","schema":1,"payload":{"value":12.5},)"
        R"("metadata":{"commandId":"c7","key":"key \"7\"","digest":"d7","actor":"somebody"}})");
}

TEST(EventLine, IsReadAsItWasWritten) {
    es::RecordedEvent event = some_event();
    EXPECT_EQ(read_event_line(line_of(event)).event, event);
    event.metadata.extra = {{"correlationId", "c \"1\" ü"}, {"by", "Ada"}};
    EXPECT_THAT(line_of(event), HasSubstr(R"("extra":{"by":"Ada","correlationId":"c \"1\" ü"})"));
    EXPECT_EQ(read_event_line(line_of(event)).event, event);
    event.metadata = {};
    EXPECT_THAT(line_of(event), HasSubstr(R"("metadata":{})"));
    EXPECT_EQ(read_event_line(line_of(event)).event, event);
}

TEST(EventLine, KeepsAForeignPayloadByteForByte) {
    for (const char* payload :
         {R"({"value":15.0})", R"({ "value" : 1.50e+01 , "more":[1,{"a":"}\""}] })",
          R"({"name":"\u00e4\/","n":12345678901234567890})", R"({"a":1,"a":2})", "{}"}) {
        es::RecordedEvent event = some_event();
        event.payload = payload;
        const EventLine read = read_event_line(line_of(event));
        EXPECT_EQ(read.fault, "");
        EXPECT_EQ(read.event.payload, payload);
    }
}

TEST(EventLine, PutsAPayloadOfSeveralLinesIntoOne) {
    es::RecordedEvent event = some_event();
    event.payload = "\n{\r\n  \"value\": 1\n}\n";
    EXPECT_EQ(read_event_line(line_of(event)).event.payload, "{    \"value\": 1 }");
}

TEST(EventLine, IsNotWrittenForAPayloadThatNobodyCanRead) {
    for (const char* payload : {"", "x", "[1]", "{\"value\":}", "{} {}"}) {
        es::RecordedEvent event = some_event();
        event.payload = payload;
        std::string lines = "before\n";
        EXPECT_FALSE(write_event_line(event, lines)) << payload;
        EXPECT_EQ(lines, "before\n");
    }
}

TEST(EventLine, NamesTheMemberAtFault) {
    const std::string good = line_of(some_event());
    EXPECT_THAT(read_event_line(good).fault, IsEmpty());
    const auto fault = [&](const std::string& part, const std::string& by) {
        return read_event_line(replaced(good, part, by)).fault;
    };
    EXPECT_EQ(fault(R"("version":7,)", ""), "'version' is missing");
    EXPECT_EQ(fault(R"("stream":"a/b ü",)", ""), "'stream' is missing");
    EXPECT_EQ(fault(R"("metadata")", R"("metadatum")"), "'metadata' is missing");
    EXPECT_THAT(fault(R"("schema":1)", R"("schema":1,"more":1)"),
                HasSubstr("'more' is not a member"));
    EXPECT_THAT(fault(R"("actor")", R"("actress")"), HasSubstr("'metadata/actress' is not"));
    EXPECT_THAT(fault(R"("actor")", R"("extra":[],"actor")"), HasSubstr("must be an object"));
    EXPECT_THAT(fault(R"("actor")", R"("extra":{"a":1},"actor")"),
                HasSubstr("'metadata/extra/a' must be a text"));
    EXPECT_THAT(fault(R"("actor")", R"("extra":{"a b":"c"},"actor")"), HasSubstr("a letter"));
    EXPECT_THAT(fault(R"("schema":1)", R"("schema":1,"schema":1)"),
                HasSubstr("'/schema' is given"));
    EXPECT_THAT(fault("\"c7\"", "7"), HasSubstr("'metadata/commandId' must be a text"));
    EXPECT_THAT(fault("\"c7\"", "\"\""), HasSubstr("'metadata/commandId' must be a text"));
    EXPECT_THAT(fault("a/b ü", ""), HasSubstr("'stream' must be a text"));
    EXPECT_THAT(fault("a/b ü", R"(a\nb)"), HasSubstr("'stream' must be a text"));
    EXPECT_THAT(fault("a/b ü", std::string(stream_bytes_max + 1, 'x')), HasSubstr("'stream' must"));
    for (const char* version : {"0", "-1", "1.5", "\"7\"", "1e300", "9007199254740993", "null"}) {
        EXPECT_THAT(fault(":7,", ":" + std::string(version) + ","),
                    HasSubstr("'version' must be a whole number"))
            << version;
    }
    for (const char* time : {"2023-11-14", "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.123+00:00",
                             "2023-11-31T22:13:20.123Z", "yesterday", ""}) {
        EXPECT_THAT(fault("2023-11-14T22:13:20.123Z", time), HasSubstr("'occurredOn' must"))
            << time;
    }
    EXPECT_THAT(fault(R"({"value":12.5})", "[]"), HasSubstr("'payload' must be an object"));
}

TEST(EventLine, RefusesWhatIsNoEvent) {
    EXPECT_THAT(read_event_line("").fault, HasSubstr("is not JSON"));
    EXPECT_THAT(read_event_line("stream,version").fault, HasSubstr("is not JSON"));
    EXPECT_THAT(read_event_line("[]").fault, HasSubstr("is not an event"));
    EXPECT_THAT(read_event_line("{\"a\":\"\xff\"}").fault, HasSubstr("is not JSON"));
}

}  // namespace
