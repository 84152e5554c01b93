// A file views-<n>.db: its format. Private to this room; docs/formats/sqlite.md describes the
// tables.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "views/sqlite/connection.hpp"

namespace views::sqlite {

enum class ViewFileState {
    empty,
    ready,
    foreign,  // not ours, or of a format that is no longer read: to be built again
};

// Throws es::Unusable for a newer format, Error.
ViewFileState state_of_views(Connection& connection, const std::filesystem::path& file);

// Makes the tables in an empty file. Indexes can be left for later: then add_view_indexes().
enum class ViewIndexes { now, later };
void make_view_tables(Connection& connection, ViewIndexes indexes = ViewIndexes::now);
void add_view_indexes(Connection& connection);
// What a file of an earlier release lacks: columns, with their defaults, tables, and indexes.
void add_missing_columns(Connection& connection);
// The table of documents for reading: columns that the file lacks have their defaults.
std::string documents_in(Connection& connection);
inline constexpr const char* documents_table = "metrics";
// The same of the reported values.
std::string values_in(Connection& connection);
bool has_table(Connection& connection, const char* name);
// And of the changes: none, if the file lacks them.
std::string changes_in(Connection& connection);

// The last event that was applied, by which restored events are noticed.
struct ViewSource {
    std::string identity;       // of the event store
    std::int64_t position = 0;  // 0: none yet
    std::string command;        // that event's command id
};
ViewSource source_of_views(Connection& connection);

}  // namespace views::sqlite
