// A database copied as a whole, for backing up and restoring. Private to this room.
#pragma once

#include <cstdint>
#include <functional>

#include "es/sqlite/connection.hpp"
#include "es/sqlite/draft_file.hpp"

namespace es::sqlite {

// Copies what `from` sees, which must be in a read transaction, into a plain database: one in
// rollback mode, which can be read without making files next to it. Throws Error.
void copy_database(Connection& from, const DraftFile& to,
                   const std::function<void(std::uint64_t pages, std::uint64_t of)>& on_progress);

}  // namespace es::sqlite
