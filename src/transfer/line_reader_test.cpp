#include "transfer/line_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "es/errors.hpp"
#include "transfer/temp_input_fixture.hpp"

namespace {

using namespace transfer;

std::vector<std::string> lines_of(const File& file, LineEnds ends, std::string_view encoding = {}) {
    const std::string name = "input";
    LineReader lines(file, name, 100, ends, encoding);
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

std::string utf16(std::u16string_view text, bool big_endian) {
    std::string bytes;
    for (const char16_t unit : text) {
        const char high = static_cast<char>(unit >> 8U);
        const char low = static_cast<char>(unit & 0xFFU);
        bytes += {big_endian ? high : low, big_endian ? low : high};
    }
    return bytes;
}

TEST(LineReader, AByteOrderMarkSaysThatTheTextIsUtf16) {
    for (const bool big_endian : {false, true}) {
        const File file = file_of(utf16(u"\uFEFFgrün\r\n1 €\r\U0001F600", big_endian));
        EXPECT_THAT(lines_of(file, LineEnds::any),
                    ::testing::ElementsAre("\uFEFFgrün|\r\n", "1 €|\r", "\U0001F600|"));
    }
    // Lines of JSON are in UTF-8.
    const File json = file_of("\xFF\xFE{}\n");
    EXPECT_THAT(lines_of(json, LineEnds::line_feed), ::testing::ElementsAre("\xFF\xFE{}|\n"));
}

TEST(LineReader, ReadsTheEncodingThatIsSaid) {
    for (const char* encoding : {"windows-1252", "iso-8859-15", "iso-8859-1"}) {
        EXPECT_THAT(lines_of(file_of("gr\xFCn\n"), LineEnds::any, encoding),
                    ::testing::ElementsAre("grün|\n"));
    }
    EXPECT_THAT(lines_of(file_of("\x80"), LineEnds::any, "windows-1252"),
                ::testing::ElementsAre("€|"));
    EXPECT_THAT(lines_of(file_of("\xA4"), LineEnds::any, "iso-8859-15"),
                ::testing::ElementsAre("€|"));
    EXPECT_THAT(lines_of(file_of(utf16(u"a\nb", true)), LineEnds::any, "utf-16be"),
                ::testing::ElementsAre("a|\n", "b|"));
}

// The pieces that a file is read in end anywhere, also within a character.
TEST(LineReader, ACharacterMayBeCutBetweenTwoPieces) {
    std::array<int, 2> ends{};
    const std::string bytes = utf16(u"\uFEFFgrün\r\n\U0001F600\r\n7", false);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        ASSERT_EQ(::pipe(ends.data()), 0);
        const File pipe(ends[0]);
        const std::string name = "input";
        LineReader lines(pipe, name, 100, LineEnds::any);
        std::vector<std::string> texts;
        std::thread writer([&] {
            EXPECT_EQ(::write(ends[1], bytes.data(), cut), static_cast<ssize_t>(cut));
            while (lines.bytes() < cut) std::this_thread::yield();
            const std::size_t left = bytes.size() - cut;
            EXPECT_EQ(::write(ends[1], bytes.data() + cut, left), static_cast<ssize_t>(left));
            ::close(ends[1]);
        });
        while (const auto line = lines.next()) texts.push_back(line->text + "|" + line->end);
        writer.join();
        EXPECT_THAT(texts, ::testing::ElementsAre("\uFEFFgrün|\r\n", "\U0001F600|\r\n", "7|"))
            << cut;
    }
}

TEST(LineReader, NamesTheLineThatIsNotOfTheEncoding) {
    const auto refusal = [](const std::string& text, std::string_view encoding) -> std::string {
        try {
            lines_of(file_of(text), LineEnds::any, encoding);
            return "read";
        } catch (const es::Unusable& error) {
            return error.what();
        }
    };
    EXPECT_EQ(refusal("a\r\nb\rc\x81\n", "windows-1252"),
              "Line 3 of input is not text in windows-1252; say which encoding it has with "
              "--encoding.");
    EXPECT_THAT(refusal(utf16(u"a\n", false) + "b", "utf-16le"),
                ::testing::StartsWith("Line 2 of input is not text in utf-16le"));
    EXPECT_THAT(refusal(utf16(u"a\xD800\n", false), "utf-16le"),
                ::testing::StartsWith("Line 1 of input"));
}

}  // namespace
