#include "yardstick/folder_access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/testing/temp_folder.hpp"
#include "es/errors.hpp"

namespace {

using ::testing::HasSubstr;
using yardstick::require_readable;

// Somebody who isn't root for a while, because root may read everything.
class AsNobody {
public:
    AsNobody() : before_(::geteuid()) { become(65534); }
    ~AsNobody() { become(before_); }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;

private:
    void become(uid_t user) const {
        if (before_ != 0) return;
        EXPECT_EQ(::seteuid(user), 0);
    }

    uid_t before_;
};

std::string refusal(const std::filesystem::path& folder) {
    try {
        require_readable(folder);
    } catch (const es::Unusable& error) {
        return error.what();
    }
    return {};
}

TEST(FolderAccess, WhatIsMissingIsNotRefused) {
    const base::testing::TempFolder folder;
    EXPECT_EQ(refusal(folder.path()), "");
    EXPECT_EQ(refusal(folder.path() / "missing"), "");
}

TEST(FolderAccess, WhatMayNotBeReadIsNamedWithItsOwner) {
    const base::testing::TempFolder folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
    const auto data = folder.path() / "data";
    std::filesystem::create_directory(data);
    std::ofstream(data / "events.db") << "x";
    const std::string why = " can't be read: Permission denied; it belongs to ";

    std::filesystem::permissions(data / "events.db", std::filesystem::perms::none);
    {
        const AsNobody nobody;
        EXPECT_THAT(refusal(data), HasSubstr((data / "events.db").string() + why));
    }
    std::filesystem::permissions(data, std::filesystem::perms::none);
    {
        const AsNobody nobody;
        EXPECT_THAT(refusal(data), HasSubstr(data.string() + why));
        EXPECT_THAT(refusal(data / "deeper"), HasSubstr("can't be read: Permission denied."));
    }
    std::filesystem::permissions(data, std::filesystem::perms::owner_all);
}

TEST(FolderAccess, AFileIsNoFolder) {
    EXPECT_EQ(refusal("/etc/passwd"), "/etc/passwd is not a folder.");
    EXPECT_THAT(refusal("/etc/passwd/data"), HasSubstr("can't be read: Not a directory"));
}

}  // namespace
