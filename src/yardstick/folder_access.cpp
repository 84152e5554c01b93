#include "yardstick/folder_access.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/user.hpp"
#include "es/errors.hpp"
#include "es/sqlite/data_folder.hpp"
#include "es/sqlite/event_file.hpp"
#include "views/sqlite/view_folder.hpp"

namespace yardstick {
namespace {

es::Unusable unreadable(const std::filesystem::path& path, int error) {
    std::string sentence =
        path.string() + " can't be read: " + std::generic_category().message(error);
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0)
        sentence +=
            "; it belongs to " +
            base::name_of_user(status.st_uid).value_or("user " + std::to_string(status.st_uid));
    return es::Unusable(sentence + ".");
}

bool is_missing(int error) {
    return error == ENOENT;
}

}  // namespace

void require_readable(const std::filesystem::path& folder) {
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0) {
        if (is_missing(errno)) return;
        throw unreadable(folder, errno);
    }
    if (!S_ISDIR(status.st_mode)) throw es::Unusable(folder.string() + " is not a folder.");
    // By the effective user, as opening does.
    if (::faccessat(AT_FDCWD, folder.c_str(), R_OK | X_OK, AT_EACCESS) != 0) {
        throw unreadable(folder, errno);
    }
    const std::filesystem::path events = es::sqlite::event_file_in(folder);
    if (::faccessat(AT_FDCWD, events.c_str(), R_OK, AT_EACCESS) != 0 && !is_missing(errno)) {
        throw unreadable(events, errno);
    }
}

void refuse_in_data_folder(const std::filesystem::path& file, const std::filesystem::path& data) {
    const auto folder = es::sqlite::resolved(file).parent_path();
    std::error_code failed;
    if (std::filesystem::equivalent(folder, data, failed) ||
        views::sqlite::is_data_folder(folder)) {
        throw es::Unusable(file.string() + " is in a data folder: name a file elsewhere.");
    }
}

}  // namespace yardstick
