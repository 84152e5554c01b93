#include "base/fair_shares.hpp"

#include <gtest/gtest.h>

namespace base {
namespace {

int take_all(FairShares& places, const std::string& holder) {
    int taken = 0;
    while (places.take(holder)) ++taken;
    return taken;
}

TEST(FairShares, NobodyTakesThemAll) {
    FairShares places(1000);
    EXPECT_EQ(take_all(places, "a"), 501);
    EXPECT_EQ(take_all(places, "b"), 250);
    EXPECT_TRUE(places.take("c"));
}

TEST(FairShares, FewPlacesAreStillUsed) {
    FairShares one(1);
    EXPECT_EQ(take_all(one, "a"), 1);
    FairShares two(2);
    EXPECT_EQ(take_all(two, "a"), 2);
    FairShares none(0);
    EXPECT_EQ(take_all(none, "a"), 0);
}

TEST(FairShares, WhatIsGivenBackCanBeTaken) {
    FairShares places(10);
    const int taken = take_all(places, "a");
    for (int i = 0; i < taken; ++i) places.give_back("a");
    places.give_back("a");  // one that it does not hold
    EXPECT_EQ(places.taken(), 0U);
    EXPECT_EQ(take_all(places, "a"), taken);
}

}  // namespace
}  // namespace base
