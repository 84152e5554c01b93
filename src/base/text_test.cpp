#include "base/text.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Excerpt, ShowsAShortTextWhole) {
    EXPECT_EQ(base::excerpt("größer"), "'größer'");
    EXPECT_EQ(base::excerpt(""), "''");
}

TEST(Excerpt, KeepsTheTerminalUnmoved) {
    EXPECT_EQ(base::excerpt("a\033[2Jb\nc\x7f"), "'a\uFFFD[2Jb c\uFFFD'");
}

TEST(Printable, LeavesTextAndReplacesWhatSteersATerminal) {
    EXPECT_EQ(base::printable("größer € 𝛑 שלום"), "größer € 𝛑 שלום");
    EXPECT_EQ(base::printable("a\tb\r\nc"), "a b  c");
    EXPECT_EQ(base::printable_lines("a\tb\r\nc\n"), "a\tb \nc\n");
    // An escape sequence, its 8-bit form (CSI) as UTF-8 and as a bare byte, DEL, a bell.
    EXPECT_EQ(base::printable("\033[31m \u009b31m \x9b"
                              "31m \x7f\a"),
              "\uFFFD[31m \uFFFD31m \uFFFD31m \uFFFD\uFFFD");
    // Misleading on purpose.  NOLINTBEGIN(misc-misleading-bidirectional)
    for (const char* turns :
         {"\u202e", "\u202a", "\u2066", "\u2069", "\u200f", "\u061c", "\u2028"}) {
        // NOLINTEND(misc-misleading-bidirectional)
        EXPECT_EQ(base::printable(std::string("a") + turns + "b"), "a\uFFFDb");
    }
    EXPECT_EQ(base::printable(std::string("\0", 1)), "\uFFFD");
}

TEST(Printable, ReplacesWhatIsNoUtf8) {
    // Latin-1, cut short, overlong, a surrogate, beyond the last character.
    for (const char* bytes : {"\xfc", "\xe2\x82", "\xc0\x8a", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
        EXPECT_FALSE(base::is_utf8(bytes));
        const std::string shown = base::printable(std::string("a") + bytes + "b");
        EXPECT_TRUE(base::is_utf8(shown)) << shown;
        EXPECT_EQ(shown.find(bytes), std::string::npos);
        EXPECT_TRUE(shown.starts_with("a\uFFFD") && shown.ends_with("b")) << shown;
    }
    EXPECT_TRUE(base::is_utf8("größer € 𝛑"));
}

TEST(Excerpt, CutsALongTextBetweenCharacters) {
    EXPECT_EQ(base::excerpt(std::string(100, 'x')), "'" + std::string(60, 'x') + "…'");
    EXPECT_EQ(base::excerpt(std::string(59, 'x') + "€uro"), "'" + std::string(59, 'x') + "…'");
}

}  // namespace
