#include "base/line_splitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using base::LineSplitter;
using ::testing::ElementsAre;

constexpr std::size_t line_bytes_max = 8;

// "2:text", "3:(too long)", as the pieces make them.
std::vector<std::string> lines_of(std::string_view text, std::size_t piece_bytes) {
    LineSplitter lines(line_bytes_max);
    std::vector<std::string> all;
    const auto take = [&] {
        while (const auto line = lines.next()) {
            all.push_back(std::to_string(line->number) + ":" +
                          (line->too_long ? "(too long)" : line->text));
        }
    };
    while (!text.empty()) {
        lines.append(text.substr(0, piece_bytes));
        text.remove_prefix(std::min(piece_bytes, text.size()));
        take();
    }
    lines.finish();
    take();
    return all;
}

TEST(LineSplitter, GivesTheSameLinesHoweverTheyComeInPieces) {
    for (const std::size_t piece : {1U, 2U, 3U, 5U, 100U}) {
        EXPECT_THAT(
            lines_of("one\ntwo\r\n\n12345678\r\n123456789\nand a very long one\nlast", piece),
            ElementsAre("1:one", "2:two", "3:", "4:12345678", "5:(too long)", "6:(too long)",
                        "7:last"));
    }
}

TEST(LineSplitter, TakesALastLineThatIsTooLong) {
    for (const std::size_t piece : {1U, 100U}) {
        EXPECT_THAT(lines_of("one\n1234567890123", piece), ElementsAre("1:one", "2:(too long)"));
    }
}

TEST(LineSplitter, HasNoLineAfterTheLastLineFeed) {
    EXPECT_THAT(lines_of("one\n", 100), ElementsAre("1:one"));
    EXPECT_THAT(lines_of("", 1), ElementsAre());
}

TEST(LineSplitter, SaysWhichLineComesNext) {
    LineSplitter lines(line_bytes_max);
    lines.append("one\ntw");
    EXPECT_EQ(lines.next_number(), 1);
    lines.next();
    lines.next();
    EXPECT_EQ(lines.next_number(), 2);
}

}  // namespace
