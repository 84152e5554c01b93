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
    EXPECT_EQ(parse_listen({"[::ffff:127.0.0.1]:80", "--x"}, false).address, "127.0.0.1");
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

TEST(Settings, ChecksHostsOnLoopbackAddressesAndWhereTheyAreGiven) {
    const auto checks = [](const char* listen, std::vector<std::string> hosts) {
        yardstick::Settings settings;
        settings.allowed_hosts = std::move(hosts);
        return origin_policy(settings, parse_listen({listen, "--x"}, true)).checks_host;
    };
    for (const char* loopback :
         {"127.0.0.1:1", "127.8.8.8:1", "localhost:1", "[::1]:1", "[::ffff:127.0.0.1]:1"}) {
        EXPECT_TRUE(checks(loopback, {})) << loopback;
    }
    for (const char* other : {"0.0.0.0:1", "[::]:1", "10.0.0.7:1", "[::ffff:10.0.0.7]:1"}) {
        EXPECT_FALSE(checks(other, {})) << other;
        EXPECT_TRUE(checks(other, {"kpi.example"})) << other;
    }
}

TEST(Settings, TakesHostNames) {
    EXPECT_EQ(yardstick::parse_allowed_host("KPI.example."), "kpi.example");
    EXPECT_EQ(yardstick::parse_allowed_host("write_api-1"), "write_api-1");
    EXPECT_EQ(yardstick::parse_allowed_host("xn--knig-5qa.example"), "xn--knig-5qa.example");
    const std::string too_long = std::string(250, 'a') + ".com";
    for (const std::string& bad :
         {std::string(), std::string("kpi.example:80"), std::string("kpi.example:"),
          std::string("http://kpi.example"), std::string("*"), std::string("*.example"),
          std::string("k\xc3\xb6nig.example"), std::string("a b"), std::string("."),
          std::string(".example"), std::string("a..example"), too_long}) {
        EXPECT_THROW(yardstick::parse_allowed_host(bad), es::Unusable) << bad;
    }
}

TEST(Settings, TakesOriginsAsBrowsersSendThem) {
    yardstick::CorsOrigins origins;
    add_cors_origin(origins, "https://intranet.example");
    add_cors_origin(origins, "http://[::1]:8080");
    EXPECT_EQ(origins.listed.size(), 2U);
    EXPECT_FALSE(origins.any_may_read);
    add_cors_origin(origins, "*");
    EXPECT_TRUE(origins.any_may_read);
    for (const char* bad :
         {"", "null", "intranet.example", "https://intranet.example/", "https://Intranet.example",
          "https://*.example", "http://a.example:80"}) {
        EXPECT_THROW(add_cors_origin(origins, bad), es::Unusable) << bad;
    }
    try {
        add_cors_origin(origins, "https://Intranet.example:443");
        FAIL();
    } catch (const es::Unusable& error) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr(" https://intranet.example "));
    }
}

class DotEnvTest : public ::testing::Test {
protected:
    void SetUp() override { ::setenv("YARDSTICK_TEST_SET", "before", 1); }
    void TearDown() override {
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

TEST_F(DotEnvTest, AValueIsNotCutAtANul) {
    const std::string text = "YARDSTICK_TEST_A=one" + std::string(1, '\0') + "two\n";
    EXPECT_THROW(load(text), es::Unusable);
    EXPECT_THAT(load(text, false), ::testing::IsEmpty());
    EXPECT_EQ(value("YARDSTICK_TEST_A"), "(not set)");
}

TEST_F(DotEnvTest, NeedNotBeThere) {
    EXPECT_NO_THROW(yardstick::load_dotenv({.file = "/no/such/file"}));
}

}  // namespace
