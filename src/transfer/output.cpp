#include "transfer/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "es/errors.hpp"

namespace transfer {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

es::Unusable unwritable(const std::string& name, int error) {
    return es::Unusable(name + " can't be written: " + std::generic_category().message(error) +
                        ".");
}

// How many files of this name, left by killed exports, are passed by.
constexpr int part_names_max = 100;

// Whether it is, or will be, a file: a rename would put one in the place of a device or a pipe.
bool is_replaced(const std::string& file) {
    std::error_code ignored;
    const auto status = std::filesystem::status(file, ignored);
    return file != "-" &&
           (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status));
}

// In a folder that others may write to, a link may be a trap: following it would replace a file of
// whoever exports.
bool is_link_of_another(const std::string& file) {
    struct stat about{};
    return ::lstat(file.c_str(), &about) == 0 && S_ISLNK(about.st_mode) &&
           about.st_uid != ::geteuid() && about.st_uid != 0;
}

// Where a link leads, so that the file it names is replaced and not the link. Empty: the standard
// output.
std::filesystem::path resolved(const std::string& file) {
    if (file == "-") return {};
    if (!is_replaced(file)) return file;
    if (is_link_of_another(file)) {
        throw es::Unusable(file + " can't be written: it is a link that another user made.");
    }
    std::error_code ignored;
    const auto path = std::filesystem::weakly_canonical(file, ignored);
    return ignored ? std::filesystem::path(file) : path;
}

// A new file next to the target: never one that is there already, whoever made it. -1 with errno.
int make_part(const std::filesystem::path& target, std::filesystem::path& part) {
    for (int i = 0; i < part_names_max; ++i) {
        part = target.string() + "." + std::to_string(::getpid()) +
               (i == 0 ? "" : "-" + std::to_string(i)) + ".part";
        const int file =
            ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST) return file;
    }
    return -1;
}

}  // namespace

Output::Output(const std::string& file)
    : target_(resolved(file)),
      file_(open(is_replaced(file))),
      to_terminal_(::isatty(file_.descriptor()) == 1) {}

Output::~Output() {
    if (!part_.empty() && !finished_) ::unlink(part_.c_str());
}

std::string Output::name() const {
    return target_.empty() ? "The output" : target_.string();
}

File Output::open(bool replaced) {
    if (target_.empty()) return File(STDOUT_FILENO);
    std::filesystem::path part;
    const int descriptor =
        replaced ? make_part(target_, part) : ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) throw unwritable(name(), errno);
    part_ = std::move(part);
    return File(descriptor);
}

void Output::write(std::string_view text) {
    buffer_ += to_terminal_ ? base::printable_lines(text) : std::string(text);
    if (buffer_.size() >= buffer_bytes) flush();
}

void Output::flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
        const ssize_t size = ::write(file_.descriptor(), rest.data(), wait_for_room(rest.size()));
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EPIPE) throw ReaderGone();
        if (size < 0) throw unwritable(name(), errno);
        rest.remove_prefix(static_cast<std::size_t>(size));
    }
    buffer_.clear();
}

std::size_t Output::wait_for_room(std::size_t size) {
    if (!stop_asked_) return size;
    constexpr int look_every_ms = 100;
    pollfd end{file_.descriptor(), POLLOUT, 0};
    while (::poll(&end, 1, look_every_ms) != 1) {
        if (stop_asked_()) throw ReaderGone();
    }
    return std::min<std::size_t>(size, PIPE_BUF);  // as pipe(7) promises
}

void Output::finish() {
    flush();
    if (part_.empty()) return;
    if (::fsync(file_.descriptor()) != 0 || std::rename(part_.c_str(), target_.c_str()) != 0) {
        throw unwritable(name(), errno);
    }
    finished_ = true;
}

bool Output::reader_gone() const {
    pollfd end{file_.descriptor(), 0, 0};
    return ::poll(&end, 1, 0) == 1 && (end.revents & POLLERR) != 0;
}

}  // namespace transfer
