#include "views/sqlite/view_file.hpp"

#include <map>
#include <variant>

#include "es/errors.hpp"
#include "es/overloaded.hpp"
#include "kpi/metric_fields.hpp"
#include "views/sqlite/view_rows.hpp"

namespace views::sqlite {
namespace {

// "YsVw"
constexpr std::int64_t application_id = 0x59735677;
// A program of an earlier format can't write what a later one has added columns to: the number
// tells it so. Files of formats 3 and 4 are served as they are, and become of this one when they
// are written.
constexpr std::int64_t format = 5;
constexpr std::int64_t first_format_served = 3;

constexpr const char* other_tables = R"(
CREATE TABLE source(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    identity TEXT NOT NULL,
    position INTEGER NOT NULL,
    command TEXT NOT NULL);
INSERT INTO source VALUES (1, '', 0, '');
CREATE TABLE checkpoints(partition TEXT PRIMARY KEY, checkpoint TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE parked(
    stream TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE metric_values(
    metric INTEGER NOT NULL,
    version INTEGER NOT NULL,
    value REAL NOT NULL,
    date INTEGER NOT NULL,
    notes TEXT,
    retracted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(metric, version)) WITHOUT ROWID;
)";

constexpr const char* later_tables = R"(
CREATE TABLE IF NOT EXISTS metric_saves(
    save INTEGER PRIMARY KEY,
    metric INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS metric_changes(
    metric INTEGER NOT NULL,
    version INTEGER NOT NULL,
    change TEXT NOT NULL,
    PRIMARY KEY(metric, version)) WITHOUT ROWID;
)";

constexpr const char* values_index =
    "CREATE INDEX IF NOT EXISTS metric_values_by_date "
    "ON metric_values(metric, date, version, value, retracted);";

std::string literal(const kpi::FieldView& value) {
    return std::visit(es::Overloaded{
                          [](std::string_view text) { return "'" + std::string(text) + "'"; },
                          [](es::TimePoint time) { return std::to_string(ms_of(time)); },
                          [](const kpi::Json& json) { return "'" + json.text + "'"; },
                          [](std::monostate) { return std::string("NULL"); },
                          [](auto number) { return std::to_string(number); },
                      },
                      value);
}

std::string definition(const kpi::MetricField& field) {
    using kpi::FieldType;
    const bool is_text = field.type == FieldType::text || field.type == FieldType::json;
    const char* type = is_text ? " TEXT" : field.type == FieldType::number ? " REAL" : " INTEGER";
    return std::string(field.column) + type + (field.optional ? "" : " NOT NULL") + " DEFAULT " +
           literal(field.missing());
}

const std::string& set_definition() {
    static const std::string definition =
        "fields INTEGER NOT NULL DEFAULT " + std::to_string(kpi::first_field_set);
    return definition;
}

using Definitions = std::map<std::string, std::string>;  // by the column's name

// Of those wanted the ones that the table lacks.
Definitions missing_in(Connection& connection, const std::string& table, Definitions wanted) {
    Statement columns = connection.prepare("SELECT name FROM pragma_table_info('" + table + "')");
    for (Rows rows = columns.ask(); rows.next();) wanted.erase(rows.text(0));
    return wanted;
}

// "fields" among them.
Definitions missing_in_metrics(Connection& connection) {
    Definitions wanted{{"fields", set_definition()}};
    for (const kpi::MetricField* field : kpi::stored_fields) {
        wanted.emplace(field->column, definition(*field));
    }
    return missing_in(connection, "metrics", std::move(wanted));
}

Definitions missing_in_values(Connection& connection) {
    return missing_in(
        connection, "metric_values",
        {{"notes", "notes TEXT"}, {"retracted", "retracted INTEGER NOT NULL DEFAULT 0"}});
}

void add_columns(Connection& connection, const std::string& table, const Definitions& missing) {
    for (const auto& [name, definition] : missing) {
        connection.execute(("ALTER TABLE " + table + " ADD COLUMN " + definition).c_str());
    }
}

// A rebuilt metric gets a new number, never one that was used before: readers see by it that its
// rows were replaced.
std::string metrics_table() {
    std::string table =
        "CREATE TABLE metrics(number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, " +
        set_definition();
    for (const bool bulky : {false, true}) {
        for (const kpi::MetricField* field : kpi::stored_fields) {
            if (field->bulky == bulky) table += ", " + definition(*field);
        }
    }
    return table + ");";
}

// What a value update changes is in no index: the projector rewrites rows far more often than
// anybody sorts by them.
std::string indexes() {
    std::string all = values_index;
    for (const kpi::MetricField* field : kpi::stored_fields) {
        if (!field->indexed) continue;
        const std::string column = field->column;
        all +=
            "CREATE INDEX IF NOT EXISTS metrics_by_" + column + " ON metrics(" + column + ", id);";
    }
    return all;
}

void set_format(Connection& connection) {
    connection.execute(("PRAGMA user_version = " + std::to_string(format)).c_str());
}

}  // namespace

ViewFileState state_of_views(Connection& connection, const std::filesystem::path& file) {
    // In this order: another process may create all of it, in one step, between these questions.
    const bool empty = connection.ask_integer("SELECT count(*) FROM sqlite_schema") == 0;
    const auto version = connection.ask_integer("PRAGMA user_version");
    const auto id = connection.ask_integer("PRAGMA application_id");
    const bool is_served = version >= first_format_served && version <= format;
    if (id == application_id && is_served) return ViewFileState::ready;
    if (id == application_id && version > format) {
        throw es::Unusable(
            file.string() + " was written by a newer version of this program (format " +
            std::to_string(version) + ", this one knows " + std::to_string(format) + ").");
    }
    return empty ? ViewFileState::empty : ViewFileState::foreign;
}

void make_view_tables(Connection& connection, ViewIndexes when) {
    Transaction transaction(connection, Transaction::Kind::write);
    connection.execute((other_tables + std::string(later_tables) + metrics_table()).c_str());
    if (when == ViewIndexes::now) connection.execute(indexes().c_str());
    connection.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    set_format(connection);
    transaction.commit();
}

void add_view_indexes(Connection& connection) {
    Transaction transaction(connection, Transaction::Kind::write);
    connection.execute(indexes().c_str());
    transaction.commit();
}

void add_missing_columns(Connection& connection) {
    const auto in_metrics = missing_in_metrics(connection);
    const auto in_values = missing_in_values(connection);
    const bool is_of_today = connection.ask_integer("PRAGMA user_version") == format;
    if (in_metrics.empty() && in_values.empty() && is_of_today) return;
    Transaction transaction(connection, Transaction::Kind::write);
    add_columns(connection, "metrics", in_metrics);
    add_columns(connection, "metric_values", in_values);
    connection.execute(later_tables);
    connection.execute(indexes().c_str());
    set_format(connection);
    transaction.commit();
}

std::string documents_in(Connection& connection) {
    const auto missing = missing_in_metrics(connection);
    if (missing.empty()) return documents_table;
    std::string columns = "number, id";
    const auto add = [&](const std::string& name, const std::string& value) {
        columns += ", " + (missing.contains(name) ? value + " AS " + name : name);
    };
    add("fields", std::to_string(kpi::first_field_set));
    for (const kpi::MetricField* field : kpi::stored_fields) {
        add(field->column, literal(field->missing()));
    }
    return "(SELECT " + columns + " FROM metrics)";
}

std::string values_in(Connection& connection) {
    if (missing_in_values(connection).empty()) return "metric_values";
    return "(SELECT metric, version, value, date, NULL AS notes, 0 AS retracted FROM "
           "metric_values)";
}

bool has_table(Connection& connection, const char* name) {
    Statement statement = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?");
    return statement.ask(name).next();
}

std::string changes_in(Connection& connection) {
    if (has_table(connection, "metric_changes")) return "metric_changes";
    return "(SELECT 0 AS metric, 0 AS version, '' AS change WHERE false)";
}

ViewSource source_of_views(Connection& connection) {
    Statement statement = connection.prepare("SELECT identity, position, command FROM source");
    Rows rows = statement.ask();
    if (!rows.next()) return {};
    return {rows.text(0), rows.integer(1), rows.text(2)};
}

}  // namespace views::sqlite
