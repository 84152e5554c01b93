// Keeps others from writing a SQLite file, as a slow or stuck process would.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace e2e {

class HeldFile {
public:
    // Holds it until release() or its end.
    explicit HeldFile(const std::filesystem::path& file) {
        sqlite3* opened = nullptr;
        const int code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
        connection_.reset(opened);
        if (code != SQLITE_OK) throw std::runtime_error("can't open " + file.string());
        sqlite3_busy_timeout(opened, 5'000);
        sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        execute("PRAGMA wal_autocheckpoint = 0; BEGIN IMMEDIATE");
    }

    void release() { execute("ROLLBACK"); }

private:
    void execute(const char* sql) {
        if (sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return;
        throw std::runtime_error(std::string(sql) + ": " + sqlite3_errmsg(connection_.get()));
    }
    struct Close {
        void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
    };
    std::unique_ptr<sqlite3, Close> connection_;
};

// The views in force.
inline std::filesystem::path views_in(const std::filesystem::path& data) {
    std::ifstream pointer(data / "views.current");
    std::string name;
    std::getline(pointer, name);
    return data / name;
}

}  // namespace e2e
