#include "base/json.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <random>

namespace {

double parse_number(const std::string& text) {
    const auto parsed = json::parse(text);
    EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.error;
    EXPECT_NE(parsed.value.number(), nullptr);
    return parsed.value.number()->value;
}

TEST(Json, ReadsEachKindOfValue) {
    const auto parsed = json::parse(R"({"a":null,"b":true,"c":-1.5e3,"d":"\u00e4\n","e":[1,{}]})");
    ASSERT_TRUE(parsed.ok()) << parsed.error;
    EXPECT_TRUE(parsed.value.find("a")->is_null());
    EXPECT_TRUE(*parsed.value.find("b")->boolean());
    EXPECT_EQ(parsed.value.find("c")->number()->value, -1500);
    EXPECT_EQ(*parsed.value.find("d")->string(), "ä\n");
    EXPECT_EQ(parsed.value.find("e")->array()->size(), 2u);
    EXPECT_EQ(parsed.value.find("f"), nullptr);
}

TEST(Json, RefusesWhatIsNotJson) {
    for (const char* text : {"", "{", "{\"a\":}", "[1,]", "01", "1 2", "nul", "{'a':1}",
                             "\"\\ud800\"", "\"\x80\"", "// c\n1", "NaN", "\"a\nb\""}) {
        EXPECT_FALSE(json::parse(text).ok()) << text;
    }
}

TEST(Json, GivesAMembersTextAsItStandsThere) {
    const std::string text =
        R"( {"a" : 15.0,"b":"x\"}\\" , "p\u0061y":{"n": [1e+2, {"q":"]\\\""} ] },"c":null ,"e":[]} )";
    ASSERT_TRUE(json::parse(text).ok());
    EXPECT_EQ(json::raw_member(text, "a"), "15.0");
    EXPECT_EQ(json::raw_member(text, "b"), R"("x\"}\\")");
    EXPECT_EQ(json::raw_member(text, "pay"), R"({"n": [1e+2, {"q":"]\\\""} ] })");
    EXPECT_EQ(json::raw_member(text, "c"), "null");
    EXPECT_EQ(json::raw_member(text, "e"), "[]");
    for (const char* name : {"n", "q", "", "15.0", "d"}) {
        EXPECT_EQ(json::raw_member(text, name), std::nullopt) << name;
    }
    for (const char* other : {"{}", "[1]", "7", "\"a\"", " { } "}) {
        EXPECT_EQ(json::raw_member(other, "a"), std::nullopt) << other;
    }
}

TEST(Json, ReadsUpToOtherLimitsWhereTheyAreGiven) {
    const json::Limits wide{.depth = 40, .members = 200, .name_bytes = 1'000};
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(json::parse(nested(40), wide).ok());
    EXPECT_FALSE(json::parse(nested(41), wide).ok());
    std::string members = "{\"m0\":0";
    for (int i = 1; i < 200; ++i) members += ",\"m" + std::to_string(i) + "\":0";
    EXPECT_TRUE(json::parse(members + "}", wide).ok());
    EXPECT_FALSE(json::parse(members + ",\"x\":0}", wide).ok());
    EXPECT_TRUE(json::parse("{\"" + std::string(1'000, 'n') + "\":0}", wide).ok());
    EXPECT_FALSE(json::parse("{\"" + std::string(1'001, 'n') + "\":0}", wide).ok());
}

TEST(Json, RefusesNestingBeyondTheLimit) {
    const auto nested = [](int depth) {
        return std::string(static_cast<std::size_t>(depth), '[') +
               std::string(static_cast<std::size_t>(depth), ']');
    };
    EXPECT_TRUE(json::parse(nested(json::Limits{}.depth)).ok());
    EXPECT_FALSE(json::parse(nested(json::Limits{}.depth + 1)).ok());
}

TEST(Json, NamesDuplicateMembersAndKeepsTheFirst) {
    const auto parsed = json::parse(R"({"p":{"a/b":1,"a/b":2},"q":[{"x":1,"x":{"y":[]}}]})");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed.duplicates, (std::vector<std::string>{"/p/a~1b", "/q/0/x"}));
    EXPECT_EQ(parsed.value.find("p")->find("a/b")->number()->value, 1);
}

TEST(Json, NamesDuplicateMembersAmongVeryManyInGoodTime) {
    constexpr int members = 130'000;
    std::string text = "{";
    for (int i = 0; i < members; ++i) text += "\"" + std::to_string(i) + "\":1,";
    const auto began = std::chrono::steady_clock::now();
    const auto parsed =
        json::parse(text + R"("7":2,"99":2,"100":2,"129999":2})", {.members = 2 * members});
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(8));
    EXPECT_EQ(parsed.duplicates, (std::vector<std::string>{"/7", "/99", "/100", "/129999"}));
    EXPECT_EQ(parsed.value.object()->size(), std::size_t(members));
}

TEST(Json, RefusesWhatWouldCostFarMoreThanItsSize) {
    const auto object = [](std::size_t members, const char* name) {
        std::string text = "{";
        for (std::size_t i = 0; i < members; ++i) {
            text += (i == 0 ? "\"" : ",\"") + (name != nullptr ? name : std::to_string(i)) + "\":1";
        }
        return text + "}";
    };
    EXPECT_TRUE(json::parse(object(json::Limits{}.members, nullptr)).ok());
    EXPECT_FALSE(json::parse(object(json::Limits{}.members + 1, nullptr)).ok());
    EXPECT_FALSE(json::parse(object(json::Limits{}.members + 1, "same")).ok());
    EXPECT_FALSE(json::parse("[" + object(60, "a") + "," + object(60, "a") + "]").ok());
    const std::string name(json::Limits{}.name_bytes, 'n');
    EXPECT_TRUE(json::parse("{\"" + name + "\":1}").ok());
    EXPECT_FALSE(json::parse("{\"" + name + "n\":1}").ok());
}

TEST(Json, NoticesNumbersThatLoseTheirValue) {
    EXPECT_TRUE(json::parse("1e-400").value.number()->rounded_to_zero);
    EXPECT_TRUE(json::parse("-0.0001e-400").value.number()->rounded_to_zero);
    EXPECT_FALSE(json::parse("0e-400").value.number()->rounded_to_zero);
    EXPECT_FALSE(json::parse("0.000").value.number()->rounded_to_zero);
    EXPECT_TRUE(json::parse("1e400").value.number()->too_large);
    EXPECT_TRUE(json::parse("-1e+400").value.number()->too_large);
    EXPECT_FALSE(json::parse("1e-5").value.number()->rounded_to_zero);
    EXPECT_EQ(parse_number("1" + std::string(320, '0') + "e-320"), 1.0);
}

TEST(Json, NumbersReadBackExactly) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 200'000; ++i) {
        const std::uint64_t bits = random();
        double value = 0;
        std::memcpy(&value, &bits, sizeof value);
        if (!std::isfinite(value)) continue;
        EXPECT_EQ(parse_number(json::format_number(value)), value);
    }
    EXPECT_EQ(json::format_number(15), "15");
    EXPECT_EQ(json::format_number(0.1), "0.1");
}

TEST(Json, WritesNumbersAsJavaScriptDoes) {
    std::ifstream lines(GOLDEN_DIR "/numbers/javascript.txt");
    std::string bits;
    std::string expected;
    int count = 0;
    while (lines >> bits >> expected) {
        const std::uint64_t number = std::stoull(bits, nullptr, 16);
        double value = 0;
        std::memcpy(&value, &number, sizeof value);
        EXPECT_EQ(json::format_number(value), expected) << bits;
        ++count;
    }
    EXPECT_GT(count, 500);
    EXPECT_EQ(json::format_number(-0.0), "0");
}

TEST(Json, NeverChangesTheFormThatDigestsAreComputedOver) {
    EXPECT_EQ(json::format_digest_number(100000), "1e+05");
    EXPECT_EQ(json::format_digest_number(123456), "123456");
    EXPECT_EQ(json::format_digest_number(0.001), "0.001");
    EXPECT_EQ(json::format_digest_number(0.0001), "1e-04");
}

TEST(Json, WritesWhatItReads) {
    json::Writer out;
    out.begin_object()
        .member("text", "a\"\\\n\x01ä")
        .member("number", 0.5)
        .member("whole", std::int64_t{7});
    out.name("list").begin_array().null().boolean(true).begin_object().end_object().end_array();
    out.end_object();
    EXPECT_EQ(
        out.text(),
        "{\"text\":\"a\\\"\\\\\\n\\u0001ä\",\"number\":0.5,\"whole\":7,\"list\":[null,true,{}]}");
    EXPECT_TRUE(json::parse(out.text()).ok());
}

TEST(Json, AnEmptyStringElementStillNeedsACommaAfterIt) {
    json::Writer out;
    out.begin_array().string("").string("").string("{").string("[").end_array();
    EXPECT_EQ(out.text(), R"(["","","{","["])");
}

}  // namespace
