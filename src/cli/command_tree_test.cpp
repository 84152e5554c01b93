// Completion and the manual page of a small command line; those of the whole program are tested
// from outside (test/terminal_test.py).
#include "cli/command_tree.hpp"

#include <CLI/CLI.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/completion.hpp"
#include "cli/man_page.hpp"
#include "cli/options.hpp"

namespace {

using namespace cli;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Example {
    Example() {
        app.set_version_flag("--version", "1");
        auto* paint = app.add_subcommand("paint", "Paint it, don't [wash] it: now");
        add_id(*paint, id);
        add_choice(*paint, "--colour", colour, {"red", "blue"}, "Which")->envname("PAINT_COLOUR");
        add_choices(*paint, "--status", status, {"wet", "dry"}, "Which");
        paint->add_flag("--twice", twice, "Two coats");
        paint->add_option("--ca-file", file, "A file");
    }
    CLI::App app{"It paints.", "painter"};
    std::string id, colour, file;
    std::vector<std::string> status;
    bool twice = false;
};

TEST(CommandTree, SaysWhatEachOptionTakes) {
    const Example example;
    const CommandTree tree = tree_of(example.app);
    ASSERT_EQ(tree.commands.size(), 1U);
    const auto& paint = tree.commands.front();
    ASSERT_EQ(paint.positionals.size(), 1U);
    EXPECT_TRUE(paint.positionals[0].values.metric_id);
    ASSERT_EQ(paint.options.size(), 5U);
    EXPECT_THAT(paint.options[0].names, ElementsAre("--help", "-h"));
    EXPECT_FALSE(paint.options[0].takes_value());
    EXPECT_THAT(paint.options[1].values.words, ElementsAre("red", "blue"));
    EXPECT_EQ(paint.options[1].environment, "PAINT_COLOUR");
    EXPECT_FALSE(paint.options[1].values.listed);
    EXPECT_TRUE(paint.options[2].values.listed);
    EXPECT_FALSE(paint.options[3].takes_value());
    EXPECT_TRUE(paint.options[4].values.file);
}

TEST(Completion, QuotesWhatShellsWouldRead) {
    const Example example;
    const CommandTree tree = tree_of(example.app);
    EXPECT_THAT(bash_completion(tree), HasSubstr("'paint --colour') echo 'red blue' ;;"));
    EXPECT_THAT(zsh_completion(tree), HasSubstr(R"('paint:Paint it, don'\''t \[wash\] it\: now')"));
    EXPECT_THAT(fish_completion(tree),
                HasSubstr(R"(-a paint -d 'Paint it, don\'t [wash] it: now')"));
}

TEST(Completion, OffersWhatEachOptionTakesInEachShell) {
    const Example example;
    const CommandTree tree = tree_of(example.app);
    const std::string zsh = zsh_completion(tree);
    for (const char* part : {"'1:ID:_yardstick_ids'", ":colour:(red blue)'", ":ca-file:_files'",
                             ":status:_values -s , status wet dry'", "'--twice[Two coats]'"}) {
        EXPECT_THAT(zsh, HasSubstr(part));
    }
    const std::string fish = fish_completion(tree);
    for (const char* part :
         {" -a '(painter list --ids 2>/dev/null)'", " -l colour -x -a 'red blue'",
          " -l ca-file -r -F ", " -l twice -d 'Two coats'"}) {
        EXPECT_THAT(fish, HasSubstr(part));
    }
}

TEST(ManPage, EscapesWhatRoffWouldRead) {
    const Example example;
    const std::string page = man_page(tree_of(example.app));
    EXPECT_THAT(
        page,
        HasSubstr("\\fB\\-\\-colour\\fR \\fIred|blue\\fR\nWhich. Also \\fBPAINT_COLOUR\\fR."));
    EXPECT_THAT(page, HasSubstr(".SS paint\nPaint it, don't [wash] it: now.\n"));
    EXPECT_THAT(page, HasSubstr("\\fBPAINT_COLOUR\\fR\nThe same as \\fB\\-\\-colour\\fR."));
    EXPECT_THAT(page, HasSubstr(".SH EXIT STATUS\n.TP\n\\fB0\\fR\ndone."));
}

}  // namespace
