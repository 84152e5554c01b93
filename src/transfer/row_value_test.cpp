#include "transfer/row_value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/json.hpp"

namespace {

using namespace transfer;
using ::testing::HasSubstr;

// The number in its text form, or what is wrong.
std::string read(std::string_view text, DecimalSign sign) {
    const RowValue row = read_row_value(text, sign);
    return row.fault.empty() ? json::format_number(row.value) : row.fault;
}

// What the values show: the sign, or the doubt.
std::string signs_of(const std::vector<std::string>& values) {
    DecimalSigns signs;
    for (std::size_t i = 0; i < values.size(); ++i) signs.look_at(i + 2, values[i]);
    if (!signs.doubt().empty()) return signs.doubt();
    return signs.sign() == DecimalSign::point ? "point" : "unknown";
}

TEST(RowValue, ADecimalCommaMakesPointsGroupThousands) {
    const auto comma = [](std::string_view text) { return read(text, DecimalSign::comma); };
    EXPECT_EQ(comma("-1.000"), "-1000");
    EXPECT_EQ(comma("-236,48"), "-236.48");
    EXPECT_EQ(comma("1.234,56"), "1234.56");
    EXPECT_EQ(comma("1.234.567"), "1234567");
    EXPECT_EQ(comma("1'234,56"), "1234.56");
    EXPECT_EQ(comma("1’234"), "1234");
    EXPECT_EQ(comma("1 234,56"), "1234.56");
    EXPECT_EQ(comma("1\u00a0234,56"), "1234.56");
    EXPECT_EQ(comma("-1\u202f234\u202f567,8"), "-1234567.8");
    EXPECT_EQ(comma("\u202f0,125\u00a0"), "0.125");
    EXPECT_EQ(comma("12"), "12");
    EXPECT_EQ(comma("1,5e3"), "1500");
    for (const char* text :
         {"1.5", "1.23", "1.2345", "1,234.5", "1.000,000,0", "1.234'567", "12.34.567", "1234.567",
          ".000", "1.000 €", "1,2,3", "12 %", "€1,5", "(1,5)", "1,5-", "0x1"}) {
        EXPECT_THAT(comma(text), HasSubstr("is not a number such as 1.234,5")) << text;
    }
}

TEST(RowValue, ADecimalPointMakesCommasGroupThousands) {
    const auto point = [](std::string_view text) { return read(text, DecimalSign::point); };
    EXPECT_EQ(point("-1.000"), "-1");
    EXPECT_EQ(point("1,234"), "1234");
    EXPECT_EQ(point("1,234.56"), "1234.56");
    EXPECT_EQ(point("1'234.56"), "1234.56");
    EXPECT_EQ(point("1\u202f234.56"), "1234.56");
    EXPECT_EQ(point("-12,345,678"), "-12345678");
    EXPECT_EQ(point("1234.5"), "1234.5");
    EXPECT_EQ(point("-1e3"), "-1000");
    for (const char* text :
         {"1,23", "1.234,5", "12,34,567", "1,234,5", "$1,234", "1.2.3", ",5", "--1"}) {
        EXPECT_THAT(point(text), HasSubstr("is not a number such as 1,234.5")) << text;
    }
    EXPECT_THAT(point("nan"), HasSubstr("not a finite number"));
    EXPECT_THAT(point("1e400"), HasSubstr("beyond what a number can hold"));
    EXPECT_THAT(point(" "), HasSubstr("the value is missing; --skip-blank"));
    EXPECT_TRUE(is_blank(" \u00a0\t"));
    EXPECT_FALSE(is_blank("0"));
}

TEST(RowValue, WithoutASignOnlyWhatReadsInOneWayIsTaken) {
    const auto unknown = [](std::string_view text) { return read(text, DecimalSign::unknown); };
    EXPECT_EQ(unknown("1234.5"), "1234.5");
    EXPECT_EQ(unknown("-0.125"), "-0.125");
    EXPECT_EQ(unknown("12"), "12");
    for (const char* text : {"1.000", "-12.345"}) {
        EXPECT_THAT(unknown(text), HasSubstr("may be a fraction or thousands; say which sign"))
            << text;
    }
    for (const char* text : {"1,234", "1,5", "1 234", "1'234.5", "1.234.567"}) {
        EXPECT_THAT(unknown(text), HasSubstr("is not a number such as 1234.5; if it is one, say"))
            << text;
    }
    for (const char* text : {"12 %", "€ 5", "n/a", "1.2.3", "0x10"}) {
        EXPECT_THAT(unknown(text), ::testing::EndsWith("is not a number such as 1234.5")) << text;
    }
}

TEST(DecimalSigns, AreShownByAValueThatReadsInOneWay) {
    EXPECT_EQ(signs_of({"1", "-2", "n/a", "1e5", "see, above", "."}), "unknown");
    EXPECT_EQ(signs_of({"1.000", "0.5"}), "point");
    EXPECT_EQ(signs_of({"1.000", "1234.567"}), "point");
    EXPECT_EQ(signs_of({"1.000", "12.5 %"}), "point");
    EXPECT_EQ(signs_of({"1.000", "0.125"}), "point");
    EXPECT_EQ(signs_of({"1,5", "2"}), "unknown");  // each such row is refused
    EXPECT_EQ(signs_of({"31.12.2024", "1"}), "unknown");
}

TEST(DecimalSigns, AreInDoubtWhenAValueMayBeAThousandTimesLarger) {
    EXPECT_THAT(signs_of({"-236,48", "-1.000"}),
                HasSubstr("both signs, '-236,48' in line 2 and '-1.000' in line 3; say which"));
    EXPECT_THAT(signs_of({"12.5", "1,234"}), HasSubstr("both signs"));
    EXPECT_THAT(signs_of({"1", "1.234,56"}), HasSubstr("'1.234,56' in line 3 has both signs"));
    EXPECT_THAT(signs_of({"€ 1.000", "3,50 €"}), HasSubstr("both signs"));
    EXPECT_THAT(signs_of({"5", "1.000"}),
                HasSubstr("'1.000' in line 3 may be a fraction or thousands; say which"));
    EXPECT_THAT(signs_of({"12.345 €"}), HasSubstr("may be a fraction or thousands"));
    EXPECT_THAT(signs_of({"1.234.567", "0.5"}), HasSubstr("has several points"));
}

}  // namespace
