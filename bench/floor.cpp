// The floors of writing: bare loops over SQLite's C interface that insert the rows which the
// product stores, in the same tables, with the same settings.
//   bench_floor events FILE ROWS_A_TRANSACTION SECONDS   durable events a second over 1,000 streams
//   bench_floor views FILE ROWS                          rows of values a second, index last
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

sqlite3* opened(const char* file) {
    sqlite3* database = nullptr;
    if (sqlite3_open(file, &database) != SQLITE_OK) std::exit(1);
    return database;
}

void execute(sqlite3* database, const char* sql) {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return;
    std::fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(database));
    std::exit(1);
}

sqlite3_stmt* prepared(sqlite3* database, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) != SQLITE_OK) std::exit(1);
    return statement;
}

void run(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) std::exit(1);
    sqlite3_reset(statement);
}

void insert_events(const char* file, long rows, double seconds) {
    constexpr int streams = 1000;
    sqlite3* database = opened(file);
    execute(database,
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "PRAGMA wal_autocheckpoint = 1000; PRAGMA cache_size = -65536;"
            "CREATE TABLE streams(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, version "
            "INTEGER NOT NULL, last_position INTEGER NOT NULL);"
            "CREATE TABLE events(position INTEGER PRIMARY KEY, stream INTEGER NOT NULL, version "
            "INTEGER NOT NULL, previous INTEGER NOT NULL, occurred_on INTEGER NOT NULL, type TEXT "
            "NOT NULL, schema INTEGER NOT NULL, command_id TEXT, key TEXT, digest TEXT, actor "
            "TEXT, payload TEXT NOT NULL)");
    sqlite3_stmt* add =
        prepared(database,
                 "INSERT INTO events VALUES (?, ?, ?, ?, ?, 'MetricValueUpdated', 1, "
                 "'3409f1fa-d9aa-415c-a19c-dff78679e2a1', NULL, NULL, NULL, '{\"value\":1234.5}')");
    sqlite3_stmt* head = prepared(
        database, "UPDATE streams SET version = version + 1, last_position = ? WHERE id = ?");
    execute(database, "BEGIN");
    for (int i = 1; i <= streams; ++i) {
        const std::string sql = "INSERT INTO streams VALUES (" + std::to_string(i) + ", 'm" +
                                std::to_string(i) + "', 0, 0)";
        execute(database, sql.c_str());
    }
    execute(database, "COMMIT");
    long position = 0;
    const auto began = Clock::now();
    while (seconds_since(began) < seconds) {
        execute(database, "BEGIN IMMEDIATE");
        for (long i = 0; i < rows; ++i) {
            ++position;
            const long stream = position * 7919 % streams + 1;
            sqlite3_bind_int64(add, 1, position);
            sqlite3_bind_int64(add, 2, stream);
            sqlite3_bind_int64(add, 3, position / streams + 1);
            sqlite3_bind_int64(add, 4, position > streams ? position - streams : 0);
            sqlite3_bind_int64(add, 5, 1'700'000'000'000 + position);
            run(add);
            sqlite3_bind_int64(head, 1, position);
            sqlite3_bind_int64(head, 2, stream);
            run(head);
        }
        execute(database, "COMMIT");
    }
    std::printf("%.0f\n", static_cast<double>(position) / seconds_since(began));
}

void insert_values(const char* file, long rows) {
    constexpr long metrics = 1000;
    sqlite3* database = opened(file);
    execute(database,
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;"
            "CREATE TABLE metric_values(metric INTEGER NOT NULL, version INTEGER NOT NULL, value "
            "REAL NOT NULL, date INTEGER NOT NULL, PRIMARY KEY(metric, version)) WITHOUT ROWID");
    sqlite3_stmt* add = prepared(database, "INSERT INTO metric_values VALUES (?, ?, ?, ?)");
    const auto began = Clock::now();
    execute(database, "BEGIN");
    for (long i = 0; i < rows; ++i) {
        const long of_metric = rows / metrics;
        sqlite3_bind_int64(add, 1, i / of_metric);
        sqlite3_bind_int64(add, 2, i % of_metric + 2);
        sqlite3_bind_double(add, 3, static_cast<double>(i * 7919 % 1'000'000) / 100);
        sqlite3_bind_int64(add, 4, 1'700'000'000'000 + i);
        run(add);
        if (i % 50'000 == 49'999) execute(database, "COMMIT; BEGIN");
    }
    execute(database, "COMMIT");
    execute(database,
            "CREATE INDEX metric_values_by_date ON metric_values(metric, date, version, value)");
    std::printf("%.0f\n", static_cast<double>(rows) / seconds_since(began));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 5 && std::strcmp(argv[1], "events") == 0) {
        insert_events(argv[2], std::atol(argv[3]), std::atof(argv[4]));
    } else if (argc == 4 && std::strcmp(argv[1], "views") == 0) {
        insert_values(argv[2], std::atol(argv[3]));
    } else {
        return 64;
    }
    return 0;
}
