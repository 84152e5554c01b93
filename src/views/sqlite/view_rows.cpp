#include "views/sqlite/view_rows.hpp"

#include <algorithm>
#include <memory>
#include <variant>

#include "es/overloaded.hpp"

namespace views::sqlite {
namespace {

bool is_among(Columns which, const kpi::MetricField& field) {
    return which == Columns::all || field.indexed == (which == Columns::indexed);
}

template <kpi::FieldType type>
kpi::FieldView held(const Rows& row, int column, bool optional) {
    using kpi::FieldType;
    if (optional && row.is_null(column)) return std::monostate();
    if constexpr (type == FieldType::flag) return row.integer(column) != 0;
    if constexpr (type == FieldType::integer) return row.integer(column);
    if constexpr (type == FieldType::number) return row.real(column);
    if constexpr (type == FieldType::time) return time_of(row.integer(column));
    if constexpr (type == FieldType::text) return row.view(column);
    if constexpr (type == FieldType::json) return kpi::Json{row.text(column)};
}

// A word that the field doesn't know is read as the first one that it does.
kpi::FieldView known(const kpi::FieldView& value, const kpi::MetricField& field) {
    const auto* text = std::get_if<std::string_view>(&value);
    if (text == nullptr || field.words.empty()) return value;
    return std::ranges::find(field.words, *text) != field.words.end() ? value : field.words.front();
}

}  // namespace

std::string list_of(Columns which, const char* after) {
    std::string list;
    for (const kpi::MetricField* field : kpi::stored_fields) {
        if (!is_among(which, *field)) continue;
        list += list.empty() ? "" : ", ";
        list += std::string(field->column) + after;
    }
    return list;
}

std::string insertion_of(const std::string& verb, const std::string& first) {
    const std::string columns = first + ", " + list_of(Columns::all);
    std::string parameters = "?";
    for (const char c : columns) parameters += c == ',' ? ", ?" : "";
    return verb + " INTO metrics(" + columns + ") VALUES (" + parameters + ")";
}

int bind_fields(Statement& statement, int first, const kpi::MetricDocument& document,
                Columns which) {
    kpi::for_each_field<kpi::stored_fields>([&](auto at, std::size_t) {
        if (is_among(which, at.row)) bind_value(statement, first++, at.stored(document));
    });
    return first;
}

void bind_value(Statement& statement, int parameter, const kpi::FieldView& value) {
    std::visit(es::Overloaded{
                   [&](es::TimePoint time) { statement.bind(parameter, ms_of(time)); },
                   [&](const kpi::Json& json) { statement.bind(parameter, json.text); },
                   [&](std::monostate) { statement.bind(parameter, nullptr); },
                   [&](const auto& other) { statement.bind(parameter, other); },
               },
               value);
}

const std::string& document_columns() {
    static const std::string columns = "number, id, fields, " + list_of(Columns::all);
    return columns;
}

kpi::MetricDocument document_in(const Rows& row) {
    return kpi::read_document(row.integer(set_column), [&](auto at, std::size_t place) {
        const int column = first_field_column + static_cast<int>(place);
        return std::optional(known(held<at.row.type>(row, column, at.row.optional), at.row));
    });
}

kpi::FieldView value_in(const Rows& row, int column, const kpi::MetricField& field) {
    const bool optional = field.optional;
    switch (field.type) {
        case kpi::FieldType::flag:
            return held<kpi::FieldType::flag>(row, column, optional);
        case kpi::FieldType::integer:
            return held<kpi::FieldType::integer>(row, column, optional);
        case kpi::FieldType::number:
            return held<kpi::FieldType::number>(row, column, optional);
        case kpi::FieldType::time:
            return held<kpi::FieldType::time>(row, column, optional);
        case kpi::FieldType::json:
            return held<kpi::FieldType::json>(row, column, optional);
        case kpi::FieldType::text:
            break;
    }
    return held<kpi::FieldType::text>(row, column, optional);
}

RowWriter::RowWriter(Connection& connection)
    : put_value_(connection.prepare(
          "INSERT OR REPLACE INTO metric_values(metric, version, value, date, notes, retracted) "
          "VALUES (?, ?, ?, ?, ?, ?)")),
      put_change_(connection.prepare(
          "INSERT OR REPLACE INTO metric_changes(metric, version, change) VALUES (?, ?, ?)")),
      remove_value_(
          connection.prepare("DELETE FROM metric_values WHERE metric = ? AND version = ?")),
      remove_change_(
          connection.prepare("DELETE FROM metric_changes WHERE metric = ? AND version = ?")),
      remove_values_(connection.prepare("DELETE FROM metric_values WHERE metric = ?")),
      remove_changes_(connection.prepare("DELETE FROM metric_changes WHERE metric = ?")) {}

void RowWriter::put(std::int64_t metric, const std::vector<kpi::MetricRow>& rows) {
    for (const kpi::MetricRow& row : rows) {
        if (const kpi::MetricValue* value = row.value()) {
            put_value(metric, *value);
        } else {
            put_change_.run(metric, row.version, row.change()->json);
        }
    }
}

void RowWriter::put_value(std::int64_t metric, const kpi::MetricValue& value) {
    put_value_.bind(1, metric);
    put_value_.bind(2, value.version);
    put_value_.bind(3, value.value);
    put_value_.bind(4, ms_of(value.date));
    if (value.notes != nullptr) {
        put_value_.bind(5, kpi::to_json(*value.notes));
    } else {
        put_value_.bind(5, nullptr);
    }
    put_value_.bind(6, value.retracted());
    put_value_.run_bound();
}

void RowWriter::remove(std::int64_t metric, const std::vector<es::Version>& versions) {
    for (const es::Version version : versions) {
        remove_value_.run(metric, version);
        remove_change_.run(metric, version);
    }
}

void RowWriter::remove_all(std::int64_t metric) {
    remove_values_.run(metric);
    remove_changes_.run(metric);
}

kpi::MetricValue reported_in(const Rows& row, int first) {
    kpi::MetricValue value{row.real(first), time_of(row.integer(first + 1)),
                           row.integer(first + 2)};
    if (!row.is_null(first + 3)) {
        value.notes = std::make_shared<kpi::ValueNotes>(kpi::notes_from_json(row.view(first + 3)));
    }
    return value;
}

}  // namespace views::sqlite
