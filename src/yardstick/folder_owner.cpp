#include "yardstick/folder_owner.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "base/user.hpp"
#include "es/errors.hpp"
#include "es/sqlite/event_file.hpp"

namespace yardstick {
namespace {

struct Owner {
    uid_t user;
    gid_t group;
};

// Of the events: a folder may be root's, and its files those of a user who writes there through its
// group. nullopt: this command makes the folder.
std::optional<Owner> owner_of(const std::filesystem::path& folder) {
    struct stat status{};
    if (::lstat(es::sqlite::event_file_in(folder).c_str(), &status) != 0 &&
        ::stat(folder.c_str(), &status) != 0) {
        return std::nullopt;
    }
    return Owner{status.st_uid, status.st_gid};
}

bool become(const Owner& owner) {
    const auto name = base::name_of_user(owner.user);
    const bool grouped =
        name ? ::initgroups(name->c_str(), owner.group) == 0 : ::setgroups(1, &owner.group) == 0;
    return grouped && ::setegid(owner.group) == 0 && ::seteuid(owner.user) == 0;
}

}  // namespace

void act_as_owner_of(const std::filesystem::path& folder) {
    if (::geteuid() != 0) return;
    const auto owner = owner_of(folder);
    if (!owner || owner->user == 0) return;
    const auto refuse = [&](const std::string& why) {
        throw es::Unusable(
            "The data folder " + folder.string() + " belongs to " +
            base::name_of_user(owner->user).value_or("user " + std::to_string(owner->user)) + ", " +
            why + ": run this command as that user.");
    };
    if (!become(*owner)) refuse("whose rights this process can't take");
    if (::faccessat(AT_FDCWD, folder.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
        refuse("who can't write there");
    }
}

}  // namespace yardstick
