// Cuts a text that comes in pieces into its lines, without keeping more of one than it may have.
//
//     LineSplitter lines(16 * 1024);
//     lines.append("{\"id\":\"a\"}\n{\"id\"");
//     while (const auto line = lines.next()) use(line->number, line->text);
//     lines.finish();   // what follows the last line feed is a line, too
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

class LineSplitter {
public:
    explicit LineSplitter(std::size_t bytes_max) : line_bytes_max_(bytes_max) {}

    struct Line {
        std::int64_t number = 0;  // from 1
        std::string text;         // without its end (LF or CR LF); empty if it is too long
        bool too_long = false;
    };

    void append(std::string_view piece);
    // No more comes.
    void finish() { finished_ = true; }
    // Nothing for as long as no line is complete.
    std::optional<Line> next();
    // Of the line that next() gives next, complete or not.
    [[nodiscard]] std::int64_t next_number() const { return number_ + 1; }

private:
    Line take(std::size_t size);

    const std::size_t line_bytes_max_;
    std::string text_;
    std::size_t consumed_ = 0;  // of the text
    std::size_t scanned_ = 0;   // has no line feed from consumed_ up to here
    std::int64_t number_ = 0;
    bool too_long_ = false;  // the line that begins the text
    bool finished_ = false;
};

}  // namespace base
