#include "transfer/known_values.hpp"

#include <gtest/gtest.h>

namespace {

using namespace transfer;

using Answer = KnownValues::Answer;

TimedValue at(int year, double value) {
    return {std::chrono::sys_days(std::chrono::year(year) / 1 / 1), value};
}

TEST(KnownValues, TellWhetherAValueIsNewThereOrAnother) {
    KnownValues known({{at(2001, 1), at(2002, 2), at(2002, 3), at(2003, 4)}, {}});
    EXPECT_EQ(known.take(at(2000, 1)).answer, Answer::fresh);
    EXPECT_EQ(known.take(at(2001, 1)).answer, Answer::there);
    EXPECT_EQ(known.take(at(2003, 5)).answer, Answer::other);
    EXPECT_EQ(known.take(at(2003, 5)).value, 4);
}

// A value that was corrected later was recorded all the same.
TEST(KnownValues, KnowEveryValueOfATimeAndNameTheLatest) {
    KnownValues known({{at(2002, 2), at(2002, 3)}, {}});
    EXPECT_EQ(known.take(at(2002, 2)).answer, Answer::there);
    EXPECT_EQ(known.take(at(2002, 3)).answer, Answer::there);
    EXPECT_EQ(known.take(at(2002, 9)).value, 3);
}

TEST(KnownValues, RememberWhatWasSent) {
    KnownValues known({});
    EXPECT_EQ(known.take(at(2001, 1)).answer, Answer::fresh);
    EXPECT_EQ(known.take(at(2001, 2)).answer, Answer::other);
    EXPECT_EQ(known.size(), 1U);
}

// Both are values of the file; a second run finds both.
TEST(KnownValues, CountEqualRows) {
    KnownValues known({{at(2001, 1)}, {}});
    EXPECT_EQ(known.take(at(2001, 1)).answer, Answer::there);
    const auto second = known.take(at(2001, 1));
    EXPECT_EQ(second.answer, Answer::fresh);
    EXPECT_EQ(second.occurrence, 2U);
    EXPECT_EQ(known.take(at(2001, 1)).occurrence, 3U);
    EXPECT_EQ(known.size(), 3U);

    KnownValues again({{at(2001, 1), at(2001, 1), at(2001, 1)}, {}});
    for (int row = 0; row < 3; ++row) EXPECT_EQ(again.take(at(2001, 1)).answer, Answer::there);
    EXPECT_EQ(again.take(at(2001, 1)).occurrence, 4U);
}

// Somebody corrected it since: sent again it would undo that.
TEST(KnownValues, AFurtherRowOfATimeThatHasAnotherValueIsNotNew) {
    KnownValues known({{at(2001, 1), at(2001, 5)}, {}});
    EXPECT_EQ(known.take(at(2001, 1)).answer, Answer::there);
    EXPECT_EQ(known.take(at(2001, 1)).answer, Answer::other);
}

// The file still has what was reported.
TEST(KnownValues, WhatWasCorrectedOrTakenBackIsThere) {
    KnownValues known({{at(2001, 6.1), at(2009, 9)}, {at(2001, 61), at(2003, 9), at(2002, 2)}});
    EXPECT_EQ(known.take(at(2001, 61)).answer, Answer::there);
    EXPECT_EQ(known.take(at(2001, 6.1)).answer, Answer::there);
    EXPECT_EQ(known.take(at(2001, 7)).answer, Answer::other);
    EXPECT_EQ(known.take(at(2003, 9)).answer, Answer::there) << "it has moved to 2009";
    EXPECT_EQ(known.take(at(2002, 2)).answer, Answer::there) << "it was taken back";
    // Once more is another value, with a key of its own.
    EXPECT_EQ(known.take(at(2002, 2)).answer, Answer::fresh);
}

TEST(KnownValues, ATimeWhoseValueWasTakenBackMayHaveAnother) {
    KnownValues known({{}, {at(2001, 61)}});
    EXPECT_EQ(known.take(at(2001, 6.1)).answer, Answer::fresh);
    KnownValues again({{}, {at(2001, 61)}});
    EXPECT_EQ(again.take(at(2001, 61)).answer, Answer::there);
    EXPECT_EQ(again.take(at(2001, 61)).occurrence, 2U);
}

}  // namespace
