// The data folder: made when missing, and owned through lock files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace es::sqlite {

// Makes the folder (for its owner alone) unless it is there. Throws es::Unusable.
void make_data_folder(const std::filesystem::path& folder);

// So that a power loss doesn't take back what was created, renamed or removed in the folder. False
// when it can't be done: not every file system lets folders be opened.
bool sync_folder(const std::filesystem::path& folder);
// The same of a file's content. Not of a database that is open: closing it would end SQLite's
// locks.
bool sync_file(const std::filesystem::path& file);

// Whether an event store lives here, or did: nobody else's files should come here.
bool is_data_folder(const std::filesystem::path& folder);

// The file that a path leads to, links followed; also when it is not there yet.
std::filesystem::path resolved(const std::filesystem::path& file);

// Whether there is such a name, also of a link that leads nowhere.
bool is_there(const std::filesystem::path& file);

// Whether there is such a file, and something in it.
bool has_bytes(const std::filesystem::path& file);

// The lock file of whoever writes the events.
inline constexpr const char* events_lock = "events.lock";

// Who holds a lock file, in its own words.
struct LockHolder {
    std::int64_t process = 0;  // id
    std::string role;          // e.g. "serve"
};

// nullopt when nobody does. Disturbs no one: a FileLock that is taken meanwhile waits shortly.
std::optional<LockHolder> lock_holder(const std::filesystem::path& folder, const std::string& name);

// Holds `folder`/`name` for as long as it lives; the kernel lets go of it when the process ends.
// The file then says who holds it.
class FileLock {
public:
    // Throws es::InUse when another holds it, in this process or another one: the sentence names
    // it and continues with `what` it does ("writes its events"). Throws es::Unusable.
    FileLock(const std::filesystem::path& folder, const std::string& name, const std::string& role,
             const std::string& what);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    int file_;
};

// Prints one line to stderr and ends the process at once (70: EX_SOFTWARE), without touching files.
[[noreturn]] void end_process(const std::string& why);

}  // namespace es::sqlite
