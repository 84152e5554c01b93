#include "es/sqlite/connection.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>

#include "es/testing/temp_folder.hpp"

namespace {

using es::sqlite::Access;
using es::sqlite::Connection;

// Sets the process's umask for a while.
class Umask {
public:
    explicit Umask(mode_t mask) : before_(::umask(mask)) {}
    ~Umask() { ::umask(before_); }
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;

private:
    mode_t before_;
};

mode_t mode_of(const std::filesystem::path& file) {
    struct stat status{};
    EXPECT_EQ(::stat(file.c_str(), &status), 0) << file;
    return status.st_mode & 0777;
}

TEST(Connection, NewFilesFollowTheUmask) {
    const es::testing::TempFolder folder;
    for (const mode_t mask : {mode_t{0007}, mode_t{0077}, mode_t{0022}}) {
        const Umask masked(mask);
        const auto file = folder.path() / ("mask-" + std::to_string(mask) + ".db");
        Connection connection(file, Access::write);
        connection.execute("PRAGMA journal_mode = WAL; CREATE TABLE t(x)");
        EXPECT_EQ(mode_of(file), 0666 & ~mask);
        EXPECT_EQ(mode_of(file.string() + "-wal"), 0666 & ~mask);
    }
}

}  // namespace
