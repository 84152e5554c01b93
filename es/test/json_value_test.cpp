#include "es/testing/json_value.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace {

using es::testing::canonical_json;

TEST(JsonValue, IsTheSameHoweverItIsWritten) {
    EXPECT_EQ(canonical_json(R"({"b":1.50,"a":[true,null,"x"]})"),
              canonical_json(" { \"a\" : [ true , null , \"\\u0078\" ] , \"b\" : 15e-1 } "));
    EXPECT_EQ(canonical_json(R"("\ud83d\ude80 \u0000\n")"),
              canonical_json(std::string("\"\xf0\x9f\x9a\x80 ") + '\0' + "\n\""));
    EXPECT_EQ(canonical_json("1e+100"), canonical_json("1E100"));
}

TEST(JsonValue, DiffersWhereTheValueDoes) {
    EXPECT_NE(canonical_json("[1,2]"), canonical_json("[2,1]"));
    EXPECT_NE(canonical_json("[[1],2]"), canonical_json("[[1,2]]"));
    EXPECT_NE(canonical_json(R"({"a":1})"), canonical_json(R"({"a":"1"})"));
    EXPECT_NE(canonical_json("0.1"), canonical_json("0.10000000000000002"));
    EXPECT_NE(canonical_json("{}"), canonical_json("[]"));
}

TEST(JsonValue, OfWhatIsNoJsonIsRefused) {
    for (const char* text : {"", "{", "[1", "{\"a\"}", "1 2", "\"x", "nul", R"("\u12")"}) {
        EXPECT_THROW(static_cast<void>(canonical_json(text)), std::invalid_argument) << text;
    }
}

}  // namespace
