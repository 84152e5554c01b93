// Turns a database's write-ahead log on and off, so that a process that is killed meanwhile leaves
// a database that everybody can read. Private to this room.
#pragma once

#include "es/sqlite/connection.hpp"

namespace es::sqlite {

// Puts a database into WAL mode, also an empty one. Throws Error.
void enter_log_mode(Connection& connection);

// Takes a database out of WAL mode: its log is moved to it and removed. Throws Error: busy when
// somebody else has it open.
void leave_log_mode(Connection& connection);

}  // namespace es::sqlite
