#include "cli/width.hpp"

#include <gtest/gtest.h>

namespace {

using namespace cli;

TEST(Width, IsThatOfATerminal) {
    EXPECT_EQ(width_of(""), 0U);
    EXPECT_EQ(width_of("books"), 5U);
    EXPECT_EQ(width_of("Zoë"), 3U);
    EXPECT_EQ(width_of("Zoe\u0308"), 3U);  // a combining mark
    EXPECT_EQ(width_of("売上"), 4U);       // wide
    EXPECT_EQ(width_of("🎯"), 2U);
    EXPECT_EQ(width_of("a\u200bb"), 2U);  // a space of no width
}

TEST(Width, WhatIsCutFitsAndEndsWithAnEllipsis) {
    EXPECT_EQ(fitted("books", 5), "books");
    EXPECT_EQ(fitted("books read", 6), "books…");
    EXPECT_EQ(fitted("売上高", 4), "売…");  // half of a wide character is none
    EXPECT_EQ(fitted("Zoe\u0308 Zoe\u0308", 4), "Zoe\u0308…");
    EXPECT_EQ(fitted("books read", 6, ".."), "book..");
    EXPECT_EQ(fitted("books", 0), "");
}

TEST(Width, TextsFromOutsideCanNeitherSteerNorPileUp) {
    EXPECT_EQ(clean("a\033[31mb"), "a\uFFFD[31mb");
    EXPECT_EQ(clean("a\nb"), "a b");
    EXPECT_EQ(clean("a\u202Eb\u202C\u009B"), "a\uFFFDb\uFFFD\uFFFD");
    std::string piled = "a";
    for (int i = 0; i < 200; ++i) piled += "\u0300";
    EXPECT_EQ(clean(piled + "b"), "a\u0300\u0300\u0300b");
}

}  // namespace
