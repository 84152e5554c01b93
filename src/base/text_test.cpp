#include "base/text.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Excerpt, ShowsAShortTextWhole) {
    EXPECT_EQ(base::excerpt("größer"), "'größer'");
    EXPECT_EQ(base::excerpt(""), "''");
}

TEST(Excerpt, KeepsTheTerminalUnmoved) {
    EXPECT_EQ(base::excerpt("a\033[2Jb\nc\x7f"), "'a [2Jb c '");
}

TEST(Excerpt, CutsALongTextBetweenCharacters) {
    EXPECT_EQ(base::excerpt(std::string(100, 'x')), "'" + std::string(60, 'x') + "…'");
    EXPECT_EQ(base::excerpt(std::string(59, 'x') + "€uro"), "'" + std::string(59, 'x') + "…'");
}

}  // namespace
