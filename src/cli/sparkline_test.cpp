#include "cli/sparkline.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace {

using cli::sparkline;

TEST(Sparkline, RunsFromTheSmallestToTheLargest) {
    EXPECT_EQ(sparkline(std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}, 40, false), "▁▂▃▄▅▆▇█");
    EXPECT_EQ(sparkline(std::vector<double>{-5, 5}, 40, false), "▁█");
    EXPECT_EQ(sparkline(std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}, 40, true), "_.,-~=*#");
}

TEST(Sparkline, ShowsTheLatestThatHaveRoom) {
    EXPECT_EQ(sparkline(std::vector<double>{100, 0, 7}, 2, false), "▁█");
    EXPECT_EQ(sparkline(std::vector<double>{1}, 0, false), "");
    EXPECT_EQ(sparkline({}, 40, false), "");
}

TEST(Sparkline, IsInTheMiddleWhereNothingChanges) {
    EXPECT_EQ(sparkline(std::vector<double>{3, 3, 3}, 40, false), "▄▄▄");
}

TEST(Sparkline, TakesTheLargestDoubles) {
    constexpr double max = std::numeric_limits<double>::max();
    EXPECT_EQ(sparkline(std::vector<double>{-max, 0, max}, 40, false), "▁▅█");
}

}  // namespace
