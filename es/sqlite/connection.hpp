// A thin layer over SQLite's C interface: a connection, statements that are prepared once, and
// errors as exceptions. Private to this room. An object is used by one thread at a time.
//
//     Statement add = connection.prepare("INSERT INTO t VALUES (?, ?)");
//     add.run(1, "one");
//     for (Rows rows = all.ask(); rows.next();) rows.text(1);
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "es/errors.hpp"

struct sqlite3;
struct sqlite3_backup;
struct sqlite3_stmt;

namespace es::sqlite {

// Carries SQLite's extended result code.
class Error : public std::runtime_error {
public:
    Error(int code, const std::string& what) : std::runtime_error(what), code_(code) {}

    [[nodiscard]] int code() const { return code_; }
    [[nodiscard]] bool disk_full() const;
    [[nodiscard]] bool sync_failed() const;  // what is on disk is no longer known
    [[nodiscard]] bool damaged() const;      // the file is no database, or a broken one
    [[nodiscard]] bool no_database() const;  // or its first page is damaged
    [[nodiscard]] bool busy() const;         // somebody else holds a lock on it
    [[nodiscard]] bool interrupted() const;  // a change that a process which only reads can't undo

private:
    int code_;
};

// The result of the work, whose Error becomes an es::Unavailable.
template <class Work>
auto or_unavailable(Work work) {
    try {
        return work();
    } catch (const Error& error) {
        throw es::Unavailable(error.what());
    }
}

class Statement;

// The rows of a running question; resets the statement when it ends. Columns count from 0.
class Rows {
public:
    explicit Rows(Statement& statement) : statement_(statement) {}
    ~Rows();
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

    bool next();  // false after the last row
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;
    [[nodiscard]] std::string text(int column) const;  // empty for NULL
    // The same without a copy, valid until the next row.
    [[nodiscard]] std::string_view view(int column) const;
    // How a value is stored, whatever the column was declared as.
    [[nodiscard]] bool is_integer(int column) const;
    [[nodiscard]] bool is_text(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    Statement& statement_;
};

class Statement {
public:
    Statement(sqlite3* connection, std::string_view sql);

    // Runs it to its end with these parameters.
    template <class... Parameters>
    void run(const Parameters&... parameters) {
        bind_all(parameters...);
        finish();
    }

    // Starts a question. Texts are copied.
    template <class... Parameters>
    Rows ask(const Parameters&... parameters) {
        bind_all(parameters...);
        return Rows(*this);
    }

    // Parameters count from 1. An empty optional is NULL.
    void bind(int index, std::int64_t value);
    void bind(int index, double value);
    void bind(int index, std::string_view value);
    void bind(int index, std::nullptr_t);
    void bind(int index, int value) { bind(index, std::int64_t{value}); }
    void bind(int index, bool value) { bind(index, std::int64_t{value}); }
    // Of a name, e.g. ":id".
    [[nodiscard]] int index_of(const char* name) const;
    // As ask() and run(), with the parameters that were bound before.
    Rows ask_bound() { return Rows(*this); }
    void run_bound() { finish(); }
    void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
    void bind(int index, const char* value) { bind(index, std::string_view(value)); }

private:
    friend class Rows;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };

    template <class... Parameters>
    void bind_all(const Parameters&... parameters) {
        // Not const: the expansion counts it up.  NOLINTNEXTLINE(misc-const-correctness)
        [[maybe_unused]] int index = 0;
        (bind(++index, parameters), ...);
    }
    bool step();
    void finish();
    void reset();
    void check_bound(int code);

    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

enum class Access {
    write,  // creates the file; the one connection that writes and checkpoints
    read,   // never writes, creates or checkpoints
    look,   // as read, for the one who may write: what a killed writer left is rolled back first
};

// What SQL can ask about two texts.
using TextPredicate = bool(std::string_view, std::string_view);
// Returns a part of one of them, or a literal.
using TextFunction = std::string_view(std::string_view, std::string_view);

class Connection {
public:
    Connection(const std::filesystem::path& file, Access access);

    void execute(const char* sql);  // any number of statements
    [[nodiscard]] Statement prepare(std::string_view sql) { return {connection_.get(), sql}; }
    [[nodiscard]] std::int64_t ask_integer(std::string_view sql);  // the first row's first column
    // For the statements of this connection that are prepared from now on.
    void add_function(const char* name, TextPredicate* holds);
    void add_function(const char* name, TextFunction* part);
    [[nodiscard]] bool in_transaction() const;
    // How many pages the write-ahead log held after the last commit.
    [[nodiscard]] int log_pages() const { return *log_pages_; }

    // Moves what it can from the write-ahead log to the file, without waiting for readers.
    void checkpoint();
    // Waits a little for readers, so that the log starts over; leaves it empty with `truncate`.
    // False when a reader blocked it.
    bool checkpoint_all(bool truncate);
    // Brings the write-ahead log to the disk as it is.
    void sync_log();

    // Bytes of the database's file as they are on disk, without the log; fewer at its end. The file
    // must not be opened in another way for that: closing it would end SQLite's locks on it.
    [[nodiscard]] std::string file_bytes(std::uint64_t offset, std::size_t count);

private:
    friend class PageCopy;
    struct Close {
        void operator()(sqlite3* connection) const;
    };

    std::unique_ptr<sqlite3, Close> connection_;
    std::unique_ptr<int> log_pages_;  // at a fixed address, for the hook that sets it
};

// Begins a transaction, and rolls it back unless it was committed.
class Transaction {
public:
    enum class Kind { write, read };
    Transaction(Connection& connection, Kind kind);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

private:
    Connection& connection_;
};

// Copies all pages of one database into another. While `from` is in a read transaction, it copies
// what that sees, however much others write; without one it would begin again with every commit.
class PageCopy {
public:
    PageCopy(Connection& from, Connection& to);

    // Copies so many more. False when that was all. Throws Error.
    bool step(int pages);
    [[nodiscard]] int copied() const;
    [[nodiscard]] int total() const;  // known after the first step

private:
    struct Finish {
        void operator()(sqlite3_backup* copy) const;
    };
    std::unique_ptr<sqlite3_backup, Finish> copy_;
};

}  // namespace es::sqlite
