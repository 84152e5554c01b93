#include "es/sqlite/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <thread>

#include "es/errors.hpp"

namespace es::sqlite {
namespace {

std::string reason(int error) {
    return std::generic_category().message(error);
}

// For one line: "<process id> <role>".
constexpr std::size_t holder_bytes_max = 200;

LockHolder read_holder(int file) {
    std::string text(holder_bytes_max, '\0');
    const ssize_t size = ::pread(file, text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    text.resize(std::min(text.find('\n'), text.size()));
    LockHolder holder;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), holder.process);
    if (error == std::errc() && end != text.data() + text.size()) holder.role = end + 1;
    return holder;
}

// What it says is for people; a failure does no harm.
void write_holder(int file, const std::string& role) {
    const std::string line = std::to_string(::getpid()) + " " + role + "\n";
    if (::ftruncate(file, 0) != 0) return;
    static_cast<void>(::pwrite(file, line.data(), std::min(line.size(), holder_bytes_max), 0));
}

// 0, or the error. The kernel releases a killed process's lock shortly after its end, and
// lock_holder() holds it briefly too: neither should refuse a start.
int lock_patiently(int file) {
    constexpr std::chrono::milliseconds patience{300};
    constexpr std::chrono::milliseconds pause{10};
    for (auto waited = std::chrono::milliseconds(0);; waited += pause) {
        if (::flock(file, LOCK_EX | LOCK_NB) == 0) return 0;
        if (errno != EWOULDBLOCK || waited >= patience) return errno;
        std::this_thread::sleep_for(pause);
    }
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
    // What can't be synced is left to luck.
    sync_folder(std::filesystem::absolute(folder).lexically_normal().parent_path());
}

namespace {

bool sync(const std::filesystem::path& path, int flags) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
    if (file < 0) return false;
    const bool synced = ::fsync(file) == 0;
    ::close(file);
    return synced;
}

}  // namespace

bool sync_folder(const std::filesystem::path& folder) {
    return sync(folder, O_DIRECTORY);
}

bool sync_file(const std::filesystem::path& file) {
    return sync(file, 0);
}

bool is_data_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    return std::filesystem::exists(folder / events_lock, ignored);
}

std::filesystem::path resolved(const std::filesystem::path& file) {
    std::error_code failed;
    const auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(file), failed);
    return failed ? file : path;
}

bool is_there(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(file, ignored));
}

bool has_bytes(const std::filesystem::path& file) {
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    return !error && size > 0;
}

std::optional<LockHolder> lock_holder(const std::filesystem::path& folder,
                                      const std::string& name) {
    const int file = ::open((folder / name).c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    const bool held = ::flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    LockHolder holder = read_holder(file);
    ::close(file);
    if (!held) return std::nullopt;
    return holder;
}

FileLock::FileLock(const std::filesystem::path& folder, const std::string& name,
                   const std::string& role, const std::string& what) {
    const std::filesystem::path path = folder / name;
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0) {
        throw es::Unusable("The lock file " + path.string() + " can't be opened: " + reason(errno) +
                           ".");
    }
    const int error = lock_patiently(file_);
    if (error == 0) {
        write_holder(file_, role);
        return;
    }
    const LockHolder holder = read_holder(file_);
    ::close(file_);
    if (error == EWOULDBLOCK) {
        throw es::InUse("The data folder " + folder.string() + " is in use: another process (" +
                        (holder.role.empty() ? "" : holder.role + ", ") + "id " +
                        std::to_string(holder.process) + ") " + what + ".");
    }
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

}  // namespace es::sqlite
