#include "transfer/line_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace {

using namespace transfer;

std::vector<std::string> lines_of(const File& file, LineEnds ends) {
    const std::string name = "input";
    LineReader lines(file, name, 100, ends);
    std::vector<std::string> texts;
    while (const auto line = lines.next()) texts.push_back(line->text + "|" + line->end);
    return texts;
}

// What comes from a pipe is gone once it is read.
TEST(LineReader, APipeCanBeReadTwiceInACopy) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    ASSERT_EQ(::write(ends[1], "a\r\nb\rc", 6), 6);
    ::close(ends[1]);
    const File pipe(ends[0]);
    const File copy = copy_of(pipe, "input");
    EXPECT_EQ(size_of(copy), 6U);
    for (int time = 0; time < 2; ++time) {
        EXPECT_EQ(position_in(copy, "input"), 0);
        EXPECT_THAT(lines_of(copy, LineEnds::any), ::testing::ElementsAre("a|\r\n", "b|\r", "c|"));
        go_to(0, copy, "input");
    }
    EXPECT_THAT(lines_of(copy, LineEnds::line_feed), ::testing::ElementsAre("a\r|\n", "b\rc|"));
}

}  // namespace
