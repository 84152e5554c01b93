#include "base/csv_writer.hpp"

#include <gtest/gtest.h>

namespace {

std::string cell(const std::string& text) {
    base::CsvWriter csv;
    csv.text(text);
    return csv.rows();
}

TEST(CsvWriter, QuotesWhatNeedsIt) {
    EXPECT_EQ(cell("plain text"), "plain text");
    EXPECT_EQ(cell("a,b"), "\"a,b\"");
    EXPECT_EQ(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
    EXPECT_EQ(cell("two\nlines"), "\"two\nlines\"");
    // LibreOffice splits at these as well, and Excel where the comma is the decimal sign.
    EXPECT_EQ(cell("a; b"), "\"a; b\"");
    EXPECT_EQ(cell("left\tright"), "\"left\tright\"");
    EXPECT_EQ(cell("cr\rhere"), "\"cr\rhere\"");
    EXPECT_EQ(cell("blank "), "\"blank \"");
    EXPECT_EQ(cell(" blank"), "\" blank\"");
    EXPECT_EQ(cell("it's"), "it's");
}

TEST(CsvWriter, SeparatesCellsAndEndsRows) {
    base::CsvWriter csv;
    csv.text("").number(0.1).plain("true").end_row();
    csv.text("b").number(-1e-7).end_row();
    EXPECT_EQ(csv.rows(), ",0.1,true\nb,-1e-7\n");
}

// A spreadsheet must not run it, and whoever needs the text itself must be able to get it back.
TEST(CsvWriter, DisarmsFormulasSoThatItCanBeUndone) {
    EXPECT_EQ(cell("=1+1"), "'=1+1");
    EXPECT_EQ(cell("+1"), "'+1");
    EXPECT_EQ(cell("-1"), "'-1");
    EXPECT_EQ(cell("@SUM(A1,A2)"), "\"'@SUM(A1,A2)\"");
    EXPECT_EQ(cell("\t=1"), "\"'\t=1\"");
    EXPECT_EQ(cell("\r=1"), "\"'\r=1\"");
    EXPECT_EQ(cell("\uff1d1+1"), "'\uff1d1+1");
    EXPECT_EQ(cell("\uff0b1"), "'\uff0b1");
    EXPECT_EQ(cell("\uff0d1"), "'\uff0d1");
    EXPECT_EQ(cell("\uff20SUM(A1)"), "'\uff20SUM(A1)");
    EXPECT_EQ(cell("'\uff1d1"), "''\uff1d1");
    EXPECT_EQ(cell("\uff1cb"), "\uff1cb");
    EXPECT_EQ(cell("'=1"), "''=1");
    EXPECT_EQ(cell("'quoted'"), "'quoted'");
    EXPECT_EQ(cell("1=1"), "1=1");
}

TEST(CsvWriter, LeavesNumbersAlone) {
    base::CsvWriter csv;
    csv.number(-5).end_row();
    EXPECT_EQ(csv.rows(), "-5\n");
}

}  // namespace
