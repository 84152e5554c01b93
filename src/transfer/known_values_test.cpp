#include "transfer/known_values.hpp"

#include <gtest/gtest.h>

namespace {

using namespace transfer;

using Answer = KnownValues::Answer;

TimedValue at(int year, double value) {
    return {std::chrono::sys_days(std::chrono::year(year) / 1 / 1), value};
}

TEST(KnownValues, TellWhetherAValueIsNewTheSameOrAnother) {
    KnownValues known({at(2001, 1), at(2002, 2), at(2002, 3), at(2003, 4)});
    EXPECT_EQ(known.find(at(2000, 1)).answer, Answer::unknown);
    EXPECT_EQ(known.find(at(2001, 1)).answer, Answer::same);
    EXPECT_EQ(known.find(at(2003, 5)).answer, Answer::other);
    EXPECT_EQ(known.find(at(2003, 5)).value, 4);
}

// A value that was corrected later was recorded all the same.
TEST(KnownValues, KnowEveryValueOfATimeAndNameTheLatest) {
    const KnownValues known({at(2002, 2), at(2002, 3)});
    EXPECT_EQ(known.find(at(2002, 2)).answer, Answer::same);
    EXPECT_EQ(known.find(at(2002, 3)).answer, Answer::same);
    EXPECT_EQ(known.find(at(2002, 9)).value, 3);
}

TEST(KnownValues, RememberWhatWasSent) {
    KnownValues known({});
    known.add(at(2001, 1));
    EXPECT_EQ(known.find(at(2001, 1)).answer, Answer::same);
    EXPECT_EQ(known.find(at(2001, 2)).answer, Answer::other);
    EXPECT_EQ(known.size(), 1U);
}

}  // namespace
