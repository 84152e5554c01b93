#include "es/sqlite/log_mode.hpp"

#include <sqlite3.h>

#include <string>

namespace es::sqlite {
namespace {

// Returns the mode that is in force then. nullptr: asks only.
std::string switch_journal(Connection& connection, const char* mode) {
    Statement pragma = connection.prepare(std::string("PRAGMA journal_mode") +
                                          (mode != nullptr ? std::string(" = ") + mode : ""));
    std::string answer;
    for (Rows rows = pragma.ask(); rows.next();) answer = rows.text(0);  // commits after its row
    return answer;
}

}  // namespace

// What turns the log on or off changes a few bytes at the beginning of the file, which no kill and
// no loss of power can leave half written. A rollback journal of that change is worse than none: a
// process that is killed leaves it, and then nobody can read the database who must not write it.
void leave_log_mode(Connection& connection) {
    if (switch_journal(connection, "MEMORY") == "memory") return;
    throw Error(SQLITE_BUSY, "somebody else has the database open");
}

void enter_log_mode(Connection& connection) {
    const bool empty = connection.ask_integer("PRAGMA page_count") == 0;  // all of it is written
    if (!empty && switch_journal(connection, nullptr) == "delete") {
        switch_journal(connection, "MEMORY");
    }
    if (switch_journal(connection, "WAL") == "wal") return;
    throw Error(SQLITE_BUSY, "somebody else has the database open");
}

}  // namespace es::sqlite
