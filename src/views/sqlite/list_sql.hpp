// Lists of documents as SQL. Private to this room.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "kpi/metric_views.hpp"
#include "views/sqlite/connection.hpp"

namespace views::sqlite {

// A limit of a list that has none.
inline constexpr std::size_t no_limit = std::numeric_limits<std::int64_t>::max() - 1;

// "SELECT COLUMNS FROM TABLE WHERE ... ORDER BY ... LIMIT ...", with parameters that bind_list()
// binds. `table`: documents_in(). It asks the functions that add_list_functions() adds.
std::string list_sql(const kpi::ListQuery& query, std::string_view columns,
                     const std::string& table);
void bind_list(Statement& statement, const kpi::ListQuery& query);
void add_list_functions(Connection& connection);

// What a list is sorted by.
constexpr const char* column_of(const kpi::MetricField* sort) {
    return sort != nullptr ? sort->column : "id";
}

}  // namespace views::sqlite
