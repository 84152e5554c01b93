#include "base/number_text.hpp"

#include <gtest/gtest.h>

namespace {

using base::number_text;

TEST(NumberText, HasFourSignificantDigitsButAllOfAWholeNumber) {
    EXPECT_EQ(number_text(0, {}), "0");
    EXPECT_EQ(number_text(-0.0, {}), "0");
    EXPECT_EQ(number_text(71.83321, {}), "71.83");
    EXPECT_EQ(number_text(6.5, {}), "6.5");
    EXPECT_EQ(number_text(-0.00123456, {}), "-0.001235");
    EXPECT_EQ(number_text(1234567, {}), "1234567");
    EXPECT_EQ(number_text(1234567.8, {}), "1234568");
    EXPECT_EQ(number_text(1e21, {}), "1.000e+21");
    EXPECT_EQ(number_text(1e-7, {}), "1.000e-07");
}

TEST(NumberText, HasTheDecimalsThatAreAskedFor) {
    EXPECT_EQ(number_text(24, 2), "24.00");
    EXPECT_EQ(number_text(5.678, 1), "5.7");
    EXPECT_EQ(number_text(-0.001, 1), "0.0");
}

}  // namespace
