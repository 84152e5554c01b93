#include "es/sqlite/fault_vfs.hpp"

#include <sqlite3.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

namespace es::sqlite {
namespace {

// SQLite's calls carry nothing of ours.  NOLINTBEGIN(*-avoid-non-const-global-variables)
FaultVfs* the_disk = nullptr;
sqlite3_vfs* real = nullptr;
sqlite3_vfs shim{};
// NOLINTEND(*-avoid-non-const-global-variables)

// What SQLite allocates for each open file; the real VFS's part follows it.
struct File {
    sqlite3_file base;
    const std::string* path;  // owned; null for temporary files
};

File* ours(sqlite3_file* file) {
    return reinterpret_cast<File*>(file);
}
sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
}

void record(sqlite3_file* file, FaultVfs::Change change) {
    if (ours(file)->path != nullptr) the_disk->changed(*ours(file)->path, std::move(change));
}

int write_file(sqlite3_file* file, const void* data, int count, sqlite3_int64 offset) {
    const auto write = [&](int part) {
        record(file, {false, offset,
                      std::string(static_cast<const char*>(data), static_cast<std::size_t>(part))});
        return below(file)->pMethods->xWrite(below(file), data, part, offset);
    };
    const int code = the_disk->next(FaultVfs::writes);
    if (code == SQLITE_OK) return write(count);
    if (the_disk->arrives() == FaultVfs::Arrives::half) write(count / 2);
    if (the_disk->arrives() == FaultVfs::Arrives::everything) write(count);
    return code;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    if (const int code = the_disk->next(FaultVfs::truncates); code != SQLITE_OK) return code;
    record(file, {true, size, {}});
    return below(file)->pMethods->xTruncate(below(file), size);
}

int sync_file(sqlite3_file* file, int flags) {
    if (const int code = the_disk->next(FaultVfs::syncs); code != SQLITE_OK) return code;
    if (ours(file)->path != nullptr) the_disk->synced(*ours(file)->path);
    static_cast<void>(flags);  // the real sync only costs time
    return SQLITE_OK;
}

int close_file(sqlite3_file* file) {
    const int code = below(file)->pMethods->xClose(below(file));
    delete ours(file)->path;
    return code;
}

int read_file(sqlite3_file* f, void* data, int count, sqlite3_int64 offset) {
    return below(f)->pMethods->xRead(below(f), data, count, offset);
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
    return below(f)->pMethods->xFileSize(below(f), size);
}
int lock_file(sqlite3_file* f, int level) {
    return below(f)->pMethods->xLock(below(f), level);
}
int unlock_file(sqlite3_file* f, int level) {
    return below(f)->pMethods->xUnlock(below(f), level);
}
int check_lock(sqlite3_file* f, int* held) {
    return below(f)->pMethods->xCheckReservedLock(below(f), held);
}
int control(sqlite3_file* f, int what, void* value) {
    return below(f)->pMethods->xFileControl(below(f), what, value);
}
int sector_size(sqlite3_file* f) {
    return below(f)->pMethods->xSectorSize(below(f));
}
int characteristics(sqlite3_file* f) {
    return below(f)->pMethods->xDeviceCharacteristics(below(f));
}
int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** memory) {
    return below(f)->pMethods->xShmMap(below(f), page, size, extend, memory);
}
int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
    return below(f)->pMethods->xShmLock(below(f), offset, n, flags);
}
void shm_barrier(sqlite3_file* f) {
    below(f)->pMethods->xShmBarrier(below(f));
}
int shm_unmap(sqlite3_file* f, int remove) {
    return below(f)->pMethods->xShmUnmap(below(f), remove);
}

const sqlite3_io_methods methods{
    2,         close_file,  read_file,  write_file, truncate_file, sync_file,       file_size,
    lock_file, unlock_file, check_lock, control,    sector_size,   characteristics, shm_map,
    shm_lock,  shm_barrier, shm_unmap,  nullptr,    nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    file->pMethods = nullptr;
    if (const int code = the_disk->next(FaultVfs::opens); code != SQLITE_OK) return code;
    const int code = real->xOpen(real, name, below(file), flags, out_flags);
    if (below(file)->pMethods == nullptr) return code;
    file->pMethods = &methods;
    ours(file)->path = name != nullptr ? new std::string(name) : nullptr;
    if (code == SQLITE_OK && name != nullptr) the_disk->opened(name);
    return code;
}

int delete_file(sqlite3_vfs*, const char* name, int sync_folder) {
    the_disk->removed(name);
    return real->xDelete(real, name, sync_folder);
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void apply(std::string& content, const FaultVfs::Change& change) {
    const auto offset = static_cast<std::size_t>(change.offset);
    if (change.truncates) {
        content.resize(offset);
        return;
    }
    if (content.size() < offset + change.bytes.size()) content.resize(offset + change.bytes.size());
    content.replace(offset, change.bytes.size(), change.bytes);
}

}  // namespace

FaultVfs::FaultVfs() {
    the_disk = this;
    real = sqlite3_vfs_find(nullptr);
    shim = *real;
    shim.pNext = nullptr;
    shim.zName = "fault";
    shim.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
    shim.xOpen = open_file;
    shim.xDelete = delete_file;
    sqlite3_vfs_register(&shim, 1);
}

FaultVfs::~FaultVfs() {
    sqlite3_vfs_unregister(&shim);
    sqlite3_vfs_register(real, 1);
    the_disk = nullptr;
}

void FaultVfs::fail_from(int nth, unsigned operations, int code, Arrives arrives, int times) {
    const std::lock_guard lock(mutex_);
    operations_ = operations;
    until_failure_ = nth - 1;
    failures_left_ = times;
    code_ = code;
    arrives_ = arrives;
    failed_ = false;
}

void FaultVfs::heal() {
    const std::lock_guard lock(mutex_);
    operations_ = 0;
}

bool FaultVfs::has_failed() const {
    const std::lock_guard lock(mutex_);
    return failed_;
}

int FaultVfs::next(unsigned operation) {
    const std::lock_guard lock(mutex_);
    if ((operations_ & operation) == 0 || until_failure_-- > 0 || failures_left_-- <= 0) {
        return SQLITE_OK;
    }
    failed_ = true;
    return code_;
}

FaultVfs::Arrives FaultVfs::arrives() const {
    const std::lock_guard lock(mutex_);
    return arrives_;
}

void FaultVfs::opened(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto [file, added] = files_.try_emplace(path);
    if (added) file->second.content = content_of(path);
}

void FaultVfs::changed(const std::string& path, Change change) {
    const std::lock_guard lock(mutex_);
    files_[path].pending.push_back(std::move(change));
}

void FaultVfs::synced(const std::string& path) {
    const std::lock_guard lock(mutex_);
    OnDisk& file = files_[path];
    for (const Change& change : file.pending) apply(file.content, change);
    file.pending.clear();
}

void FaultVfs::removed(const std::string& path) {
    const std::lock_guard lock(mutex_);
    files_.erase(path);
}

void FaultVfs::lose_power(const std::filesystem::path& folder, const std::filesystem::path& copy,
                          unsigned seed) const {
    const std::lock_guard lock(mutex_);
    std::mt19937 random(seed);
    for (const auto& [path, file] : files_) {
        if (std::filesystem::path(path).parent_path() != folder) continue;
        std::string content = file.content;
        const auto lost = random() % 3;  // of what is pending: all, a part, nothing
        for (const Change& change : file.pending) {
            if (lost == 2 || (lost == 1 && random() % 2 == 0)) apply(content, change);
        }
        std::ofstream(copy / std::filesystem::path(path).filename(), std::ios::binary) << content;
    }
}

}  // namespace es::sqlite
