#include "es/sqlite/draft_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "es/sqlite/data_folder.hpp"

namespace es::sqlite {
namespace {

es::Unusable unusable(const std::filesystem::path& path, const char* what, int error) {
    return es::Unusable(path.string() + " can't be " + what + ": " +
                        std::generic_category().message(error) + ".");
}

// Throws es::Unusable.
int open_locked(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) throw unusable(path, "made", errno);
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
    const int error = errno;
    ::close(file);
    if (error != EWOULDBLOCK) throw unusable(path, "locked", error);
    throw BeingMade("Another process is making " + path.string() + " just now.");
}

}  // namespace

DraftFile::DraftFile(std::filesystem::path path)
    : path_(std::move(path)), file_(open_locked(path_)) {
    // Between opening and locking, whoever made it before may have put it in place.
    while (!names_our_file()) {
        ::close(file_);
        file_ = open_locked(path_);
    }
    // A log or journal that it left next to it is removed by SQLite, as it finds an empty database.
    if (::ftruncate(file_, 0) != 0) {
        const int error = errno;
        ::close(file_);
        throw unusable(path_, "emptied", error);
    }
}

DraftFile::~DraftFile() {
    if (!in_place_) {
        std::error_code ignored;
        for (const char* suffix : database_suffixes) {
            std::filesystem::remove(beside(path_, suffix), ignored);
        }
        std::filesystem::remove(path_, ignored);
    }
    ::close(file_);
}

bool DraftFile::names_our_file() const {
    struct stat ours{};
    struct stat named{};
    return ::fstat(file_, &ours) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

void DraftFile::append(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw unusable(path_, "written", errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void DraftFile::read(const std::function<void(std::string_view bytes)>& on_piece) const {
    std::array<char, 65'536> buffer{};
    for (off_t offset = 0;;) {
        const ssize_t size = ::pread(file_, buffer.data(), buffer.size(), offset);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) throw unusable(path_, "read", errno);
        if (size == 0) return;
        on_piece({buffer.data(), static_cast<std::size_t>(size)});
        offset += size;
    }
}

void DraftFile::put_in_place(const std::filesystem::path& target) {
    if (::fsync(file_) != 0) throw unusable(path_, "brought to the disk", errno);
    std::error_code error;
    std::filesystem::rename(path_, target, error);
    if (error) throw unusable(target, "replaced", error.value());
    in_place_ = true;
    const auto folder = std::filesystem::absolute(target).lexically_normal().parent_path();
    if (!sync_folder(folder)) {
        throw es::Unusable(target.string() + " is there, but its folder " + folder.string() +
                           " can't be brought to the disk.");
    }
}

}  // namespace es::sqlite
