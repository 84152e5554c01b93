#include "stores/sqlite/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "es/errors.hpp"

namespace stores::sqlite {
namespace {

std::string reason(int error) {
    return std::generic_category().message(error);
}

// So that a power loss doesn't take the new folder. What can't be synced is left to luck: not every
// file system lets folders be opened.
void sync_parent(const std::filesystem::path& folder) {
    const auto parent = std::filesystem::absolute(folder).lexically_normal().parent_path();
    const int file = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return;
    ::fsync(file);
    ::close(file);
}

}  // namespace

void make_data_folder(const std::filesystem::path& folder) {
    if (std::filesystem::is_directory(folder)) return;
    std::error_code error;
    if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
    if (error || (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)) {
        throw es::Unusable("The data folder " + folder.string() +
                           " can't be made: " + (error ? error.message() : reason(errno)) + ".");
    }
    sync_parent(folder);
}

FileLock::FileLock(const std::filesystem::path& folder, const std::string& name,
                   const std::string& taken) {
    const std::filesystem::path path = folder / name;
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0) {
        throw es::Unusable("The lock file " + path.string() + " can't be opened: " + reason(errno) +
                           ".");
    }
    if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
    const int error = errno;
    ::close(file_);
    if (error == EWOULDBLOCK) throw es::Unusable(taken);
    throw es::Unusable("The lock file " + path.string() + " can't be locked: " + reason(error) +
                       ".");
}

FileLock::~FileLock() {
    ::close(file_);
}

void end_process(const std::string& why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::_Exit(70);
}

}  // namespace stores::sqlite
