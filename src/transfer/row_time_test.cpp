#include "transfer/row_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using ::testing::HasSubstr;

// The time in its text form, or what is wrong.
std::string read(std::string_view text, transfer::Digits digits = transfer::Digits::unknown) {
    const auto row = transfer::read_row_time(text, digits);
    return row.time ? base::format_time(*row.time) : row.fault;
}

TEST(RowTime, APeriodMeansItsStart) {
    EXPECT_EQ(read("2024"), "2024-01-01T00:00:00.000Z");
    for (const char* quarter : {"2024-Q2", "2024Q2", "2024 Q2", "Q2 2024", "q2-2024"}) {
        EXPECT_EQ(read(quarter), "2024-04-01T00:00:00.000Z") << quarter;
    }
    EXPECT_EQ(read("2024-Q1"), "2024-01-01T00:00:00.000Z");
    EXPECT_EQ(read("2024Q4"), "2024-10-01T00:00:00.000Z");
    EXPECT_EQ(read("2024-03"), "2024-03-01T00:00:00.000Z");
    EXPECT_EQ(read("2024/03"), "2024-03-01T00:00:00.000Z");
    EXPECT_EQ(read("2024-02-29"), "2024-02-29T00:00:00.000Z");
    EXPECT_EQ(read(" 2024/03/31\t"), "2024-03-31T00:00:00.000Z");
}

TEST(RowTime, AnInstantIsTakenAsItIs) {
    EXPECT_EQ(read("2024-03-31T12:30:00Z"), "2024-03-31T12:30:00.000Z");
    EXPECT_EQ(read("2024-03-31 12:30:00.5+02:00"), "2024-03-31T10:30:00.500Z");
    EXPECT_EQ(read("1711843200"), "2024-03-31T00:00:00.000Z");
    EXPECT_EQ(read("1711843200123"), "2024-03-31T00:00:00.123Z");
    EXPECT_EQ(read("100000000"), "1973-03-03T09:46:40.000Z");
    EXPECT_EQ(read("100000000000"), "1973-03-03T09:46:40.000Z");
}

TEST(RowTime, WhatTwoPeopleReadDifferentlyIsRefused) {
    for (const char* text :
         {"03/04/2024", "31/12/2024", "3.4.24", "12-31-2024", "1/2/2024 10:00"}) {
        EXPECT_THAT(read(text), HasSubstr("month/day or day/month")) << text;
    }
    EXPECT_THAT(read("2024-03-31T12:00:00"), HasSubstr("has no offset"));
    EXPECT_THAT(read("2024-03-31 12:00"), HasSubstr("has no offset"));
    for (const char* digits : {"20241331", "202403", "86400", "1", "171184320012345"}) {
        EXPECT_THAT(read(digits), HasSubstr("neither a year")) << digits;
    }
}

// They would land in 1970, 1976, 2034 or 2611.
TEST(RowTime, DigitsThatReadAsADateAndATimeAreRefused) {
    for (const auto& [digits, date] : {std::pair{"20240331", "2024-03-31"},
                                       {"2024022400", "2024-02-24 00 h"},
                                       {"202402240010", "2024-02-24 00:10"},
                                       {"199912312359", "1999-12-31 23:59"},
                                       {"165901010000", "1659-01-01 00:00"},
                                       {"202402242400", "2024-02-24 24:00"},
                                       {"202402300000", "2024-02-30 00:00"},
                                       {"20240224001059", "2024-02-24 00:10:59"}}) {
        EXPECT_THAT(read(digits),
                    HasSubstr(std::string(" may be ") + date + " or a time since 1970"))
            << digits;
        EXPECT_THAT(read(digits), HasSubstr("--digits calendar")) << digits;
    }
    // A time of November 2023 is no date of the year 1701.
    EXPECT_EQ(read("1701011500"), "2023-11-26T15:11:40.000Z");
    EXPECT_EQ(read("202413240010"), "1976-05-31T17:54:00.010Z");
}

TEST(RowTime, DigitsMeanWhatIsSaid) {
    using transfer::Digits;
    EXPECT_EQ(read("2024", Digits::calendar), "2024-01-01T00:00:00.000Z");
    EXPECT_EQ(read("202403", Digits::calendar), "2024-03-01T00:00:00.000Z");
    EXPECT_EQ(read("20240331", Digits::calendar), "2024-03-31T00:00:00.000Z");
    EXPECT_EQ(read("2024033113", Digits::calendar), "2024-03-31T13:00:00.000Z");
    EXPECT_EQ(read("202402240010", Digits::calendar), "2024-02-24T00:10:00.000Z");
    EXPECT_EQ(read("20240224001059", Digits::calendar), "2024-02-24T00:10:59.000Z");
    for (const char* text :
         {"20240230", "202402242400", "1711843200", "1711843200123", "12", "2024033"}) {
        EXPECT_THAT(read(text, Digits::calendar), HasSubstr("is not a date and time")) << text;
    }
    EXPECT_EQ(read("2024", Digits::seconds), "1970-01-01T00:33:44.000Z");
    EXPECT_EQ(read("1711843200", Digits::seconds), "2024-03-31T00:00:00.000Z");
    EXPECT_EQ(read("202402240010", Digits::milliseconds), "1976-05-31T14:50:40.010Z");
    EXPECT_EQ(read("1711843200123456", Digits::microseconds), "2024-03-31T00:00:00.123Z");
    for (const auto unit : {Digits::seconds, Digits::milliseconds, Digits::microseconds}) {
        EXPECT_THAT(read("99999999999999999999", unit), HasSubstr("beyond the year 9999"));
        EXPECT_THAT(read("999999999999999999", unit), HasSubstr("beyond the year 9999"));
        EXPECT_EQ(read("2024-03-31", unit), "2024-03-31T00:00:00.000Z");
    }
}

TEST(RowTime, WhatIsNoTimeIsNamed) {
    EXPECT_EQ(read("  "), "the time is missing");
    EXPECT_THAT(read("0000"), HasSubstr("not a year"));
    for (const char* text : {"2024-13", "2024-00", "2023-02-29", "2024-Q5", "2024Q0", "Q1", "2024-",
                             "2024-3-1", "-2024", "2024-03-31T25:00:00Z", "now", "1e9", "/", "1/",
                             "1/2", "1711843200.5", "2024-W13"}) {
        EXPECT_THAT(read(text), HasSubstr("is not a time")) << text;
    }
    EXPECT_THAT(read(std::string(1000, 'x')), ::testing::SizeIs(::testing::Lt(200)));
}

}  // namespace
