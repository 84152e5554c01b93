#include "es/sqlite/connection.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>

namespace es::sqlite {
namespace {

// How long a statement waits for another connection's lock. Locks are short: the folder has one
// writer, and readers don't block it. A longer wait is for another program, and delays others.
constexpr int busy_timeout_ms = 250;
// A checkpoint that wants the readers gone holds up the writer, so it soon gives up.
constexpr int restart_timeout_ms = 20;

// `doing`: empty for a statement, as its text tells nothing to a person.
[[noreturn]] void fail(sqlite3* connection, int code, std::string_view doing = {}) {
    std::string what(doing);
    if (!doing.empty()) what += ": ";
    what += connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
    what += " (" + std::to_string(code) + ")";
    throw Error(code, what);
}

void check(sqlite3* connection, int code, std::string_view doing = {}) {
    if (code != SQLITE_OK) fail(connection, code, doing);
}

int remember_log_pages(void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
}

std::string_view text_of(sqlite3_value* value) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
    if (text == nullptr) return {};
    return {text, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

void answer(sqlite3_context* context, int /*count*/, sqlite3_value** arguments) {
    const auto holds = reinterpret_cast<TextPredicate*>(sqlite3_user_data(context));
    sqlite3_result_int(context, holds(text_of(arguments[0]), text_of(arguments[1])) ? 1 : 0);
}

void answer_text(sqlite3_context* context, int /*count*/, sqlite3_value** arguments) {
    const auto part = reinterpret_cast<TextFunction*>(sqlite3_user_data(context));
    const std::string_view text = part(text_of(arguments[0]), text_of(arguments[1]));
    sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

constexpr int pure_function = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

}  // namespace

bool Error::disk_full() const {
    return (code_ & 0xff) == SQLITE_FULL;
}

bool Error::sync_failed() const {
    return code_ == SQLITE_IOERR_FSYNC || code_ == SQLITE_IOERR_DIR_FSYNC;
}

bool Error::damaged() const {
    return (code_ & 0xff) == SQLITE_CORRUPT || (code_ & 0xff) == SQLITE_NOTADB;
}

bool Error::no_database() const {
    return (code_ & 0xff) == SQLITE_NOTADB;
}

bool Error::busy() const {
    return (code_ & 0xff) == SQLITE_BUSY;
}

bool Error::interrupted() const {
    return code_ == SQLITE_READONLY_ROLLBACK;
}

Rows::~Rows() {
    statement_.reset();
}

bool Rows::next() {
    return statement_.step();
}

std::int64_t Rows::integer(int column) const {
    return sqlite3_column_int64(statement_.statement_.get(), column);
}

double Rows::real(int column) const {
    return sqlite3_column_double(statement_.statement_.get(), column);
}

std::string Rows::text(int column) const {
    return std::string(view(column));
}

std::string_view Rows::view(int column) const {
    sqlite3_stmt* statement = statement_.statement_.get();
    const void* data = sqlite3_column_blob(statement, column);
    if (data == nullptr) return {};
    return {static_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

bool Rows::is_integer(int column) const {
    return sqlite3_column_type(statement_.statement_.get(), column) == SQLITE_INTEGER;
}

bool Rows::is_text(int column) const {
    return sqlite3_column_type(statement_.statement_.get(), column) == SQLITE_TEXT;
}

bool Rows::is_null(int column) const {
    return sqlite3_column_type(statement_.statement_.get(), column) == SQLITE_NULL;
}

Statement::Statement(sqlite3* connection, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    check(connection, code);
    statement_.reset(statement);
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

void Statement::bind(int index, std::int64_t value) {
    check_bound(sqlite3_bind_int64(statement_.get(), index, value));
}

void Statement::bind(int index, double value) {
    check_bound(sqlite3_bind_double(statement_.get(), index, value));
}

void Statement::bind(int index, std::string_view value) {
    // A null pointer would be NULL.
    check_bound(sqlite3_bind_text64(statement_.get(), index,
                                    value.data() != nullptr ? value.data() : "", value.size(),
                                    SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind(int index, std::nullptr_t) {
    check_bound(sqlite3_bind_null(statement_.get(), index));
}

void Statement::check_bound(int code) {
    check(sqlite3_db_handle(statement_.get()), code, "binding a parameter");
}

int Statement::index_of(const char* name) const {
    return sqlite3_bind_parameter_index(statement_.get(), name);
}

bool Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail(sqlite3_db_handle(statement_.get()), code);
}

void Statement::finish() {
    const Rows rows(*this);  // resets it also after an error
    while (step()) {
    }
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
}

namespace {

// Counting each allocation takes a lock that all connections would share. Only the first use of
// SQLite in a process can choose; where somebody else was first, it stays as it is.
void count_no_memory() {
    static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(configured);
}

// SQLite makes a file for its owner and for others to read; ours follow the umask alone. The log
// takes the file's mode. A file that is there stays closed: closing it would drop the locks that
// this process holds on it (fcntl(2)).
void make_file(const std::filesystem::path& file) {
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (made >= 0) ::close(made);
}

}  // namespace

Connection::Connection(const std::filesystem::path& file, Access access)
    : log_pages_(std::make_unique<int>(0)) {
    count_no_memory();
    if (access == Access::write) make_file(file);
    const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                      (access == Access::write ? SQLITE_OPEN_CREATE : 0);
    sqlite3* opened = nullptr;
    const int code = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
    connection_.reset(opened);
    check(opened, code, "opening " + file.string());
    check(opened, sqlite3_busy_timeout(opened, busy_timeout_ms), "setting the busy timeout");
    // The log is checkpointed where errors are seen, by the connection that writes, never on the
    // side. One connection must do both: SQLite before 3.51.3 can lose data otherwise.
    check(opened, sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr),
          "turning off the checkpoint on close");
    execute("PRAGMA wal_autocheckpoint = 0; PRAGMA mmap_size = 0");
    // KiB: the writer's pages stay valid from one transaction to the next, a reader's only until
    // somebody commits.
    execute(access == Access::write ? "PRAGMA cache_size = -65536"
                                    : "PRAGMA cache_size = -8192; PRAGMA query_only = ON");
    sqlite3_wal_hook(opened, remember_log_pages, log_pages_.get());
}

void Connection::Close::operator()(sqlite3* connection) const {
    sqlite3_close_v2(connection);
}

void Connection::execute(const char* sql) {
    check(connection_.get(), sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr));
}

std::int64_t Connection::ask_integer(std::string_view sql) {
    Statement statement = prepare(sql);
    Rows rows = statement.ask();
    return rows.next() ? rows.integer(0) : 0;
}

void Connection::add_function(const char* name, TextPredicate* holds) {
    check(connection_.get(),
          sqlite3_create_function(connection_.get(), name, 2, pure_function,
                                  reinterpret_cast<void*>(holds), answer, nullptr, nullptr),
          "adding a function");
}

void Connection::add_function(const char* name, TextFunction* part) {
    check(connection_.get(),
          sqlite3_create_function(connection_.get(), name, 2, pure_function,
                                  reinterpret_cast<void*>(part), answer_text, nullptr, nullptr),
          "adding a function");
}

bool Connection::in_transaction() const {
    return sqlite3_get_autocommit(connection_.get()) == 0;
}

void Connection::checkpoint() {
    const int code = sqlite3_wal_checkpoint_v2(connection_.get(), "main", SQLITE_CHECKPOINT_PASSIVE,
                                               nullptr, nullptr);
    if (code != SQLITE_BUSY) check(connection_.get(), code, "checkpoint");
}

bool Connection::checkpoint_all(bool truncate) {
    sqlite3_busy_timeout(connection_.get(), restart_timeout_ms);
    const int code = sqlite3_wal_checkpoint_v2(
        connection_.get(), "main",
        truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
    sqlite3_busy_timeout(connection_.get(), busy_timeout_ms);
    if ((code & 0xff) == SQLITE_BUSY) return false;
    check(connection_.get(), code, "checkpoint");
    return true;
}

void Connection::sync_log() {
    sqlite3_file* log = nullptr;
    check(connection_.get(),
          sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                               static_cast<void*>(&log)),
          "finding the log");
    if (log == nullptr || log->pMethods == nullptr) return;
    if (log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) != SQLITE_OK) {
        fail(nullptr, SQLITE_IOERR_FSYNC, "syncing the log");
    }
}

std::string Connection::file_bytes(std::uint64_t offset, std::size_t count) {
    sqlite3_file* file = nullptr;
    check(connection_.get(),
          sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_FILE_POINTER,
                               static_cast<void*>(&file)),
          "finding the file");
    sqlite3_int64 size = 0;
    check(nullptr, file->pMethods->xFileSize(file, &size), "asking for the file's size");
    const auto behind = static_cast<std::uint64_t>(std::max<sqlite3_int64>(size, 0));
    std::string bytes(std::min<std::uint64_t>(count, behind - std::min(behind, offset)), '\0');
    if (bytes.empty()) return bytes;
    check(nullptr,
          file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()),
                                static_cast<sqlite3_int64>(offset)),
          "reading the file");
    return bytes;
}

Transaction::Transaction(Connection& connection, Kind kind) : connection_(connection) {
    connection_.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
    if (!connection_.in_transaction()) return;
    try {
        connection_.execute("ROLLBACK");
    } catch (const Error&) {
        // Whoever began it sees the connection still in a transaction and closes it.
    }
}

void Transaction::commit() {
    connection_.execute("COMMIT");
}

PageCopy::PageCopy(Connection& from, Connection& to)
    : copy_(sqlite3_backup_init(to.connection_.get(), "main", from.connection_.get(), "main")) {
    if (!copy_) fail(to.connection_.get(), sqlite3_extended_errcode(to.connection_.get()), "copy");
}

bool PageCopy::step(int pages) {
    const int code = sqlite3_backup_step(copy_.get(), pages);
    if (code == SQLITE_DONE) return false;
    check(nullptr, code, "copy");
    return true;
}

int PageCopy::copied() const {
    return total() - sqlite3_backup_remaining(copy_.get());
}

int PageCopy::total() const {
    return sqlite3_backup_pagecount(copy_.get());
}

void PageCopy::Finish::operator()(sqlite3_backup* copy) const {
    sqlite3_backup_finish(copy);
}

}  // namespace es::sqlite
