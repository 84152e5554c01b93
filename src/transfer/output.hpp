// Where an export goes: the standard output, or a file that appears when it is complete.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "transfer/line_reader.hpp"

namespace transfer {

// The reader of a pipe has gone: it has seen enough.
class ReaderGone {};

// Used by one thread at a time.
class Output {
public:
    // "-": the standard output (where SIGPIPE must be ignored). Else a file, written as
    // "<file>.<process id>.part", which must be new, and renamed by finish(); what is no file, such
    // as a device or a pipe, is written as it is. Throws es::Unusable, also for a link that
    // another user made.
    explicit Output(const std::string& file);
    ~Output();  // without finish() no file is left behind
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    // Whole lines, buffered. A terminal gets them printable (base/text.hpp). This and the following
    // throw es::Unusable when it can't be written (e.g. the disk is full), ReaderGone for a closed
    // pipe.
    void write(std::string_view text);
    void flush();
    void finish();

    // From now on a write that must wait, e.g. for whoever reads a pipe, asks this several times a
    // second, and throws ReaderGone when it says so.
    void give_up_when(std::function<bool()> stop_asked) { stop_asked_ = std::move(stop_asked); }

    // Whether it is a pipe that nobody reads any more.
    [[nodiscard]] bool reader_gone() const;

private:
    [[nodiscard]] std::string name() const;
    File open(bool replaced);
    // How many bytes it takes now without waiting, `size` at most.
    std::size_t wait_for_room(std::size_t size);

    const std::filesystem::path target_;  // empty: the standard output
    std::filesystem::path part_;          // empty: the target itself is written
    File file_;                           // opened after `part_` is there
    const bool to_terminal_;
    std::string buffer_;
    bool finished_ = false;
    std::function<bool()> stop_asked_;
};

}  // namespace transfer
