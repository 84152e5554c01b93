// Reads a write-ahead log before SQLite does. SQLite ends a log at its first invalid frame and says
// nothing; what follows that frame tells damage from a commit that a power loss cut off. Private to
// this room. The format: https://sqlite.org/fileformat2.html#the_write_ahead_log
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_set>

#include "es/sqlite/connection.hpp"

namespace es::sqlite {

// Where SQLite keeps it: next to the file itself, also when a link leads there.
std::filesystem::path log_of(const std::filesystem::path& database);

struct LogCheck {
    std::uint64_t bytes = 0;  // 0: there is no log, or an empty one
    // What SQLite will take from it: the pages, and how many the database then has.
    std::unordered_set<std::uint32_t> pages;
    std::uint32_t pages_total = 0;  // 0: it holds no commit
    // Why commits that were synced can't be read from it; empty: no such damage shows.
    std::string damage;
};

// `connection` is one to the database. A log that is cut off, or damaged in its last commit, looks
// like one that a power loss cut off, and is not noticed here. Nobody may be writing the log
// meanwhile. Throws es::Unusable when it can't be read, Error.
LogCheck check_log(const std::filesystem::path& database, Connection& connection);

}  // namespace es::sqlite
