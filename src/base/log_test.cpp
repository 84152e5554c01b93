#include "base/log.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "base/json.hpp"

namespace {

namespace log = base::log;

std::string logged(log::Format format, log::Level level, const std::function<void()>& write) {
    ::testing::internal::CaptureStderr();
    log::start({.format = format, .level = level});
    write();
    log::finish();
    return ::testing::internal::GetCapturedStderr();
}

TEST(Log, WritesOneJsonObjectALine) {
    const std::string text = logged(log::Format::json, log::Level::info, [] {
        log::info("hello", {{"text", "a \"b\"\n"}, {"whole", 7}, {"number", 0.5}});
    });
    ASSERT_FALSE(text.empty());
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    const auto parsed = json::parse(text.substr(0, text.size() - 1));
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed.value.find("message")->string(), "hello");
    EXPECT_EQ(*parsed.value.find("level")->string(), "info");
    EXPECT_EQ(*parsed.value.find("text")->string(), "a \"b\"\n");
    EXPECT_EQ(parsed.value.find("whole")->number()->value, 7);
    EXPECT_EQ(parsed.value.find("number")->number()->value, 0.5);
}

TEST(Log, TextFromOutsideCannotBreakALine) {
    const std::string text = logged(log::Format::text, log::Level::info,
                                    [] { log::info("got", {{"target", "/a\nfake\x1b[2J"}}); });
    EXPECT_NE(text.find("got target=/a?fake?[2J\n"), std::string::npos) << text;
}

TEST(Log, KeepsToItsLevel) {
    const std::string text = logged(log::Format::text, log::Level::warning, [] {
        EXPECT_FALSE(log::enabled(log::Level::info));
        log::info("quiet");
        log::error("loud");
    });
    EXPECT_EQ(text.find("quiet"), std::string::npos);
    EXPECT_NE(text.find("loud"), std::string::npos);
}

TEST(Log, IsSilentBeforeItsStartAndAfterItsEnd) {
    EXPECT_FALSE(log::enabled(log::Level::error));
    EXPECT_NO_THROW(log::error("nobody hears"));
}

}  // namespace
