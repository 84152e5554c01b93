#include "transfer/series_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "es/errors.hpp"
#include "transfer/temp_input_fixture.hpp"

namespace {

using namespace transfer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const SeriesColumns columns{"when", "what", {}};

// Each row as "line: date value" or "line! fault".
std::vector<std::string> read(const std::string& text, const SeriesColumns& wanted = columns,
                              SeriesForms forms = {}) {
    const std::string name = "test.csv";
    const File file = file_of(text);
    LineReader lines(file, name, csv_line_bytes_max, LineEnds::any);
    CsvReader csv(lines);
    SeriesReader rows(csv, name, wanted, forms);
    std::vector<std::string> result;
    while (const auto row = rows.next()) {
        result.push_back(std::to_string(row->line) +
                         (row->fault.empty() ? ": " + base::format_time(row->time).substr(0, 10) +
                                                   " " + json::format_number(row->value)
                                             : "! " + row->fault));
    }
    return result;
}

std::string refusal(const std::string& text, const SeriesColumns& wanted = columns) {
    try {
        read(text, wanted);
    } catch (const es::Unusable& error) {
        return error.what();
    }
    return "read";
}

std::string decimal_sign_of(const std::string& text, const SeriesColumns& wanted = columns) {
    const std::string name = "test.csv";
    const File file = file_of(text);
    LineReader lines(file, name, csv_line_bytes_max, LineEnds::any);
    CsvReader csv(lines);
    try {
        const auto sign = SeriesReader(csv, name, wanted).find_decimal_sign();
        return sign == DecimalSign::point ? "point" : "unknown";
    } catch (const es::Unusable& error) {
        return error.what();
    }
}

TEST(SeriesReader, FindsTheDecimalSignOfTheWantedValues) {
    EXPECT_EQ(decimal_sign_of("when,what\n2024,1\n2025,\"1,5\"\n"), "unknown");
    EXPECT_EQ(decimal_sign_of("when,what\n2024,1.000\n2025,1.5\n"), "point");
    EXPECT_EQ(
        decimal_sign_of("when,what\n2024,\"-236,48\"\n2025,-1.000\n"),
        "Nothing of test.csv is imported: the values have both signs, '-236,48' in line 2 and "
        "'-1.000' in line 3; say which sign is the decimal one with --decimal ',' or "
        "--decimal '.'.");
    EXPECT_EQ(decimal_sign_of("when,kind,what\n2024,a,1.000\n2025,b,1.5\n",
                              {"when", "what", {{"kind", "b"}}}),
              "point");
}

TEST(SeriesReader, TakesTimesAndValuesAsIsSaid) {
    EXPECT_THAT(read("when,what\n20240331,-1.000\n20240401,\"-236,48\"\n", columns,
                     {Digits::calendar, DecimalSign::comma}),
                ElementsAre("2: 2024-03-31 -1000", "3: 2024-04-01 -236.48"));
}

// As spreadsheets write them: a delimiter at each line's end, rows that were emptied, totals.
TEST(SeriesReader, PassesOverEmptyCellsAndRowsThatSpreadsheetsLeave) {
    EXPECT_THAT(read("when,what,\n2024,1,\n2025,2\n2026,3,,\n,,\n , \nTotal,6,\n"),
                ElementsAre("2: 2024-01-01 1", "3: 2025-01-01 2", "4: 2026-01-01 3",
                            HasSubstr("7! 'Total' is not a time")));
    EXPECT_THAT(read("when,what\n2024,1,\n2025,1,234\n"),
                ElementsAre("2: 2024-01-01 1", "3! has 3 cells where the header has 2"));
}

TEST(SeriesReader, SaysWhatMayBeWrongWithAHeader) {
    EXPECT_THAT(refusal("when;what\n2024;1\n"), HasSubstr("--delimiter ';'"));
    EXPECT_THAT(refusal("when\twhat\n2024\t1\n"), HasSubstr("--delimiter tab"));
    EXPECT_THAT(refusal("when,Gr\xf6\xdf"
                        "e\n"),
                HasSubstr("iconv -f WINDOWS-1252 -t UTF-8"));
    EXPECT_THAT(refusal("a,b\n"), ::testing::Not(HasSubstr("--delimiter")));
}

TEST(SeriesReader, TakesTheNamedColumns) {
    EXPECT_THAT(read("x,what,when\n1,2.5,2024\n3,-1e3,2024-02-01\n"),
                ElementsAre("2: 2024-01-01 2.5", "3: 2024-02-01 -1000"));
}

TEST(SeriesReader, TakesTheRowsThatAreWanted) {
    const std::string text =
        "when,kind,place,what\n2024,a,x,1\n2024,b,x,2\n2024,a,y,3\nno time,b,x,no number\n";
    EXPECT_THAT(read(text, {"when", "what", {{"kind", "a"}}}),
                ElementsAre("2: 2024-01-01 1", "4: 2024-01-01 3"));
    EXPECT_THAT(read(text, {"when", "what", {{"kind", "a"}, {"place", "y"}}}),
                ElementsAre("4: 2024-01-01 3"));
    EXPECT_THAT(read(text, {"when", "what", {{"kind", "c"}}}), ElementsAre());
}

TEST(SeriesReader, NeedsAHeaderThatNamesEachColumnOnce) {
    EXPECT_THAT(refusal(""), HasSubstr("has no header"));
    EXPECT_THAT(refusal("a,b\n1,2\n"), HasSubstr("no column 'when'; it has 'a', 'b'"));
    EXPECT_THAT(refusal("when,b\n"), HasSubstr("no column 'what'"));
    EXPECT_THAT(refusal("when,what,what\n"), HasSubstr("the column 'what' more than once"));
    EXPECT_EQ(refusal("when,what,x,x\n"), "read");  // those aren't needed
    EXPECT_THAT(refusal("when,what\n", {"when", "what", {{"kind", "a"}}}),
                HasSubstr("no column 'kind'"));
    EXPECT_THAT(refusal("when,\"what\n2024,1\n"), HasSubstr("header of test.csv (line 1)"));
    EXPECT_THAT(refusal(std::string("\xff\xfew\0h\0e\0n\0", 10)), HasSubstr("NUL byte"));
}

TEST(SeriesReader, NamesWhatIsWrongWithARow) {
    EXPECT_THAT(
        read("when,what\n2024\n2024,1,234\n2024,\n,1\n2024,nan\n2024,-inf\n2024,1e400\n2024,0x10\n"
             "2024,\"1,234\"\n2024,12 %\nnever,much\n2024,7\n"),
        ElementsAre("2! has 1 cell where the header has 2", "3! has 3 cells where the header has 2",
                    "4! the value is missing", "5! the time is missing",
                    "6! the value 'nan' is not a finite number",
                    "7! the value '-inf' is not a finite number",
                    "8! the value '1e400' is beyond what a number can hold",
                    HasSubstr("9! the value '0x10' is not a number"),
                    HasSubstr("10! the value '1,234' is not a number"),
                    HasSubstr("11! the value '12 %' is not a number"),
                    ::testing::AllOf(HasSubstr("12! 'never' is not a time"),
                                     HasSubstr("and the value 'much' is not a number")),
                    "13: 2024-01-01 7"));
}

}  // namespace
