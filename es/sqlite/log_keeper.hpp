// Keeps a file's write-ahead log short: moves it to the file in small steps, so that no commit
// waits long, and starts it over before it has grown large. Private to this room.
#pragma once

#include "es/sqlite/connection.hpp"

namespace es::sqlite {

class LogKeeper {
public:
    // It moves `step_pages` (of 4 KiB) at a time.
    LogKeeper(Connection& connection, int step_pages)
        : connection_(connection), step_pages_(step_pages) {}

    // To be called after a commit. Throws Error.
    void tend() {
        const int pages = connection_.log_pages();
        if (pages < tended_at_) tended_at_ = 0;  // the log started over
        if (pages < tended_at_ + step_pages_) return;
        tended_at_ = pages;
        // A log starts over by itself after a checkpoint, when no reader is in it just then; with
        // readers always there it must be waited for.
        if (pages >= large_pages) {
            connection_.checkpoint_all(false);
        } else {
            connection_.checkpoint();
        }
    }

    // Empties the log, for a clean end. Throws Error.
    void truncate() { connection_.checkpoint_all(true); }

private:
    static constexpr int large_pages = 16000;  // 64 MB

    Connection& connection_;
    const int step_pages_;
    int tended_at_ = 0;
};

}  // namespace es::sqlite
