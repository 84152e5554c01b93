// Events as items of the table, ours and the original's (test/golden/original).
#include "es/dynamodb/item.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/time.hpp"
#include "es/errors.hpp"

namespace es::dynamodb {
namespace {

using ::testing::HasSubstr;

json::Value parse(const std::string& text) {
    json::Parsed parsed = json::parse(text, reply_limits);
    EXPECT_TRUE(parsed.ok()) << parsed.error << ": " << text;
    return std::move(parsed.value);
}

std::string golden(const std::string& name) {
    std::ifstream file(std::filesystem::path(GOLDEN_DIR) / "original" / name);
    EXPECT_TRUE(file) << name;
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

es::RecordedEvent event() {
    es::RecordedEvent event;
    event.stream = "Größe \"1\"";
    event.version = 12;
    event.occurred_on = *base::parse_time("2026-11-25T08:00:00.123Z", {});
    event.type = "MetricValueUpdated";
    event.schema = 3;
    event.payload = R"({"observedAt":"2026-11-25T00:00:00.000Z","value":12.5})";
    event.metadata = {"command", "key", "digest", "Ada"};
    return event;
}

std::string written(const es::RecordedEvent& event) {
    json::Writer out;
    write_item(event, "append-1", out);
    return out.take();
}

es::RecordedEvent read_back(const es::RecordedEvent& event) {
    return read_item(parse(written(event)));
}

std::string payload_back(const std::string& payload) {
    auto one = event();
    one.payload = payload;
    return read_back(one).payload;
}

TEST(Item, AnEventReadsBackAsItWas) {
    EXPECT_EQ(read_back(event()), event());
    auto bare = event();
    bare.metadata = {};
    EXPECT_EQ(read_back(bare), bare);
}

TEST(Item, HasTheFormOfTheContract) {
    auto one = event();
    one.stream = "users";
    one.metadata = {.command_id = "c", .idempotency_key = {}, .digest = {}, .actor = "Ada"};
    one.payload = R"({"value":0.1})";
    EXPECT_EQ(
        written(one),
        R"({"aggregateId":{"S":"users"},"order":{"N":"12"},"name":{"S":"MetricValueUpdated"},)"
        R"("occurredOn":{"S":"2026-11-25T08:00:00.123Z"},"payload":{"M":{"value":{"N":"0.1"}}},)"
        R"("metadata":{"M":{"schema":{"N":"3"},"commandId":{"S":"c"},"actor":{"S":"Ada"},)"
        R"("append":{"S":"append-1"}}}})");
}

TEST(Item, CarriesTheMarkOfItsAppend) {
    EXPECT_EQ(append_id_in(parse(written(event()))), "append-1");
    EXPECT_EQ(append_id_in(parse(golden("MetricCreated.json"))), "");
}

TEST(Item, ReadsWhatTheOriginalWrote) {
    const auto created = read_item(parse(golden("MetricCreated.json")));
    EXPECT_EQ(created.stream, "f4a8b6de-0a4e-4f50-9f4c-0f0e3b9a7f11");
    EXPECT_EQ(created.version, 1);
    EXPECT_EQ(created.type, "MetricCreated");
    EXPECT_EQ(created.schema, 1);
    EXPECT_EQ(base::format_time(created.occurred_on), "2023-09-01T10:00:00.000Z");
    EXPECT_EQ(created.metadata, es::Metadata{});
    EXPECT_EQ(created.payload,
              R"({"deadline":"2023-12-31T00:00:00.000Z","description":"Registered users",)"
              R"("name":"Users","target":15,"unit":"users"})");
    for (const char* name : {"MetricDetailsUpdated.json", "MetricTargetUpdated.json",
                             "MetricDeadlineUpdated.json", "MetricValueUpdated.json"}) {
        const auto read = read_item(parse(golden(name)));
        EXPECT_EQ(read.type + ".json", name);
        EXPECT_GT(read.version, 1);
    }
}

TEST(Item, KeepsEveryKindOfJsonValue) {
    for (const char* payload : {
             R"({})",
             R"({"":""})",
             R"({"a":null,"b":true,"c":false,"d":[],"e":{},"f":[1,[2,{"x":"y"}]]})",
             R"({"a":1e-100,"b":1e+100,"c":-1e+100,"d":0.1,"e":9007199254740992})",
             "{\"text\":\"\xf0\x9f\x9a\x80 \\\"quoted\\\" \\\\ \\n \\u0000\"}",
         }) {
        EXPECT_EQ(payload_back(payload), payload);
    }
}

TEST(Item, GivesMembersInOrderAndNumbersInTheirShortestForm) {
    EXPECT_EQ(payload_back(R"({"b": 15.0, "a": {"z": 1E1, "y": 0.10}})"),
              R"({"a":{"y":0.1,"z":10},"b":15})");
    auto item = parse(R"({"aggregateId":{"S":"s"},"order":{"N":"1"},"name":{"S":"T"},
        "occurredOn":{"S":"2023-09-01T10:00:00.000Z"},
        "payload":{"M":{"x":{"N":"1E+100"},"w":{"N":"12300.00"}}}})");
    EXPECT_EQ(read_item(item).payload, R"({"w":12300,"x":1e+100})");
}

TEST(Item, KeepsPayloadsAsDeepAsJsonMayBe) {
    std::string payload = "1";
    for (int i = 0; i < json::Limits{}.depth; ++i) payload = R"({"a":)" + payload + "}";
    EXPECT_EQ(payload_back(payload), payload);
}

TEST(Item, RefusesPayloadsThatATableCannotHold) {
    for (const char* payload : {"", "[]", "{", R"({"a":1e400})", R"({"a":1e-400})"}) {
        auto one = event();
        one.payload = payload;
        EXPECT_THROW(written(one), es::Corrupt) << payload;
    }
}

// The item with one attribute exchanged for another text ("" for none), read.
std::string fault_with(const std::string& attribute, const std::string& value) {
    const std::vector<std::pair<std::string, std::string>> attributes{
        {"aggregateId", R"({"S":"s"})"}, {"order", R"({"N":"1"})"},
        {"name", R"({"S":"T"})"},        {"occurredOn", R"({"S":"2023-09-01T10:00:00.000Z"})"},
        {"payload", R"({"M":{}})"},      {"metadata", R"({"M":{"schema":{"N":"1"}}})"},
    };
    json::Writer out;
    out.begin_object();
    for (const auto& [name, usual] : attributes) {
        const std::string& text = name == attribute ? value : usual;
        if (!text.empty()) out.name(name).raw(text);
    }
    out.end_object();
    try {
        static_cast<void>(read_item(parse(out.text())));
    } catch (const es::Corrupt& error) {
        return error.what();
    }
    return "none";
}

TEST(Item, NamesTheAttributeThatIsMissingOrOdd) {
    EXPECT_EQ(fault_with("metadata", ""), "none");
    for (const char* name : {"aggregateId", "order", "name", "occurredOn", "payload"}) {
        EXPECT_EQ(fault_with(name, ""), "attribute '" + std::string(name) + "' is missing");
        EXPECT_THAT(fault_with(name, R"({"BOOL":true})"), HasSubstr(name));
        EXPECT_THAT(fault_with(name, R"("text")"), HasSubstr(name));
    }
    for (const char* order : {"0", "-1", "1.5", "", "x", "99999999999999999999"}) {
        EXPECT_EQ(fault_with("order", "{\"N\":\"" + std::string(order) + "\"}"),
                  "attribute 'order' is no whole number from 1 on");
    }
    EXPECT_EQ(fault_with("occurredOn", R"({"S":"yesterday"})"),
              "attribute 'occurredOn' is no time");
    EXPECT_EQ(fault_with("payload", R"({"L":[]})"), "attribute 'payload' is no map");
    EXPECT_EQ(fault_with("payload", R"({"M":{"a":{"L":[{"SS":["x"]}]}}})"),
              "attribute 'payload/a/0' has a type that JSON does not have");
    EXPECT_EQ(fault_with("payload", R"({"M":{"a":{"N":"1e999"}}})"),
              "attribute 'payload/a' is a number that no double holds");
    EXPECT_EQ(fault_with("metadata", R"({"S":"x"})"), "attribute 'metadata' is no map");
    EXPECT_EQ(fault_with("metadata", R"({"M":{}})"),
              "attribute 'metadata/schema' is no whole number from 1 on");
    EXPECT_EQ(fault_with("metadata", R"({"M":{"schema":{"N":"1"},"key":{"N":"1"}}})"),
              "attribute 'metadata/key' is no text");
}

}  // namespace
}  // namespace es::dynamodb
