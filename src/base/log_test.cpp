#include "base/log.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>

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
    EXPECT_NE(text.find("got target=/a fake\uFFFD[2J\n"), std::string::npos) << text;
}

TEST(Log, BytesFromOutsideThatAreNotUtf8CannotSpoilItsJson) {
    const std::string text = logged(log::Format::json, log::Level::info,
                                    [] { log::info("got \xc0", {{"target", "/\xff\xc3\xa4\n"}}); });
    const auto parsed = json::parse(text.substr(0, text.find('\n')));
    ASSERT_TRUE(parsed.ok()) << parsed.error << text;
    EXPECT_EQ(*parsed.value.find("message")->string(), "got \uFFFD");
    EXPECT_EQ(*parsed.value.find("target")->string(), "/\uFFFD\xc3\xa4 ");
}

// Lines wait in memory while nobody reads stderr.
TEST(Log, TextFromOutsideIsCutWhereItGetsLong) {
    const std::string line = "/" + std::string(1'998, 'a') + "\xc3\xa4";
    for (const auto format : {log::Format::json, log::Format::text}) {
        const std::string text =
            logged(format, log::Level::info, [&] { log::info(line, {{"target", line}}); });
        EXPECT_LT(text.size(), 2 * 2'100U);
        const std::string end = "aaa... (2001 bytes)";
        EXPECT_NE(text.find(end), std::string::npos) << text;
        EXPECT_NE(text.find(end), text.rfind(end)) << "of the message and of the field";
    }
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

// Its stderr is a full pipe that nobody reads.
class FullPipe {
public:
    FullPipe() : kept_(::dup(STDERR_FILENO)) {
        EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK), 0);
        const std::string block(4096, 'x');
        while (::write(ends_[1], block.data(), block.size()) > 0) {
        }
        EXPECT_EQ(::fcntl(ends_[1], F_SETFL, 0), 0);  // as a pipe is that a shell makes
        ::dup2(ends_[1], STDERR_FILENO);
    }
    ~FullPipe() {
        ::dup2(kept_, STDERR_FILENO);
        for (const int file : {kept_, ends_[0], ends_[1]}) ::close(file);
    }
    FullPipe(const FullPipe&) = delete;
    FullPipe& operator=(const FullPipe&) = delete;

private:
    int kept_;
    std::array<int, 2> ends_{};
};

TEST(Log, EndsAlthoughNobodyReadsIt) {
    const FullPipe pipe;
    log::start({.format = log::Format::json, .level = log::Level::info});
    for (int i = 0; i < 100; ++i) log::error("nobody reads this");
    const auto begun = std::chrono::steady_clock::now();
    log::last_words("neither this", {});
    log::finish();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST(Log, IsSilentBeforeItsStartAndAfterItsEnd) {
    EXPECT_FALSE(log::enabled(log::Level::error));
    EXPECT_NO_THROW(log::error("nobody hears"));
}

}  // namespace
