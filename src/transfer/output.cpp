#include "transfer/output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "es/errors.hpp"

namespace transfer {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

es::Unusable unwritable(const std::string& name, int error) {
    return es::Unusable(name + " can't be written: " + std::generic_category().message(error) +
                        ".");
}

// Where a link leads, so that the file behind it is replaced and not the link.
std::filesystem::path resolved(const std::string& file) {
    if (file == "-") return {};
    std::error_code ignored;
    const auto path = std::filesystem::weakly_canonical(file, ignored);
    return ignored ? std::filesystem::path(file) : path;
}

// A rename would put a file in the place of a device.
bool is_replaced(const std::filesystem::path& target) {
    std::error_code ignored;
    const auto status = std::filesystem::status(target, ignored);
    return !target.empty() &&
           (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status));
}

}  // namespace

Output::Output(const std::string& file)
    : target_(resolved(file)),
      part_(is_replaced(target_) ? target_.string() + "." + std::to_string(::getpid()) + ".part"
                                 : std::string()),
      file_(open()) {}

Output::~Output() {
    if (!part_.empty() && !finished_) ::unlink(part_.c_str());
}

std::string Output::name() const {
    return target_.empty() ? "The output" : target_.string();
}

File Output::open() {
    if (target_.empty()) return File(STDOUT_FILENO);
    const auto& path = part_.empty() ? target_ : part_;
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) throw unwritable(name(), errno);
    return File(descriptor);
}

void Output::write(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= buffer_bytes) flush();
}

void Output::flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
        const ssize_t size = ::write(file_.descriptor(), rest.data(), rest.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EPIPE) throw ReaderGone();
        if (size < 0) throw unwritable(name(), errno);
        rest.remove_prefix(static_cast<std::size_t>(size));
    }
    buffer_.clear();
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
