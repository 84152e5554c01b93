#include "yardstick/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "es/errors.hpp"

namespace {

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

class DotEnv : public ::testing::Test {
protected:
    void load(const std::string& text) {
        const auto file =
            std::filesystem::path(::testing::TempDir()) / ("dotenv-" + std::to_string(::getpid()));
        std::ofstream(file) << text;
        yardstick::load_dotenv(file);
        std::filesystem::remove(file);
    }
    static std::string value(const char* name) {
        const char* text = std::getenv(name);
        return text == nullptr ? "(not set)" : text;
    }
};

TEST_F(DotEnv, FillsInWhatTheEnvironmentLacks) {
    ::setenv("YS_TEST_SET", "before", 1);
    load(
        "# comment\n\n YS_TEST_A = one # more\nexport YS_TEST_B='two # kept'\r\n"
        "YS_TEST_C=\"three\"\nYS_TEST_SET=after\nYS_TEST_D=a=b#c");
    EXPECT_EQ(value("YS_TEST_A"), "one");
    EXPECT_EQ(value("YS_TEST_B"), "two # kept");
    EXPECT_EQ(value("YS_TEST_C"), "three");
    EXPECT_EQ(value("YS_TEST_D"), "a=b#c");
    EXPECT_EQ(value("YS_TEST_SET"), "before");
}

TEST_F(DotEnv, NamesALineItCannotReadWithoutShowingIt) {
    try {
        load("A=1\nsecret-without-a-name\n");
        FAIL();
    } catch (const es::Unusable& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("line 2"));
        EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("secret")));
    }
}

TEST_F(DotEnv, NeedNotBeThere) {
    EXPECT_NO_THROW(yardstick::load_dotenv("/no/such/file"));
}

}  // namespace
