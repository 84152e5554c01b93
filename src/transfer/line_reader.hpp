// A file (or pipe) line by line, in UTF-8 whatever its encoding is, with a limit on the length of a
// line and each line's number.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "transfer/text_decoder.hpp"

namespace transfer {

struct Line {
    std::size_t number = 0;  // the first one is 1
    std::string text;        // without its end
    std::string end;         // what it ends with; empty for a last line that just stops
    bool too_long = false;   // it was passed over; the text is empty then
};

// What ends a line.
enum class LineEnds {
    line_feed,  // a carriage return is part of the text
    any,        // a line feed, a carriage return, or both in this order
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
// What is left of a pipe, in a file without a name, so that it can be read more than once. Throws
// es::Unusable.
File copy_of(const File& pipe, const std::string& name);
// Where a file is read next, and sets it. Throws es::Unusable.
std::int64_t position_in(const File& file, const std::string& name);
void go_to(std::int64_t position, const File& file, const std::string& name);

class LineReader {
public:
    // `name` is what errors call the file. Both are kept by reference. `encoding`: see
    // text_decoder.hpp; empty: UTF-16 if a byte order mark says so and the lines may have any ends,
    // else nothing is converted.
    LineReader(const File& file, const std::string& name, std::size_t line_bytes_max,
               LineEnds ends = LineEnds::line_feed, std::string_view encoding = {});

    // nullopt at the end. Throws es::Unusable when the file can't be read or isn't of its encoding.
    std::optional<Line> next();

    // How much of the file was read so far. Any thread.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
    bool fill();  // false at the end
    std::size_t read(std::string& bytes);
    std::size_t read_mark(std::string& bytes);
    void decode(std::string_view bytes);
    [[noreturn]] void refuse_text() const;
    std::string take_end();

    const File& file_;
    const std::string& name_;
    const std::size_t line_bytes_max_;
    const std::string_view ends_;  // the characters that end a line
    std::string buffer_;
    std::size_t begin_ = 0;  // of what is not taken yet, in the buffer
    std::size_t number_ = 0;
    bool may_have_mark_;
    std::unique_ptr<TextDecoder> decoder_;  // absent: the text is taken as it is
    std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace transfer
