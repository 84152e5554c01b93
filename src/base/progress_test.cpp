#include "base/progress.hpp"

#include <gtest/gtest.h>

namespace {

using base::Progress;
using std::chrono::milliseconds;

TEST(Progress, TellsHowFarHowFastAndHowLong) {
    EXPECT_EQ(
        Progress::line("rebuild", "events", 512'000, 1'000'000, milliseconds(2000)),
        "rebuild ██████████░░░░░░░░░░  51 %  512,000 of 1,000,000 events  256,000/s  2 s left");
}

TEST(Progress, HasNoBarWithoutATotal) {
    EXPECT_EQ(Progress::line("import", "rows", 1500, std::nullopt, milliseconds(1000)),
              "import 1,500 rows  1,500/s");
}

TEST(Progress, IsWholeAtTheEndAndOfNothing) {
    EXPECT_EQ(Progress::line("copy", "pages", 4, 4, milliseconds(1)),
              "copy ████████████████████ 100 %  4 of 4 pages  4,000/s");
    EXPECT_EQ(Progress::line("copy", "pages", 0, 0, milliseconds(0)), "copy 0 of 0 pages  0/s");
}

TEST(Progress, GroupsDigits) {
    EXPECT_EQ(base::grouped(0), "0");
    EXPECT_EQ(base::grouped(999), "999");
    EXPECT_EQ(base::grouped(1'234'567), "1,234,567");
}

}  // namespace
