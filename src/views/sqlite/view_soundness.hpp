// Whether a file of views says what was written to it, as far as the file alone can show that.
// Private to this room; docs/formats/sqlite.md says what is checked when, and what can't be seen.
#pragma once

#include "views/sqlite/connection.hpp"

namespace views::sqlite {

// SQLite's whole check: pages, the order of rows, each index against its table. Then what the
// tables must say of each other. Reads all of the file. Throws Error.
bool are_sound(Connection& views);

}  // namespace views::sqlite
