#include "transfer/time_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time.hpp"
#include "es/errors.hpp"

namespace {

using ::testing::HasSubstr;
using transfer::TimeFormat;

// "2024-03-31", "2024-03-31 09:05:00.000", either with "+120" (minutes); "none".
std::string read(const char* form, const char* text) {
    const auto local = TimeFormat(form).read(text);
    if (!local) return "none";
    const base::TimePoint day{std::chrono::sys_days(local->date)};
    std::string result = base::format_time(day).substr(0, 10);
    if (local->time_of_day) {
        result += " " + base::format_time(day + *local->time_of_day).substr(11, 12);
    }
    if (local->offset) result += "+" + std::to_string(local->offset->count());
    return result;
}

std::string refusal(const char* form) {
    try {
        TimeFormat given{form};
        return "taken";
    } catch (const es::Unusable& error) {
        return error.what();
    }
}

TEST(TimeFormat, ReadsDates) {
    EXPECT_EQ(read("%d.%m.%Y", "31.3.2024"), "2024-03-31");
    EXPECT_EQ(read("%m/%d/%y", "03/31/24"), "2024-03-31");
    EXPECT_EQ(read("%y", "69"), "1969-01-01");
    EXPECT_EQ(read("%y", "68"), "2068-01-01");
    EXPECT_EQ(read("%d-%b-%Y", "31-MAR-2024"), "2024-03-31");
    EXPECT_EQ(read("%B %e, %Y", "march  3, 2024"), "2024-03-03");
    EXPECT_EQ(read("%B %Y", "May 2024"), "2024-05-01");
    EXPECT_EQ(read("%b-%y", "Mar-24"), "2024-03-01");
    EXPECT_EQ(read("%Y%m%d", "20240331"), "2024-03-31");
    EXPECT_EQ(read("%F", "2024-02-29"), "2024-02-29");
    EXPECT_EQ(read("%YM%m", "2024M03"), "2024-03-01");
    EXPECT_EQ(read("Q%q/%Y", "Q3/2024"), "2024-07-01");
    EXPECT_EQ(read("%Y-%j", "2024-366"), "2024-12-31");
    EXPECT_EQ(read("%Y-%j", "2023-366"), "none");
    EXPECT_EQ(read("%a, %d %b %Y", "Sun, 31 Mar 2024"), "2024-03-31");
    EXPECT_EQ(read("100%% %Y", "100% 2024"), "2024-01-01");
}

TEST(TimeFormat, ReadsWeeksOfIso8601) {
    EXPECT_EQ(read("%G-W%V", "2024-W01"), "2024-01-01");
    EXPECT_EQ(read("%G-W%V", "2021-W01"), "2021-01-04");
    EXPECT_EQ(read("%G-W%V", "2020-W53"), "2020-12-28");
    EXPECT_EQ(read("%G-W%V", "2021-W53"), "none");
    EXPECT_EQ(read("%G-W%V-%u", "2024-W13-7"), "2024-03-31");
    EXPECT_EQ(read("%G-W%V-%u", "2024-W13-8"), "none");
}

TEST(TimeFormat, ReadsTimesOfDay) {
    EXPECT_EQ(read("%F %H:%M", "2024-03-31 09:05"), "2024-03-31 09:05:00.000");
    EXPECT_EQ(read("%F %T", "2024-03-31 9:05:07.25"), "2024-03-31 09:05:07.250");
    EXPECT_EQ(read("%m/%d/%Y %I:%M %p", "3/31/2024 12:05 am"), "2024-03-31 00:05:00.000");
    EXPECT_EQ(read("%m/%d/%Y %I:%M %p", "3/31/2024 12:05 PM"), "2024-03-31 12:05:00.000");
    EXPECT_EQ(read("%FT%T%z", "2024-03-31T09:05:07+0200"), "2024-03-31 09:05:07.000+120");
    EXPECT_EQ(read("%FT%H%z", "2024-03-31T09Z"), "2024-03-31 09:00:00.000+0");
    EXPECT_EQ(read("@%s", "@1711843207"), "2024-03-31 00:00:07.000+0");
    EXPECT_EQ(read("%s", "253402300800"), "none");
    for (const char* text :
         {"2024-03-31 24:00", "2024-03-31 09:60", "2024-03-31 09", "2024-03-31"}) {
        EXPECT_EQ(read("%F %H:%M", text), "none") << text;
    }
}

TEST(TimeFormat, TakesNothingElse) {
    for (const char* text : {"31.02.2024", "00.01.2024", "31.13.2024", "31.12.24", "31.12.0000",
                             "31.12.20245", "x31.12.2024", "31.12.2024 ", "31/12/2024", ""}) {
        EXPECT_EQ(read("%d.%m.%Y", text), "none") << text;
    }
}

TEST(TimeFormat, NamesWhatIsWrongWithAForm) {
    EXPECT_THAT(refusal("%d.%m.%x"), HasSubstr("has '%x', which is not known; known are %Y %y"));
    EXPECT_THAT(refusal("%Y %Z"), HasSubstr("has '%Z', which is not known"));
    EXPECT_THAT(refusal("%Y%"), HasSubstr("ends with a single %"));
    EXPECT_THAT(refusal(""), HasSubstr("has no year (%Y)"));
    EXPECT_THAT(refusal("%d.%m"), HasSubstr("has no year (%Y)"));
    EXPECT_THAT(refusal("%Y %y"), HasSubstr("says what %y means more than once"));
    EXPECT_THAT(refusal("%Y %d"), HasSubstr("a day without a month"));
    EXPECT_THAT(refusal("%Y %m %q"), HasSubstr("more than one of month, quarter and %j"));
    EXPECT_THAT(refusal("%G"), HasSubstr("a week without %G and %V"));
    EXPECT_THAT(refusal("%G %V %m"), HasSubstr("both a week and another date"));
    EXPECT_THAT(refusal("%F %M"), HasSubstr("minutes or seconds without"));
    EXPECT_THAT(refusal("%F %I:%M"), HasSubstr("one of %I and %p without the other"));
    EXPECT_THAT(refusal("%F %H:%M %p"), HasSubstr("one of %I and %p without the other"));
    EXPECT_THAT(refusal("%s %Y"), HasSubstr("has %s, which says all, and more"));
    EXPECT_THAT(refusal("%Z"), HasSubstr("--time-format '%Z' has"));
}

}  // namespace
