#include "transfer/line_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "es/errors.hpp"

namespace transfer {
namespace {

constexpr std::size_t read_bytes = 64 * 1024;

es::Unusable unreadable(const std::string& name, int error) {
    return es::Unusable(name + " can't be read: " + std::generic_category().message(error) + ".");
}

es::Unusable uncopied(const std::string& name, int error) {
    return es::Unusable(name + " can't be copied to a file in " +
                        std::filesystem::temp_directory_path().string() + ": " +
                        std::generic_category().message(error) + ".");
}

// -1 with errno set.
ssize_t read_some(const File& file, char* bytes, std::size_t bytes_max) {
    for (;;) {
        const ssize_t size = ::read(file.descriptor(), bytes, bytes_max);
        if (size >= 0 || errno != EINTR) return size;
    }
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

File copy_of(const File& pipe, const std::string& name) {
    std::string path = (std::filesystem::temp_directory_path() / "yardstick-XXXXXX").string();
    File copy(::mkostemp(path.data(), O_CLOEXEC));
    if (copy.descriptor() < 0) throw uncopied(name, errno);
    ::unlink(path.c_str());
    std::vector<char> buffer(read_bytes);
    for (;;) {
        const ssize_t size = read_some(pipe, buffer.data(), buffer.size());
        if (size < 0) throw unreadable(name, errno);
        if (size == 0) break;
        for (ssize_t done = 0; done < size;) {
            const auto left = static_cast<std::size_t>(size - done);
            const ssize_t written = ::write(copy.descriptor(), buffer.data() + done, left);
            if (written < 0 && errno != EINTR) throw uncopied(name, errno);
            if (written > 0) done += written;
        }
    }
    go_to(0, copy, name);
    return copy;
}

std::int64_t position_in(const File& file, const std::string& name) {
    const off_t position = ::lseek(file.descriptor(), 0, SEEK_CUR);
    if (position < 0) throw unreadable(name, errno);
    return position;
}

void go_to(std::int64_t position, const File& file, const std::string& name) {
    if (::lseek(file.descriptor(), position, SEEK_SET) < 0) throw unreadable(name, errno);
}

LineReader::LineReader(const File& file, const std::string& name, std::size_t line_bytes_max,
                       LineEnds ends, std::string_view encoding)
    : file_(file),
      name_(name),
      line_bytes_max_(line_bytes_max),
      ends_(ends == LineEnds::any ? "\r\n" : "\n"),
      may_have_mark_(ends == LineEnds::any && encoding.empty()) {
    if (!encoding.empty()) decoder_ = std::make_unique<TextDecoder>(encoding);
}

// Appends what the file has next; how much that was, 0 at the end.
std::size_t LineReader::read(std::string& bytes) {
    const std::size_t before = bytes.size();
    bytes.resize(before + read_bytes);
    const ssize_t size = read_some(file_, bytes.data() + before, read_bytes);
    if (size < 0) throw unreadable(name_, errno);
    bytes.resize(before + static_cast<std::size_t>(size));
    bytes_ += static_cast<std::uint64_t>(size);
    return static_cast<std::size_t>(size);
}

// Reads the text's begin, as far as to see a byte order mark.
std::size_t LineReader::read_mark(std::string& bytes) {
    may_have_mark_ = false;
    std::size_t size = read(bytes);
    if (size == 1) size += read(bytes);
    if (const auto encoding = encoding_by_mark(bytes)) {
        decoder_ = std::make_unique<TextDecoder>(*encoding);
    }
    return size;
}

void LineReader::refuse_text() const {
    const std::string_view left = std::string_view(buffer_).substr(begin_);
    std::size_t line = number_ + 1;
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (ends_.find(left[i]) == std::string_view::npos) continue;
        if (left[i] == '\r' && left.substr(i + 1).starts_with('\n')) ++i;
        ++line;
    }
    throw es::Unusable("Line " + std::to_string(line) + " of " + name_ + " is not text in " +
                       std::string(decoder_->encoding()) +
                       "; say which encoding it has with --encoding.");
}

void LineReader::decode(std::string_view bytes) {
    const bool complete = bytes.empty() ? decoder_->complete() : decoder_->take(bytes, buffer_);
    if (!complete) refuse_text();
}

bool LineReader::fill() {
    buffer_.erase(0, std::exchange(begin_, 0));
    if (!decoder_ && !may_have_mark_) return read(buffer_) > 0;
    std::string bytes;
    const std::size_t size = may_have_mark_ ? read_mark(bytes) : read(bytes);
    if (decoder_) {
        decode(bytes);
    } else {
        buffer_ += bytes;
    }
    return size > 0;
}

std::optional<Line> LineReader::next() {
    Line line;
    std::size_t looked_at = begin_;
    std::size_t end = std::string::npos;
    while ((end = buffer_.find_first_of(ends_, looked_at)) == std::string::npos) {
        if (buffer_.size() - begin_ > line_bytes_max_) {  // what is passed over needs no memory
            line.too_long = true;
            begin_ = buffer_.size();
        }
        const std::size_t left = buffer_.size() - begin_;
        const bool more = fill();
        looked_at = left;
        if (more) continue;
        if (buffer_.empty() && !line.too_long) return std::nullopt;
        end = buffer_.size();
        break;
    }
    line.number = ++number_;
    line.too_long = line.too_long || end - begin_ > line_bytes_max_;
    if (!line.too_long) line.text.assign(buffer_, begin_, end - begin_);
    begin_ = end;
    line.end = take_end();
    return line;
}

// What the line ends with, from where it stands in the buffer.
std::string LineReader::take_end() {
    if (begin_ == buffer_.size()) return {};
    std::string end(1, buffer_[begin_++]);
    if (end == "\n") return end;
    while (begin_ == buffer_.size() && fill()) {  // it may be half of a line's end
    }
    if (begin_ < buffer_.size() && buffer_[begin_] == '\n') end += buffer_[begin_++];
    return end;
}

}  // namespace transfer
