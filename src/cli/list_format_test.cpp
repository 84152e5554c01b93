// A list in its forms, also of names that somebody chose to do harm.
#include "cli/list_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/text.hpp"
#include "cli/width.hpp"

namespace {

using namespace cli;
using ::testing::HasSubstr;

const base::TimePoint now = base::parse_time("2026-06-30", base::DateAlone::start_of_day).value();

Metric metric(const std::string& id, const std::string& name, const std::string& unit = "books") {
    json::Writer document;
    document.begin_object()
        .member("_id", id)
        .member("name", name)
        .member("unit", unit)
        .member("value", 10.0)
        .member("target", 24.0)
        .member("valuesTotal", std::int64_t{1})
        .member("status", "at_risk")
        .name("tags")
        .raw(R"(["a","b"])")
        .name("ahead")
        .raw(R"([{"at":"2026-07-21T05:13:50.769Z","status":"off_track"}])")
        .name("recent")
        .raw(R"([{"value":1,"date":"d"},{"value":2,"date":"d"}])")
        .end_object();
    return metric_of(json::parse(document.text()).value);
}

std::string table(const std::vector<Metric>& metrics, const Look& look) {
    return list_rows(ListFormat::table, usual_columns(ListFormat::table, look), metrics, look, now);
}

TEST(ListFormat, InAPipeATableIsPlain) {
    EXPECT_EQ(table({metric("books", "Books")}, {}),
              "at risk  books  10 books  at least 24  off track from 21 Jul\n");
}

TEST(ListFormat, ATerminalHasShapesAndATrend) {
    const Look look{.terminal = true, .colours = false, .ascii = false, .width = 100};
    EXPECT_EQ(table({metric("books", "Books")}, look),
              "▲ at risk  books  10 books  at least 24  ▁█  off track from 21 Jul\n");
    const Look ascii{.terminal = true, .colours = false, .ascii = true, .width = 100};
    EXPECT_EQ(table({metric("books", "Books")}, ascii),
              "! at risk  books  10 books  at least 24  _#  off track from 21 Jul\n");
}

TEST(ListFormat, CsvHasTheMembersAsTheyAre) {
    const std::vector<std::string> columns{"id", "name", "status", "value", "tags", "owner"};
    EXPECT_EQ(list_header(ListFormat::csv, columns), "id,name,status,value,tags,owner\n");
    EXPECT_EQ(list_rows(ListFormat::csv, columns, {metric("books", "=1+1, \"x\"")}, {}, now),
              "books,\"'=1+1, \"\"x\"\"\",at_risk,10,a b,\n");
}

TEST(ListFormat, MarkdownStaysATable) {
    const std::vector<std::string> columns{"name"};
    EXPECT_EQ(list_header(ListFormat::markdown, columns), "| name |\n| --- |\n");
    EXPECT_EQ(list_rows(ListFormat::markdown, columns, {metric("m", "a | *b*\n<img>")}, {}, now),
              "| a \\| \\*b\\* \\<img\\> |\n");
}

TEST(ListFormat, HostileNamesBreakNeitherTheTerminalNorTheTable) {
    std::string long_name;
    for (int i = 0; i < 200; ++i) long_name += "売";
    const std::vector<Metric> metrics{metric("a", "\033]0;owned\007", "\033[2J"),
                                      metric("b", "line\nbreak\r", "\u202Eevil\u202C"),
                                      metric("c", long_name, long_name),
                                      metric("d", "plain", "e\u0301\u0301\u0301\u0301\u0301")};
    const std::vector<std::string> columns{"status", "name", "value", "target", "outlook"};
    for (const std::size_t width : {20U, 60U, 200U}) {
        const Look look{.terminal = true, .colours = false, .ascii = false, .width = width};
        const std::string text = list_rows(ListFormat::table, columns, metrics, look, now);
        EXPECT_EQ(std::ranges::count(text, '\n'), 4);
        EXPECT_EQ(base::printable_lines(text), text);  // nothing in it steers a terminal
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), width);
    }
    for (const ListFormat format : {ListFormat::csv, ListFormat::markdown}) {
        EXPECT_THAT(list_rows(format, columns, metrics, {}, now), HasSubstr("plain"));
    }
}

TEST(ListFormat, EachUsualColumnIsKnown) {
    for (const ListFormat format : {ListFormat::table, ListFormat::csv, ListFormat::markdown}) {
        EXPECT_THAT(known_columns(),
                    ::testing::IsSupersetOf(usual_columns(
                        format, {.terminal = true, .colours = true, .ascii = false, .width = 80})));
    }
}

}  // namespace
