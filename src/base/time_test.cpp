#include "base/time.hpp"

#include <gtest/gtest.h>

namespace {

using base::DateAlone;

std::string round_trip(std::string_view text, DateAlone date_alone = DateAlone::start_of_day) {
    const auto time = base::parse_time(text, date_alone);
    return time ? base::format_time(*time) : "none";
}

TEST(Time, ReadsRfc3339WithAnyOffset) {
    EXPECT_EQ(round_trip("2026-12-31T23:59:59.999Z"), "2026-12-31T23:59:59.999Z");
    EXPECT_EQ(round_trip("2026-12-31T23:59:59z"), "2026-12-31T23:59:59.000Z");
    EXPECT_EQ(round_trip("2026-01-01t00:30:00+02:00"), "2025-12-31T22:30:00.000Z");
    EXPECT_EQ(round_trip("2026-01-01T00:30:00-00:45"), "2026-01-01T01:15:00.000Z");
    EXPECT_EQ(round_trip("1969-12-31T23:59:59.999Z"), "1969-12-31T23:59:59.999Z");
}

TEST(Time, CutsWhatIsFinerThanAMillisecond) {
    EXPECT_EQ(round_trip("2026-01-01T00:00:00.1239999Z"), "2026-01-01T00:00:00.123Z");
    EXPECT_EQ(round_trip("2026-01-01T00:00:00.5Z"), "2026-01-01T00:00:00.500Z");
}

TEST(Time, ADateAloneIsTheStartOrTheEndOfThatDay) {
    EXPECT_EQ(round_trip("2024-02-29"), "2024-02-29T00:00:00.000Z");
    EXPECT_EQ(round_trip("2024-02-29", DateAlone::end_of_day), "2024-02-29T23:59:59.999Z");
}

TEST(Time, RefusesEverythingElse) {
    for (const char* text : {"",
                             "2026",
                             "2026-02-29",
                             "2026-13-01",
                             "2026-00-10",
                             "2026-1-1",
                             "2026-01-01T",
                             "x2026-01-01",
                             "2026-01-01T00:00:60Z",
                             "2026-01-01T24:00:00Z",
                             "2026-01-01T00:60:00Z",
                             "2026-01-01T00:00:00",
                             "2026-01-01 00:00:00Z",
                             "2026-01-01T00:00:00.Z",
                             "2026-01-01T00:00:00Zx",
                             "2026-01-01T00:00:00+24:00",
                             "2026-01-01T00:00:00+0100",
                             "0000-12-31",
                             "0001-01-01T00:00:00+00:01",
                             "9999-12-31T23:59:59-00:01",
                             "10000-01-01"}) {
        EXPECT_EQ(round_trip(text), "none") << text;
    }
    EXPECT_EQ(round_trip("0001-01-01"), "0001-01-01T00:00:00.000Z");
    EXPECT_EQ(round_trip("9999-12-31", DateAlone::end_of_day), "9999-12-31T23:59:59.999Z");
}

}  // namespace
