// SQLite as the event store uses it: the views are in databases of the same kind. Private to this
// room.
#pragma once

#include "es/sqlite/connection.hpp"

namespace views::sqlite {

using es::sqlite::Access;
using es::sqlite::Connection;
using es::sqlite::Error;
using es::sqlite::Rows;
using es::sqlite::Statement;
using es::sqlite::Transaction;

}  // namespace views::sqlite
