#include "base/json_members.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

const json::Value& sample() {
    static const json::Value value =
        json::parse(R"({"text":"a","number":7,"flag":false,"list":[1],"null":null})").value;
    return value;
}

TEST(JsonMembers, GivesAMemberOfItsTypeAlone) {
    EXPECT_EQ(*json::member<std::string>(sample(), "text"), "a");
    EXPECT_EQ(json::member<json::Number>(sample(), "number")->value, 7);
    EXPECT_FALSE(*json::member<bool>(sample(), "flag"));
    EXPECT_EQ(json::member<json::Array>(sample(), "list")->size(), 1U);
    EXPECT_EQ(json::member<std::string>(sample(), "number"), nullptr);
    EXPECT_EQ(json::member<std::string>(sample(), "other"), nullptr);
    EXPECT_EQ(json::member<std::string>(json::Value(), "text"), nullptr);
    EXPECT_EQ(json::text_or_empty(sample(), "text"), "a");
    EXPECT_EQ(json::text_or_empty(sample(), "flag"), "");
}

TEST(JsonMembers, APolicyHearsOfEachFaultOnce) {
    std::vector<std::string> faults;
    const json::MemberReader members(sample(), [&](std::string_view name, std::string_view wanted) {
        faults.push_back(std::string(name) + ": " + std::string(wanted));
    });
    EXPECT_EQ(members.require<std::string>("other"), nullptr);
    EXPECT_EQ(members.require<std::string>("number"), nullptr);
    EXPECT_EQ(members.find<std::string>("other"), nullptr);
    EXPECT_EQ(members.find<json::Members>("list"), nullptr);
    EXPECT_EQ(members.find<bool>("null"), nullptr);
    EXPECT_NE(members.require<json::Value>("null"), nullptr);
    EXPECT_EQ(faults, (std::vector<std::string>{"other: ", "number: a text", "list: an object",
                                                "null: true or false"}));
}

TEST(JsonMembers, APolicyMayThrow) {
    const json::MemberReader members(sample(), [](std::string_view name, std::string_view) {
        throw std::runtime_error(std::string(name));
    });
    EXPECT_EQ(*members.require<std::string>("text"), "a");
    EXPECT_THROW(static_cast<void>(members.require<std::string>("flag")), std::runtime_error);
}

TEST(JsonMembers, AWholeNumberIsOneFromOneToItsLargest) {
    const auto whole = [](const char* text) {
        return json::whole_number(json::parse(text).value.number(), 9);
    };
    EXPECT_EQ(whole("1"), 1);
    EXPECT_EQ(whole("9"), 9);
    for (const char* text : {"0", "-1", "10", "1.5", "1e400", "\"1\"", "null"}) {
        EXPECT_EQ(whole(text), std::nullopt) << text;
    }
}

}  // namespace
