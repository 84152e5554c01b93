#include "cli/look.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace {

using namespace cli;

Look look(const std::map<std::string, std::string>& variables) {
    return look_of_terminal(100, false, [&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

TEST(Look, ATerminalHasColoursUnlessSomebodyMindsThem) {
    EXPECT_TRUE(look({{"TERM", "xterm"}}).colours);
    EXPECT_TRUE(look({{"TERM", "xterm"}, {"NO_COLOR", ""}}).colours);  // empty is not set
    EXPECT_FALSE(look({{"TERM", "xterm"}, {"NO_COLOR", "1"}}).colours);
    EXPECT_FALSE(look({{"TERM", "dumb"}}).colours);
    EXPECT_FALSE(look({}).colours);
}

TEST(Look, APipeHasNeitherColoursNorAWidth) {
    EXPECT_EQ(Look{}.coloured("x", Colour::bad), "x");
    EXPECT_FALSE(Look{}.width);
    EXPECT_EQ(look({{"TERM", "xterm"}}).coloured("x", Colour::bad), "\033[31mx\033[0m");
}

}  // namespace
