#include "transfer/output.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"

namespace {

using namespace transfer;
namespace fs = std::filesystem;

struct OutputTest : ::testing::Test {
    static std::string read(const fs::path& file) {
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        return text.str();
    }

    const base::testing::TempFolder its_own;
    const fs::path folder = its_own.path();
};

// Whoever may write to the folder could have it overwrite a file of the one who exports.
TEST_F(OutputTest, WritesThroughNoLinkThatStandsInThePlaceOfItsTemporaryFile) {
    const fs::path target = folder / "out.csv";
    const fs::path victim = folder / "victim";
    std::ofstream(victim) << "precious";
    const fs::path part = target.string() + "." + std::to_string(::getpid()) + ".part";
    fs::create_symlink(victim, part);
    for (const char* text : {"one\n", "two\n"}) {
        Output out(target);
        out.write(text);
        out.finish();
        EXPECT_EQ(read(target), text);
    }
    EXPECT_EQ(read(victim), "precious");
    EXPECT_TRUE(fs::is_symlink(part));
    EXPECT_FALSE(fs::is_symlink(target));
}

TEST_F(OutputTest, ReplacesTheFileBehindALinkOfOnesOwn) {
    fs::create_directory(folder / "other");
    std::ofstream(folder / "other/real") << "old";
    fs::create_symlink(folder / "other/real", folder / "link");
    Output out(folder / "link");
    out.write("new");
    out.finish();
    EXPECT_EQ(read(folder / "other/real"), "new");
    EXPECT_TRUE(fs::is_symlink(folder / "link"));
}

TEST_F(OutputTest, RefusesALinkOfAnotherUser) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a link away";
    std::ofstream(folder / "real") << "old";
    fs::create_symlink(folder / "real", folder / "link");
    constexpr uid_t nobody = 65534;
    ASSERT_EQ(::lchown((folder / "link").c_str(), nobody, nobody), 0);
    EXPECT_THROW(Output(folder / "link"), es::Unusable);
    EXPECT_EQ(read(folder / "real"), "old");
}

TEST_F(OutputTest, WritesToWhatIsNoFileAsItIs) {
    Output null("/dev/null");
    null.write("gone\n");
    null.finish();
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
    Output full("/dev/full");
    full.write("too much\n");
    EXPECT_THROW(full.finish(), es::Unusable);
}

TEST_F(OutputTest, ATerminalGetsNoEscapeSequences) {
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(terminal, 0);
    ASSERT_EQ(::grantpt(terminal), 0);
    ASSERT_EQ(::unlockpt(terminal), 0);
    const std::string text = "{\"a\":\"\u009b2J\x7f\"}\n";
    Output out(::ptsname(terminal));
    out.write(text);
    out.finish();
    std::array<char, 100> shown{};
    const ssize_t size = ::read(terminal, shown.data(), shown.size());
    ASSERT_GT(size, 0);
    EXPECT_EQ(std::string(shown.data(), static_cast<std::size_t>(size)),
              "{\"a\":\"\uFFFD2J\uFFFD\"}\r\n");
    ::close(terminal);

    Output file(folder / "file");
    file.write(text);
    file.finish();
    EXPECT_EQ(read(folder / "file"), text);
}

}  // namespace
