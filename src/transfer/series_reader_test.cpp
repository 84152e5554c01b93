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
                              const SeriesForms& forms = {}, std::size_t header_line = 1) {
    const std::string name = "test.csv";
    const File file = file_of(text);
    LineReader lines(file, name, csv_line_bytes_max, LineEnds::any);
    CsvReader csv(lines, std::nullopt, header_line);
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

std::string refusal(const std::string& text, const SeriesColumns& wanted = columns,
                    std::size_t header_line = 1) {
    try {
        read(text, wanted, {}, header_line);
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
    const auto findings = SeriesReader(csv, name, wanted).look_through();
    if (!findings.doubts.empty()) return findings.doubts.front();
    return findings.decimal == DecimalSign::point ? "point" : "unknown";
}

TEST(SeriesReader, FindsTheDecimalSignOfTheWantedValues) {
    EXPECT_EQ(decimal_sign_of("when,what\n2024,1\n2025,\"1,5\"\n"), "unknown");
    EXPECT_EQ(decimal_sign_of("when,what\n2024,1.000\n2025,1.5\n"), "point");
    EXPECT_EQ(
        decimal_sign_of("when,what\n2024,\"-236,48\"\n2025,-1.000\n"),
        "the values have both signs, '-236,48' in line 2 and '-1.000' in line 3; say which sign is "
        "the decimal one with --decimal comma or --decimal point");
    EXPECT_EQ(decimal_sign_of("when,kind,what\n2024,a,1.000\n2025,b,1.5\n",
                              {"when", "what", {{"kind", "b"}}}),
              "point");
}

TEST(SeriesReader, TakesTimesAndValuesAsIsSaid) {
    EXPECT_THAT(read("when,what\n20240331,-1.000\n20240401,\"-236,48\"\n", columns,
                     {{.digits = Digits::calendar}, DecimalSign::comma}),
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
                HasSubstr("--encoding, such as windows-1252"));
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
    EXPECT_THAT(refusal("when,what,what\n"),
                HasSubstr("the column 'what' 2 times; say which one is meant: 'what#1' is the "
                          "first, 'what#2' the second"));
    EXPECT_EQ(refusal("when,what,x,x\n"), "read");  // those aren't needed
    EXPECT_THAT(refusal("when,what\n", {"when", "what", {{"kind", "a"}}}),
                HasSubstr("no column 'kind'"));
    EXPECT_THAT(refusal("when,\"what\n2024,1\n"), HasSubstr("header of test.csv (line 1)"));
    EXPECT_THAT(refusal(std::string("w\0h\0e\0n\0", 8)), HasSubstr("--encoding utf-16le"));
}

TEST(SeriesReader, TakesTheColumnOfSeveralThatIsNumbered) {
    EXPECT_THAT(read("when,what,what\n2024,1,2\n", {"when", "what#1", {}}),
                ElementsAre("2: 2024-01-01 1"));
    EXPECT_THAT(read("when,what,what\n2024,1,2\n", {"when", "what#2", {}}),
                ElementsAre("2: 2024-01-01 2"));
    EXPECT_THAT(refusal("when,what,what\n", {"when", "what#3", {}}),
                HasSubstr("no column 'what#3'"));
    EXPECT_THAT(read("when,what#2,what\n2024,1,2\n", {"when", "what#2", {}}),
                ElementsAre("2: 2024-01-01 1"));  // its whole name
}

// As some programs write them: "date, value".
TEST(SeriesReader, NamesMayHaveBlanksAroundThem) {
    EXPECT_THAT(read("when, what \n2024,1\n"), ElementsAre("2: 2024-01-01 1"));
    EXPECT_THAT(read("\" when\",\"what \"\n2024,1\n"), ElementsAre("2: 2024-01-01 1"));
}

TEST(SeriesReader, PassesOverWhatIsAboveTheHeader) {
    const std::string text = "sep=;\nVisits of \"the shop;2024\n\nwhen;what\n2024;1\n2025;2\n";
    EXPECT_THAT(read(text, columns, {}, 4), ElementsAre("5: 2024-01-01 1", "6: 2025-01-01 2"));
    EXPECT_THAT(refusal(text, columns, 3), HasSubstr("Line 3 of test.csv is empty"));
    EXPECT_THAT(refusal(text, columns, 7), HasSubstr("test.csv has 6 lines, so that line 7"));
    EXPECT_THAT(refusal("Visits\n\nwhen,what\n2024,1\n"),
                HasSubstr("Line 3 names it: --header-line 3."));
}

TEST(SeriesReader, PassesOverBlankValuesWhenThatIsSaid) {
    const std::string text = "when,what\n2024,\nnever, \n2025,2\n2026,-\n";
    EXPECT_THAT(read(text, columns, {.skip_blank = true}),
                ElementsAre("4: 2025-01-01 2", HasSubstr("5! the value '-'")));
    const std::string name = "test.csv";
    const File file = file_of(text);
    LineReader lines(file, name, csv_line_bytes_max, LineEnds::any);
    CsvReader csv(lines);
    SeriesReader rows(csv, name, columns, {.skip_blank = true});
    while (rows.next()) {
    }
    EXPECT_EQ(rows.blank(), 2U);
}

// Else some of the dates would be taken with day and month exchanged.
TEST(SeriesReader, ADateAgainstTheOrderThatIsSaidIsADoubtOfTheWholeFile) {
    const auto doubts_of = [](const std::string& text, DateOrder order) {
        const std::string name = "test.csv";
        const File file = file_of(text);
        LineReader lines(file, name, csv_line_bytes_max, LineEnds::any);
        CsvReader csv(lines);
        return SeriesReader(csv, name, columns, {.times = {.order = order}}).look_through().doubts;
    };
    const std::string text = "when,what\n03/04/2024,1\n03/31/2024,2\n04/30/2024,3\n";
    EXPECT_THAT(doubts_of(text, DateOrder::dmy),
                ElementsAre("the date '03/31/2024' in line 3 has the month first, against "
                            "--date-order dmy; if all dates do, say --date-order mdy"));
    EXPECT_THAT(doubts_of(text, DateOrder::mdy), ElementsAre());
    EXPECT_THAT(doubts_of("when,what\n31/31/2024,1\n2024-03-31,1\n", DateOrder::mdy),
                ElementsAre());
}

TEST(SeriesReader, TakesNoTextThatIsNotUtf8) {
    EXPECT_THAT(read("when,what,who\n2024,1,\xfc\n2024,1\xa0"
                     "000,x\n"),
                ElementsAre("2: 2024-01-01 1", HasSubstr("3! holds text that is not UTF-8")));
    EXPECT_THAT(read("when,what,who\n2024,1,\xfc\n", {"when", "what", {{"who", "ü"}}}),
                ElementsAre(HasSubstr("--encoding, such as windows-1252")));
}

TEST(SeriesReader, NamesWhatIsWrongWithARow) {
    EXPECT_THAT(
        read("when,what\n2024\n2024,1,234\n2024,\n,1\n2024,nan\n2024,-inf\n2024,1e400\n2024,0x10\n"
             "2024,\"1,234\"\n2024,12 %\nnever,much\n2024,7\n"),
        ElementsAre("2! has 1 cell where the header has 2", "3! has 3 cells where the header has 2",
                    HasSubstr("4! the value is missing; --skip-blank"), "5! the time is missing",
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
