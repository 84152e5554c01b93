#include "transfer/csv_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/csv_writer.hpp"
#include "transfer/temp_input_fixture.hpp"

namespace {

using namespace transfer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Each row as "line: cell|cell" or "line! fault".
std::vector<std::string> read(const std::string& text,
                              std::optional<char> delimiter = std::nullopt) {
    const std::string name = "test.csv";
    const File file = file_of(text);
    LineReader lines(file, name, csv_line_bytes_max, LineEnds::any);
    CsvReader rows(lines, delimiter);
    std::vector<std::string> result;
    while (const auto row = rows.next()) {
        std::string shown = std::to_string(row->line) + (row->fault.empty() ? ":" : "! ");
        for (const std::string& cell : row->cells) {
            shown += (shown.back() == ':' ? " " : "|") + cell;
        }
        result.push_back(shown + row->fault);
    }
    return result;
}

TEST(CsvReader, ReadsRowsWithTheirLines) {
    EXPECT_THAT(read("a,b\n1, 2 \n\n  \n3,\n"), ElementsAre("1: a|b", "2: 1|2", "5: 3|"));
    EXPECT_THAT(read("a,b\r\n1,2\r\n"), ElementsAre("1: a|b", "2: 1|2"));
    EXPECT_THAT(read("a,b\n1,2"), ElementsAre("1: a|b", "2: 1|2"));
    EXPECT_THAT(read(""), ElementsAre());
    EXPECT_THAT(read("\n\n\r\n"), ElementsAre());
}

TEST(CsvReader, PassesOverAByteOrderMark) {
    EXPECT_THAT(read("\xEF\xBB\xBF"
                     "a,b\n"),
                ElementsAre("1: a|b"));
    EXPECT_THAT(read("\xEF\xBB\xBF\"a\",b\n"), ElementsAre("1: a|b"));
}

// As Excel writes them on a Mac. A file of many such lines is not one long line.
TEST(CsvReader, ALineEndsWithACarriageReturnAlone) {
    EXPECT_THAT(read("a,b\r1,2\r3,4"), ElementsAre("1: a|b", "2: 1|2", "3: 3|4"));
    EXPECT_THAT(read("a,b\r1,x\"y\r3,4\r"),
                ElementsAre("1: a|b", HasSubstr("2! has a quote where none may be"), "3: 3|4"));
    EXPECT_THAT(read("a\r\rb\r"), ElementsAre("1: a", "3: b"));
    std::string text = "a\r";
    constexpr std::size_t rows = 100'000;
    for (std::size_t i = 0; i < rows; ++i) text += "12345\r";
    const auto read_rows = read(text);
    ASSERT_EQ(read_rows.size(), rows + 1);
    EXPECT_EQ(read_rows.back(), std::to_string(rows + 1) + ": 12345");
}

TEST(CsvReader, TakesMixedLineEnds) {
    EXPECT_THAT(read("a\rb\nc\r\nd\n\re\r\n\r\nf"),
                ElementsAre("1: a", "2: b", "3: c", "4: d", "6: e", "8: f"));
    // Both halves of a line's end, whatever part of the file is read at a time.
    for (const std::size_t bytes : {65'534U, 65'535U, 65'536U, 65'537U}) {
        const std::string one(bytes - 32'768, 'x');
        const std::string other(32'766, 'y');
        EXPECT_THAT(read(one + "\r\n" + other + "\r\n3\r"),
                    ElementsAre("1: " + one, "2: " + other, "3: 3"));
    }
}

TEST(CsvReader, KeepsCarriageReturnsWithinQuotes) {
    EXPECT_THAT(read("\"a\rb\",1\rc,2\r"), ElementsAre("1: a\rb|1", "3: c|2"));
    EXPECT_THAT(read("\"a\r\nb\",1\r\nc,2\n"), ElementsAre("1: a\r\nb|1", "3: c|2"));
    EXPECT_THAT(read("\"a\r\"\r"), ElementsAre("1: a\r"));
}

TEST(CsvReader, TakesTheDelimiterThatTheFirstLineNames) {
    EXPECT_THAT(read("sep=;\r\na;b,c\r\n"), ElementsAre("2: a|b,c"));
    EXPECT_THAT(read("\xEF\xBB\xBF\"sep=|\"\na|b\n"), ElementsAre("2: a|b"));
    EXPECT_THAT(read("SEP=\t\na\tb\n"), ElementsAre("1: SEP=", "2: a\tb"));  // a blank is trimmed
    EXPECT_THAT(read("sep=;\na,b\n", ','), ElementsAre("2: a|b"));           // said otherwise
    EXPECT_THAT(read("a\nsep=;\n"), ElementsAre("1: a", "2: sep=;"));
}

TEST(CsvReader, ReadsWhatIsQuoted) {
    EXPECT_THAT(read("\"a,\"\"b\"\"\",c\n\"x\ny\r\nz\",1\n2,3\n"),
                ElementsAre("1: a,\"b\"|c", "2: x\ny\r\nz|1", "5: 2|3"));
    EXPECT_THAT(read("\" a \", \"b\" \n"), ElementsAre("1:  a |b"));
}

TEST(CsvReader, TakesAnotherDelimiter) {
    EXPECT_THAT(read("a;b,c\n", ';'), ElementsAre("1: a|b,c"));
    EXPECT_THAT(read("a\t\tb\n", '\t'), ElementsAre("1: a||b"));
}

TEST(CsvReader, NamesALineWithAWrongQuoteAndGoesOn) {
    EXPECT_THAT(read("a,b\"c\n1,2\n"),
                ElementsAre(HasSubstr("1! has a quote where none may be"), "2: 1|2"));
    EXPECT_THAT(read("1,\"2\"x\n3,4\n"),
                ElementsAre(HasSubstr("1! has a quote where none may be"), "2: 3|4"));
}

// The lines behind an open quote are swallowed by it; they come back.
TEST(CsvReader, AQuoteThatIsNeverClosedCostsItsOwnLineOnly) {
    EXPECT_THAT(read("1,2\n3,\"4\n5,6\n7,8\n"),
                ElementsAre("1: 1|2", "2! has a quote that is never closed", "3: 5|6", "4: 7|8"));
    EXPECT_THAT(read("3,\"4\n5,\"6\"\n7,8\n"),
                ElementsAre(HasSubstr("1! has a quote where none may be"), "2: 5|6", "3: 7|8"));

    std::string text = "3,\"4\n";
    for (std::size_t i = 0; i < 3 * csv_row_lines_max; ++i) text += "5,6\n";
    const auto rows = read(text);
    ASSERT_EQ(rows.size(), 3 * csv_row_lines_max + 1);
    EXPECT_EQ(rows[0], "1! has a quote that is not closed within 100 lines");
    EXPECT_EQ(rows[1], "2: 5|6");
    EXPECT_EQ(rows.back(), std::to_string(3 * csv_row_lines_max + 1) + ": 5|6");
}

TEST(CsvReader, NamesALineThatIsTooLongOrNoText) {
    const std::string just_fits(csv_line_bytes_max, 'x');
    EXPECT_THAT(read("1\n" + just_fits + "\n2\n"), ElementsAre("1: 1", "2: " + just_fits, "3: 2"));
    EXPECT_THAT(read("1\n" + just_fits + "x\n2\n"),
                ElementsAre("1: 1", "2! is longer than 64 KiB", "3: 2"));
    EXPECT_THAT(read("1\n" + std::string(1'000'000, 'x') + "\n2\n"),
                ElementsAre("1: 1", "2! is longer than 64 KiB", "3: 2"));
    EXPECT_THAT(read(std::string(1'000'000, 'x')), ElementsAre("1! is longer than 64 KiB"));
    EXPECT_THAT(read(std::string("1\na\0b\n2\n", 8)),
                ElementsAre("1: 1", HasSubstr("2! holds a NUL byte"), "3: 2"));
    // Within a quote it is the quote that is wrong.
    EXPECT_THAT(read(std::string("\"1\na\0b\n2\n", 9)),
                ElementsAre("1! has a quote that is not closed in time",
                            HasSubstr("2! holds a NUL byte"), "3: 2"));
}

TEST(CsvReader, ReadsWhatTheWriterWrites) {
    std::mt19937 random(7);
    const std::string alphabet = "ab ,\"\n\r\t;'é";
    base::CsvWriter csv;
    std::vector<std::vector<std::string>> written;
    for (int row = 0; row < 500; ++row) {
        auto& cells = written.emplace_back();
        for (int cell = 0; cell < 4; ++cell) {
            std::string text;
            for (auto left = random() % 8; left > 0; --left) {
                text += alphabet[random() % alphabet.size()];
            }
            // What looks like a formula is told from others by a test of the writer.
            if (text.find_first_of("\t\r") == text.find_first_not_of('\'')) text = "x" + text;
            cells.push_back(cell == 0 ? "id" + text : text);
            csv.text(cells.back());
        }
        csv.end_row();
    }
    const std::string name = "test.csv";
    const File file = file_of(csv.rows());
    LineReader lines(file, name, csv_line_bytes_max, LineEnds::any);
    CsvReader rows(lines, ',');
    for (const auto& cells : written) {
        const auto row = rows.next();
        ASSERT_TRUE(row);
        ASSERT_EQ(row->fault, "");
        ASSERT_EQ(row->cells, cells);
    }
    EXPECT_FALSE(rows.next());
}

}  // namespace
