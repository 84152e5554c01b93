#include "yardstick/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "es/errors.hpp"

namespace {

using ::testing::ElementsAre;
using yardstick::parse_listen;

TEST(Settings, ReadsListenAddresses) {
    EXPECT_EQ(parse_listen({"127.0.0.1:3000", "--x"}, false).port, 3000);
    EXPECT_EQ(parse_listen({"[::1]:0", "--x"}, false).address, "::1");
    EXPECT_EQ(parse_listen({"localhost:80", "--x"}, false).address, "127.0.0.1");
    EXPECT_EQ(parse_listen({"0.0.0.0:80", "--x"}, true).address, "0.0.0.0");
    for (const char* bad :
         {"", "3000", ":3000", "::1:3000", "127.0.0.1", "127.0.0.1:", "[]:1", "127.0.0.1:65536",
          "127.0.0.1:-1", "127.0.0.1:3000x", "example.org:80"}) {
        EXPECT_THROW(parse_listen({bad, "--x"}, true), es::Unusable) << bad;
    }
}

TEST(Settings, ListensBeyondThisMachineOnlyWhenToldTwice) {
    for (const char* outside : {"0.0.0.0:3000", "[::]:3000", "192.168.1.5:3000"}) {
        try {
            parse_listen({outside, "--write-listen"}, false);
            FAIL() << outside;
        } catch (const es::Unusable& error) {
            EXPECT_THAT(error.what(), ::testing::HasSubstr("--listen-anywhere"));
        }
        EXPECT_EQ(parse_listen({outside, "--write-listen"}, true).port, 3000);
    }
}

class DotEnvTest : public ::testing::Test {
protected:
    DotEnvTest() { ::setenv("YARDSTICK_TEST_SET", "before", 1); }
    ~DotEnvTest() override {
        for (const char letter : {'A', 'B', 'C', 'D', 'E'}) {
            ::unsetenv((std::string("YARDSTICK_TEST_") + letter).c_str());
        }
        std::filesystem::remove(file_);
    }
    std::vector<std::string> load(const std::string& text, bool ours = true) {
        std::ofstream(file_) << text;
        return yardstick::load_dotenv({.file = file_, .ours = ours});
    }
    static std::string value(const char* name) {
        const char* text = std::getenv(name);
        return text == nullptr ? "(not set)" : text;
    }

    std::filesystem::path file_ =
        std::filesystem::path(::testing::TempDir()) / ("dotenv-" + std::to_string(::getpid()));
};

TEST_F(DotEnvTest, FillsInWhatTheEnvironmentLacks) {
    const auto taken = load(
        "# comment\n\n YARDSTICK_TEST_A = one # more\nexport YARDSTICK_TEST_B='two # kept'\r\n"
        "YARDSTICK_TEST_C=\"three\"\nYARDSTICK_TEST_SET=after\nYARDSTICK_TEST_D=a=b#c");
    EXPECT_EQ(value("YARDSTICK_TEST_A"), "one");
    EXPECT_EQ(value("YARDSTICK_TEST_B"), "two # kept");
    EXPECT_EQ(value("YARDSTICK_TEST_C"), "three");
    EXPECT_EQ(value("YARDSTICK_TEST_D"), "a=b#c");
    EXPECT_EQ(value("YARDSTICK_TEST_SET"), "before");
    EXPECT_THAT(taken, ElementsAre("YARDSTICK_TEST_A", "YARDSTICK_TEST_B", "YARDSTICK_TEST_C",
                                   "YARDSTICK_TEST_D"));
}

TEST_F(DotEnvTest, AValueThatIsOnlyACommentIsEmpty) {
    const auto taken = load(
        "YARDSTICK_TEST_A= # default: .\nYARDSTICK_TEST_B=\t# tab\nYARDSTICK_TEST_C=#colour\n"
        "YARDSTICK_TEST_D=a#b #c\nYARDSTICK_TEST_E=\n");
    EXPECT_EQ(value("YARDSTICK_TEST_A"), "");
    EXPECT_EQ(value("YARDSTICK_TEST_B"), "");
    EXPECT_EQ(value("YARDSTICK_TEST_C"), "#colour");
    EXPECT_EQ(value("YARDSTICK_TEST_D"), "a#b");
    EXPECT_EQ(value("YARDSTICK_TEST_E"), "");
    EXPECT_THAT(taken, ElementsAre("YARDSTICK_TEST_C", "YARDSTICK_TEST_D"));
}

TEST_F(DotEnvTest, MayBeginWithAByteOrderMark) {
    EXPECT_THAT(load("\xEF\xBB\xBFYARDSTICK_TEST_A=1\r\n"), ElementsAre("YARDSTICK_TEST_A"));
}

TEST_F(DotEnvTest, OfAnotherProgramGivesWhatIsKnownAlone) {
    EXPECT_THAT(load("no form\nPOSTGRES_PASSWORD=x\nYARDSTICK_TEST_A=1\n", false),
                ElementsAre("YARDSTICK_TEST_A"));
    EXPECT_EQ(value("POSTGRES_PASSWORD"), "(not set)");
}

TEST_F(DotEnvTest, ThatCannotBeOpenedIsNotPassedOver) {
    std::filesystem::create_symlink(file_.filename(), file_);  // also for root, who may read all
    EXPECT_THROW(yardstick::load_dotenv({.file = file_}), es::Unusable);
    std::filesystem::remove(file_);
    std::filesystem::create_directory(file_);
    EXPECT_THROW(yardstick::load_dotenv({.file = file_}), es::Unusable);
}

TEST_F(DotEnvTest, NamesALineItCannotReadWithoutShowingIt) {
    try {
        load("A=1\nsecret-without-a-name\n");
        FAIL();
    } catch (const es::Unusable& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("line 2"));
        EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("secret")));
    }
}

TEST_F(DotEnvTest, NeedNotBeThere) {
    EXPECT_NO_THROW(yardstick::load_dotenv({.file = "/no/such/file"}));
}

}  // namespace
