// A file (or pipe) line by line, with a limit on the length of a line and each line's number.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace transfer {

struct Line {
    std::size_t number = 0;  // the first one is 1
    std::string text;        // without its line feed
    bool too_long = false;   // it was passed over; the text is empty then
};

// An open file. Closes it, unless it is the standard input or output.
class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File();
    File(File&& other) noexcept;
    File& operator=(File&&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

// "-" is the standard input. Throws es::Unusable.
File open_input(const std::string& name);
// In bytes; nullopt for a pipe.
std::optional<std::uint64_t> size_of(const File& file);

class LineReader {
public:
    // `name` is what errors call the file. Both are kept by reference.
    LineReader(const File& file, const std::string& name, std::size_t line_bytes_max)
        : file_(file), name_(name), line_bytes_max_(line_bytes_max) {}

    // nullopt at the end. A last line need not end with a line feed. Throws es::Unusable when the
    // file can't be read.
    std::optional<Line> next();

    // How much of the file was read so far. Any thread.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    bool fill();  // false at the end

    const File& file_;
    const std::string& name_;
    const std::size_t line_bytes_max_;
    std::string buffer_;
    std::size_t begin_ = 0;  // of what is not taken yet, in the buffer
    std::size_t number_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace transfer
