#include "transfer/row_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using ::testing::HasSubstr;

// The time in its text form, or what is wrong.
std::string read(std::string_view text, const transfer::TimeForms& forms = {}) {
    const auto row = transfer::read_row_time(text, forms);
    return row.time ? base::format_time(*row.time) : row.fault;
}
std::string read(std::string_view text, transfer::Digits digits) {
    return read(text, transfer::TimeForms{.digits = digits});
}

transfer::TimeForms in_order(transfer::DateOrder order) {
    return {.order = order};
}
transfer::TimeForms in_zone(const std::string& name) {
    return {.zone = transfer::Zone::named(name)};
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

TEST(RowTime, AMonthOfAYearReadsInOneWay) {
    for (const char* text : {"03/2024", "03.2024", "03-2024", "2024-03", "2024/03"}) {
        EXPECT_EQ(read(text), "2024-03-01T00:00:00.000Z") << text;
    }
    EXPECT_THAT(read("13/2024"), HasSubstr("is not a time"));
}

TEST(RowTime, ADateWithItsYearLastNamesBothReadingsAndTheOption) {
    EXPECT_EQ(read("03/04/2024"),
              "'03/04/2024' may be day/month or month/day (2024-04-03 or 2024-03-04); say which "
              "with --date-order dmy or --date-order mdy");
    for (const char* text : {"3.4.2024", "1-2-2024", "1/2/2024 10:00"}) {
        EXPECT_THAT(read(text), HasSubstr("day/month or month/day")) << text;
    }
    EXPECT_EQ(read("31/12/2024"),
              "'31/12/2024' has the day first; say that all dates do with --date-order dmy");
    EXPECT_EQ(read("12-31-2024"),
              "'12-31-2024' has the month first; say that all dates do with --date-order mdy");
    EXPECT_EQ(read("31/31/2024"), "'31/31/2024' is not a date");
    EXPECT_EQ(transfer::read_row_time("03/04/2024").option, "--date-order");
}

TEST(RowTime, ADateIsReadInTheOrderThatIsSaid) {
    using transfer::DateOrder;
    const auto dmy = in_order(DateOrder::dmy);
    const auto mdy = in_order(DateOrder::mdy);
    const auto ymd = in_order(DateOrder::ymd);
    for (const char* text : {"03/04/2024", "3.4.2024", "03-04-2024", "2024-04-03"}) {
        EXPECT_EQ(read(text, dmy), "2024-04-03T00:00:00.000Z") << text;
    }
    EXPECT_EQ(read("03/04/2024", mdy), "2024-03-04T00:00:00.000Z");
    EXPECT_EQ(read("2024-04-03", mdy), "2024-04-03T00:00:00.000Z");
    for (const char* text : {"2024/3/4", "2024.03.04", "2024-3-4"}) {
        EXPECT_EQ(read(text, ymd), "2024-03-04T00:00:00.000Z") << text;
        EXPECT_EQ(read(text).find("2024-03-04"), std::string::npos);
    }
    EXPECT_THAT(read("2024.3.4"), HasSubstr("say that the year is first with --date-order ymd"));
    EXPECT_THAT(read("04/31/2024", dmy), HasSubstr("is not a date"));
    EXPECT_EQ(read("03/31/2024", dmy),
              "'03/31/2024' is not a date in the order of --date-order dmy");
    for (const char* text : {"31.12.24", "3/4/24 10:00"}) {
        EXPECT_THAT(read(text, dmy), HasSubstr("a year of two digits; say what it means with "
                                               "--time-format"))
            << text;
        EXPECT_THAT(read(text), HasSubstr("a year of two digits")) << text;
    }
    for (const char* text :
         {"31/12.2024", "31/12/20245", "031/12/2024", "31/12/2024x", "31//2024"}) {
        EXPECT_EQ(read(text, dmy).find("2024-12-31"), std::string::npos) << text;
    }
}

TEST(RowTime, ATimeOfDayIsThatOfTheOffsetOrZone) {
    auto forms = in_order(transfer::DateOrder::mdy);
    forms.zone = transfer::Zone::of_offset("+02:00");
    EXPECT_EQ(read("3/31/2024 9:05", forms), "2024-03-31T07:05:00.000Z");
    EXPECT_EQ(read("3/31/2024 9:05:30 PM", forms), "2024-03-31T19:05:30.000Z");
    EXPECT_EQ(read("03/31/2024, 12:00 am", forms), "2024-03-30T22:00:00.000Z");
    EXPECT_EQ(read("2024-03-31T12:00:00,25", forms), "2024-03-31T10:00:00.250Z");
    EXPECT_EQ(read("2024-03-31 12:00", forms), "2024-03-31T10:00:00.000Z");
    EXPECT_EQ(read("2024-03-31 12:00Z", forms), "2024-03-31T12:00:00.000Z");
    EXPECT_EQ(read("3/31/2024 12:00 -0500", forms), "2024-03-31T17:00:00.000Z");
    EXPECT_EQ(read("1711843200", forms), "2024-03-31T00:00:00.000Z");
    for (const char* text : {"3/31/2024 24:00", "3/31/2024 9", "3/31/2024 13:00 PM",
                             "3/31/2024 9:5", "3/31/2024 9:05 CET", "3/31/2024 0:10 AM"}) {
        EXPECT_THAT(read(text, forms), HasSubstr("not a date")) << text;
    }
    EXPECT_EQ(read("2024-03-31 12:00", in_zone("Europe/Berlin")), "2024-03-31T10:00:00.000Z");
    EXPECT_EQ(read("2024-03-30 12:00", in_zone("Europe/Berlin")), "2024-03-30T11:00:00.000Z");
    EXPECT_EQ(read("2024-03-30 12:00", in_zone("UTC")), "2024-03-30T12:00:00.000Z");
}

TEST(RowTime, ADayBeginsAtMidnightOfTheZone) {
    const auto berlin = in_zone("Europe/Berlin");
    EXPECT_EQ(read("2024-03-31", berlin), "2024-03-30T23:00:00.000Z");
    EXPECT_EQ(read("2024-04-01", berlin), "2024-03-31T22:00:00.000Z");
    EXPECT_EQ(read("2024-07", berlin), "2024-06-30T22:00:00.000Z");
    EXPECT_EQ(read("2024", berlin), "2023-12-31T23:00:00.000Z");
    auto digits = berlin;
    digits.digits = transfer::Digits::calendar;
    EXPECT_EQ(read("20240401", digits), "2024-03-31T22:00:00.000Z");
    EXPECT_EQ(read("202404011200", digits), "2024-04-01T10:00:00.000Z");
    EXPECT_EQ(read("0001-01-01", {.zone = transfer::Zone::of_offset("+02:00")}),
              "'0001-01-01' lies outside the years 1 to 9999");
}

TEST(RowTime, AnHourThatIsDoubledOrLeftOutIsRefusedByName) {
    const auto berlin = in_zone("Europe/Berlin");
    EXPECT_THAT(read("2024-10-27 02:30", berlin),
                HasSubstr("'2024-10-27 02:30' was there twice in Europe/Berlin, where clocks were "
                          "put back (2024-10-27T00:30:00.000Z and 2024-10-27T01:30:00.000Z); write "
                          "an offset into such a time"));
    EXPECT_THAT(read("2024-03-31 02:30", berlin),
                HasSubstr("'2024-03-31 02:30' does not exist in Europe/Berlin, where clocks were "
                          "put forward over it; write an offset"));
    EXPECT_EQ(read("2024-10-27 02:30+01:00", berlin), "2024-10-27T01:30:00.000Z");
    EXPECT_EQ(read("2024-10-27 03:00", berlin), "2024-10-27T02:00:00.000Z");
    EXPECT_EQ(read("2024-03-31 03:00", berlin), "2024-03-31T01:00:00.000Z");
    EXPECT_EQ(read("2011-12-30", in_zone("Pacific/Apia")),
              "'2011-12-30' was left out in Pacific/Apia");
}

TEST(RowTime, OnlyTheFormIsReadThatIsSaid) {
    const transfer::TimeForms forms{.format = transfer::TimeFormat("%d. %b %Y")};
    EXPECT_EQ(read("31. Mar 2024", forms), "2024-03-31T00:00:00.000Z");
    EXPECT_EQ(read("2024-03-31", forms),
              "'2024-03-31' is not a time of the form '%d. %b %Y' (--time-format)");
}

TEST(RowTime, ATimeOfDayWithoutAnOffsetIsRefused) {
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
    for (const char* text :
         {"2024-13", "2024-00", "2023-02-29", "2024-Q5", "2024Q0", "Q1", "2024-", "-2024",
          "2024-03-31T25:00:00Z", "now", "1e9", "/", "1/", "1/2", "1711843200.5", "2024-W13"}) {
        EXPECT_THAT(read(text), HasSubstr("is not a time")) << text;
    }
    EXPECT_THAT(read(std::string(1000, 'x')), ::testing::SizeIs(::testing::Lt(200)));
}

}  // namespace
