#include "cli/table.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "cli/width.hpp"

namespace {

using namespace cli;

Look terminal(std::size_t width, bool colours = false) {
    return {.terminal = true, .colours = colours, .ascii = false, .width = width};
}

Table example() {
    Table table({{}, {.align = Align::left, .width_min = 4}, {.align = Align::right}});
    table.add({{"at risk", Colour::warning}, {"売上 of all shops"}, {"7"}});
    table.add({{"ok"}, {"Zoe\u0308"}, {"1200"}});
    return table;
}

TEST(Table, AlignsByWhatATerminalShows) {
    EXPECT_EQ(example().text({}),
              "at risk  売上 of all shops     7\n"
              "ok       Zoe\u0308                1200\n");
}

TEST(Table, CutsTheColumnThatGivesWayUntilARowFits) {
    const std::string text = example().text(terminal(24));
    EXPECT_EQ(text,
              "at risk  売上 of …     7\n"
              "ok       Zoe\u0308        1200\n");
}

TEST(Table, NoLineIsEverWiderThanTheTerminal) {
    for (std::size_t width = 0; width < 40; ++width) {
        std::istringstream lines(example().text(terminal(width)));
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(width_of(line), width) << line;
        }
    }
}

TEST(Table, ColoursDoNotCountAsWidth) {
    std::string text = example().text(terminal(80, true));
    EXPECT_NE(text.find("\033[33mat risk\033[0m  売上"), std::string::npos) << text;
}

TEST(Table, LeavesOutAColumnWithoutAnything) {
    Table table({{}, {}, {}});
    table.add({{"a"}, {""}, {"b"}});
    EXPECT_EQ(table.text({}), "a  b\n");
    EXPECT_EQ(Table(std::vector<TableColumn>(1)).text({}), "");
}

}  // namespace
