#include "transfer/line_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "es/errors.hpp"

namespace transfer {
namespace {

constexpr std::size_t read_bytes = 64 * 1024;

es::Unusable unreadable(const std::string& name, int error) {
    return es::Unusable(name + " can't be read: " + std::generic_category().message(error) + ".");
}

}  // namespace

File::~File() {
    if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

File open_input(const std::string& name) {
    if (name == "-") return File(STDIN_FILENO);
    const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw unreadable(name, errno);
    return File(descriptor);
}

std::optional<std::uint64_t> size_of(const File& file) {
    struct stat about{};
    if (::fstat(file.descriptor(), &about) != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
    return static_cast<std::uint64_t>(about.st_size);
}

bool LineReader::fill() {
    buffer_.erase(0, std::exchange(begin_, 0));
    const std::size_t before = buffer_.size();
    buffer_.resize(before + read_bytes);
    ssize_t size = 0;
    do {
        size = ::read(file_.descriptor(), buffer_.data() + before, read_bytes);
    } while (size < 0 && errno == EINTR);
    buffer_.resize(before + (size > 0 ? static_cast<std::size_t>(size) : 0));
    if (size < 0) throw unreadable(name_, errno);
    bytes_ += static_cast<std::uint64_t>(size);
    return size > 0;
}

std::optional<Line> LineReader::next() {
    Line line;
    std::size_t looked_at = begin_;
    bool ended = false;
    std::size_t end = std::string::npos;
    while ((end = buffer_.find('\n', looked_at)) == std::string::npos) {
        if (buffer_.size() - begin_ > line_bytes_max_) {  // what is passed over needs no memory
            line.too_long = true;
            begin_ = buffer_.size();
        }
        const std::size_t left = buffer_.size() - begin_;
        ended = !fill();
        looked_at = left;
        if (ended) break;
    }
    if (ended && buffer_.empty() && !line.too_long) return std::nullopt;
    if (ended) end = buffer_.size();
    line.number = ++number_;
    line.too_long = line.too_long || end - begin_ > line_bytes_max_;
    if (!line.too_long) line.text.assign(buffer_, begin_, end - begin_);
    begin_ = ended ? end : end + 1;
    return line;
}

}  // namespace transfer
