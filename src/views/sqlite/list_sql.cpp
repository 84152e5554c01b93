#include "views/sqlite/list_sql.hpp"

#include <cstddef>

#include "base/text.hpp"
#include "base/time.hpp"
#include "kpi/goal_view.hpp"
#include "views/sqlite/view_file.hpp"
#include "views/sqlite/view_rows.hpp"

namespace views::sqlite {
namespace {

// The parameter of one of a condition's values.
std::string named(const kpi::MetricField& field, std::size_t place) {
    return std::string(":") + field.filter + "_" + std::to_string(place);
}

std::string any_of(const kpi::MetricFilter::Condition& condition) {
    std::string list;
    for (std::size_t i = 0; i < condition.values.size(); ++i) {
        list += (list.empty() ? "" : ", ") + named(*condition.field, i);
    }
    return " IN (" + list + ")";
}

std::string all_of(const kpi::MetricFilter::Condition& condition) {
    std::string all;
    for (std::size_t i = 0; i < condition.values.size(); ++i) {
        all += std::string(" AND has_item(") + condition.field->column + ", " +
               named(*condition.field, i) + ")";
    }
    return all;
}

// Unary plus keeps a filter from choosing an index: the index of the sort order is the one that
// lets a page end early.
std::string filter_condition(const kpi::MetricFilter::Condition& condition) {
    const kpi::MetricField& field = *condition.field;
    if (&field == &kpi::field("status")) {
        return std::string(" AND status_in(") + kpi::field("statusRuns").column + ", :now_text)" +
               any_of(condition);
    }
    if (field.type == kpi::FieldType::json) return all_of(condition);
    if (field.since == nullptr) {
        return std::string(" AND +") + field.column + any_of(condition);
    }
    std::string set =
        std::string("ifnull(+") + kpi::find_field(field.since)->column + " <= :now, 0)";
    if (field.until != nullptr) {
        set += std::string(" AND +") + kpi::find_field(field.until)->column + " > :now";
    }
    return std::get<bool>(condition.values.front()) ? " AND " + set : " AND NOT (" + set + ")";
}

// Looks through the index of an indexed field, not through all rows in the order of another one.
std::string search_condition(const kpi::MetricField* sort, bool lacks_columns) {
    std::string any;
    for (const kpi::MetricField* field : kpi::searched_fields) {
        const std::string column = field->column;
        // Not LIKE, which takes a NUL for the end of the pattern.
        const std::string contains = "contains_ignoring_case(" + column + ", :part)";
        const std::string found = lacks_columns || !field->indexed || sort == field
                                      ? contains
                                      : "number IN (SELECT number FROM metrics INDEXED BY "
                                        "metrics_by_" +
                                            column + " WHERE " + contains + ")";
        any += (any.empty() ? "" : " OR ") + found;
    }
    return " AND (" + any + ")";
}

std::string conditions(const kpi::ListQuery& query, bool lacks_columns) {
    std::string sql = " WHERE true";
    for (const auto& condition : query.filter.conditions) sql += filter_condition(condition);
    if (!query.filter.search.empty()) sql += search_condition(query.sort, lacks_columns);
    if (!query.after) return sql;
    if (query.sort == nullptr) return sql + (query.descending ? " AND id < :id" : " AND id > :id");
    const std::string column = column_of(query.sort);
    if (!query.descending) return sql + " AND (" + column + ", id) > (:key, :id)";
    // Ties are by ascending id here too.
    return sql + " AND " + column + " <= :key AND (" + column + " < :key OR +id > :id)";
}

std::string order(const kpi::ListQuery& query) {
    const std::string by =
        std::string(" ORDER BY ") + column_of(query.sort) + (query.descending ? " DESC" : "");
    return by + (query.sort == nullptr ? "" : ", id") + " LIMIT :limit";
}

}  // namespace

std::string list_sql(const kpi::ListQuery& query, std::string_view columns,
                     const std::string& table) {
    const bool lacks_columns = table != documents_table;
    return "SELECT " + std::string(columns) + " FROM " + table + conditions(query, lacks_columns) +
           order(query);
}

void bind_list(Statement& statement, const kpi::ListQuery& query) {
    const auto bind_named = [&](const std::string& name, const kpi::FieldView& value) {
        bind_value(statement, statement.index_of(name.c_str()), value);
    };
    for (const auto& [field, values] : query.filter.conditions) {
        if (field->since != nullptr) {
            bind_named(":now", query.now);
            continue;
        }
        if (field == &kpi::field("status")) bind_named(":now_text", base::format_time(query.now));
        for (std::size_t i = 0; i < values.size(); ++i) {
            bind_named(named(*field, i), kpi::view_of(values[i]));
        }
    }
    if (!query.filter.search.empty()) bind_named(":part", query.filter.search);
    // One more than asked for tells whether there is more.
    bind_named(":limit", static_cast<std::int64_t>(query.limit + 1));
    if (!query.after) return;
    bind_named(":id", query.after->id);
    if (query.sort != nullptr) bind_named(":key", kpi::view_of(query.after->key));
}

void add_list_functions(Connection& connection) {
    // LIKE and GLOB take a NUL for the end of a text.
    connection.add_function("contains_ignoring_case", base::contains_ignoring_case);
    connection.add_function("status_in", kpi::status_in);
    connection.add_function("has_item", kpi::has_item);
}

}  // namespace views::sqlite
