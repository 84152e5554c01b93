// How a metric's document stands in a row of the views. Private to this room.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kpi/metric_fields.hpp"
#include "views/sqlite/connection.hpp"

namespace views::sqlite {

// Columns of stored fields, in the order of the table. Those in indexes are written apart from the
// others, which change far more often.
enum class Columns { all, indexed, others };
// With `after` behind each, and commas between: "name = ?, deadline = ?".
std::string list_of(Columns which, const char* after = "");
// Binds their values from the parameter `first` on; returns the number of the next parameter.
int bind_fields(Statement& statement, int first, const kpi::MetricDocument& document,
                Columns which);
// "VERB INTO metrics(FIRST, ...) VALUES (?, ...)": some other columns first, then all of these.
std::string insertion_of(const std::string& verb, const std::string& first);
void bind_value(Statement& statement, int parameter, const kpi::FieldView& value);

// "number, id, fields", and all columns. `fields` names the set that the document was folded under.
const std::string& document_columns();
inline constexpr int number_column = 0;
inline constexpr int id_column = 1;
inline constexpr int set_column = 2;
inline constexpr int first_field_column = 3;
// From a row that begins with document_columns().
kpi::MetricDocument document_in(const Rows& row);

// What a field's column holds.
kpi::FieldView value_in(const Rows& row, int column, const kpi::MetricField& field);

// Writes the rows of a metric's history. One thread at a time.
class RowWriter {
public:
    explicit RowWriter(Connection& connection);
    // Puts the rows, in place of those of their versions.
    void put(std::int64_t metric, const std::vector<kpi::MetricRow>& rows);
    void remove(std::int64_t metric, const std::vector<es::Version>& versions);
    void remove_all(std::int64_t metric);

private:
    void put_value(std::int64_t metric, const kpi::MetricValue& value);

    Statement put_value_;
    Statement put_change_;
    // Of both tables.
    Statement remove_value_;
    Statement remove_change_;
    Statement remove_values_;
    Statement remove_changes_;
};

inline constexpr const char* reported_columns = "value, date, version, notes";
// From a row in which reported_columns begin with the column `first`.
kpi::MetricValue reported_in(const Rows& row, int first = 0);

inline es::TimePoint time_of(std::int64_t ms) {
    return es::TimePoint(std::chrono::milliseconds(ms));
}
inline std::int64_t ms_of(es::TimePoint time) {
    return time.time_since_epoch().count();
}

}  // namespace views::sqlite
