#include "transfer/zone.hpp"

#include <gtest/gtest.h>

namespace {

using transfer::Zone;

Zone named(const char* name) {
    return Zone::named(name).value();
}

Zone::LocalMs local(const char* text) {
    const auto time = base::parse_time(std::string(text) + "Z", base::DateAlone::start_of_day);
    return Zone::LocalMs(time.value().time_since_epoch());
}

std::string at(const Zone& zone, const char* text) {
    const auto instants = zone.instants_of(local(text));
    std::string result = std::to_string(instants.count) + " " + base::format_time(instants.first);
    return instants.count == 2 ? result + " " + base::format_time(instants.second) : result;
}

std::string start_of(const Zone& zone, int year, unsigned month, unsigned day) {
    using namespace std::chrono;
    const auto start = zone.start_of(local_days(
        year_month_day(std::chrono::year(year), std::chrono::month(month), std::chrono::day(day))));
    return start ? base::format_time(*start) : "none";
}

TEST(Zone, AnOffsetHoldsAllYear) {
    for (const char* text : {"+02:00", "+0200", "+02"}) {
        const auto zone = Zone::of_offset(text);
        ASSERT_TRUE(zone) << text;
        EXPECT_EQ(at(*zone, "2024-03-31T02:30:00"), "1 2024-03-31T00:30:00.000Z");
        EXPECT_EQ(start_of(*zone, 2024, 7, 1), "2024-06-30T22:00:00.000Z");
    }
    EXPECT_EQ(at(Zone::of_offset("-03:30").value(), "2024-01-01T00:00:00"),
              "1 2024-01-01T03:30:00.000Z");
    EXPECT_EQ(at(Zone::of_offset("Z").value(), "2024-01-01T00:00:00"),
              "1 2024-01-01T00:00:00.000Z");
    for (const char* text :
         {"", "2", "02:00", "+2", "+14:01", "-15:00", "+02:60", "+02:00 ", "CET"}) {
        EXPECT_FALSE(Zone::of_offset(text)) << text;
    }
}

TEST(Zone, EachDateHasTheOffsetOfItsRules) {
    const Zone berlin = named("Europe/Berlin");
    EXPECT_EQ(at(berlin, "2024-01-15T12:00:00"), "1 2024-01-15T11:00:00.000Z");
    EXPECT_EQ(at(berlin, "2024-07-15T12:00:00"), "1 2024-07-15T10:00:00.000Z");
    EXPECT_EQ(at(berlin, "1975-07-15T12:00:00"),
              "1 1975-07-15T11:00:00.000Z");  // before summer time
    const Zone new_york = named("America/New_York");
    EXPECT_EQ(at(new_york, "2006-03-20T12:00:00"), "1 2006-03-20T17:00:00.000Z");
    EXPECT_EQ(at(new_york, "2007-03-20T12:00:00"), "1 2007-03-20T16:00:00.000Z");  // a new law
    EXPECT_EQ(at(named("Asia/Kolkata"), "2024-01-01T00:00:00"), "1 2023-12-31T18:30:00.000Z");
}

// As Debian builds them.
TEST(Zone, TheSystemsFilesListTheYearsToCome) {
    EXPECT_EQ(at(named("Europe/Berlin"), "2036-07-15T12:00:00"), "1 2036-07-15T10:00:00.000Z");
    EXPECT_EQ(at(named("America/New_York"), "2036-07-15T12:00:00"), "1 2036-07-15T16:00:00.000Z");
}

TEST(Zone, ClocksThatAreChangedShowATimeTwiceOrNever) {
    const Zone berlin = named("Europe/Berlin");
    EXPECT_EQ(at(berlin, "2024-03-31T01:59:59.999"), "1 2024-03-31T00:59:59.999Z");
    EXPECT_EQ(at(berlin, "2024-03-31T02:00:00"), "0 2024-03-31T01:00:00.000Z");
    EXPECT_EQ(at(berlin, "2024-03-31T02:59:59.999"), "0 2024-03-31T01:00:00.000Z");
    EXPECT_EQ(at(berlin, "2024-03-31T03:00:00"), "1 2024-03-31T01:00:00.000Z");
    EXPECT_EQ(at(berlin, "2024-10-27T01:59:59.999"), "1 2024-10-26T23:59:59.999Z");
    EXPECT_EQ(at(berlin, "2024-10-27T02:00:00"),
              "2 2024-10-27T00:00:00.000Z 2024-10-27T01:00:00.000Z");
    EXPECT_EQ(at(berlin, "2024-10-27T02:59:59.999"),
              "2 2024-10-27T00:59:59.999Z 2024-10-27T01:59:59.999Z");
    EXPECT_EQ(at(berlin, "2024-10-27T03:00:00"), "1 2024-10-27T02:00:00.000Z");
}

TEST(Zone, ADayBeginsWhenItsDateDoes) {
    EXPECT_EQ(start_of(named("Europe/Berlin"), 2024, 3, 31), "2024-03-30T23:00:00.000Z");
    EXPECT_EQ(start_of(named("Europe/Berlin"), 2024, 4, 1), "2024-03-31T22:00:00.000Z");
    // Clocks were put forward at midnight: the day began at one o'clock.
    EXPECT_EQ(start_of(named("America/Sao_Paulo"), 2018, 11, 4), "2018-11-04T03:00:00.000Z");
    // They were put back to midnight: the first one counts.
    EXPECT_EQ(start_of(named("America/Havana"), 2024, 11, 3), "2024-11-03T04:00:00.000Z");
    EXPECT_EQ(start_of(named("Pacific/Apia"), 2011, 12, 30), "none");
    EXPECT_EQ(start_of(named("Pacific/Apia"), 2011, 12, 31), "2011-12-30T10:00:00.000Z");
    EXPECT_EQ(start_of(Zone(), 2024, 3, 31), "2024-03-31T00:00:00.000Z");
}

TEST(Zone, IsNamedAsInTheDatabase) {
    EXPECT_EQ(named("Europe/Berlin").name(), "Europe/Berlin");
    EXPECT_EQ(at(named("UTC"), "2024-01-01T00:00:00"), "1 2024-01-01T00:00:00.000Z");
    for (const char* name : {"Europe/Berln", "", "../../etc/passwd", "/etc/passwd", "zone.tab"}) {
        EXPECT_FALSE(Zone::named(name)) << name;
    }
}

}  // namespace
