// A SQLite VFS for tests that stands before the real one: it fails chosen operations, and knows
// what a power loss would leave on disk.
//
//     FaultVfs disk;                                        // all files opened from here on
//     disk.fail_from(3, FaultVfs::writes, SQLITE_FULL);     // the third write and all later ones
//     disk.heal();
//     disk.lose_power(folder, copy, seed);                  // what was not synced may be missing
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace es::sqlite {

// One at a time. Callable from any thread; must outlive the connections opened under it.
class FaultVfs {
public:
    enum Operations : unsigned { opens = 1, writes = 2, syncs = 4, truncates = 8 };
    // What a failing write does to the file all the same.
    enum class Arrives { nothing, half, everything };

    FaultVfs();
    ~FaultVfs();
    FaultVfs(const FaultVfs&) = delete;
    FaultVfs& operator=(const FaultVfs&) = delete;

    // From the n-th of these operations on (counted from 1 and from now), `times` of them fail with
    // this SQLite code.
    void fail_from(int nth, unsigned operations, int code, Arrives arrives = Arrives::nothing,
                   int times = 1'000'000);
    void heal();
    [[nodiscard]] bool has_failed() const;  // since fail_from()

    // Copies the folder's database files as they would be after a power loss: synced content, and
    // of what was written since, a part chosen at random.
    void lose_power(const std::filesystem::path& folder, const std::filesystem::path& copy,
                    unsigned seed) const;

    // For the VFS's functions.
    struct Change {
        bool truncates = false;
        std::int64_t offset = 0;  // the new size when it truncates
        std::string bytes;
    };
    int next(unsigned operation);  // SQLITE_OK, or the code to fail with
    [[nodiscard]] Arrives arrives() const;
    void opened(const std::string& path);
    void changed(const std::string& path, Change change);
    void synced(const std::string& path);
    void removed(const std::string& path);

private:
    struct OnDisk {
        std::string content;  // synced
        std::vector<Change> pending;
    };

    mutable std::mutex mutex_;
    unsigned operations_ = 0;
    int until_failure_ = 0;
    int failures_left_ = 0;
    int code_ = 0;
    Arrives arrives_ = Arrives::nothing;
    bool failed_ = false;
    std::map<std::string, OnDisk> files_;
};

}  // namespace es::sqlite
