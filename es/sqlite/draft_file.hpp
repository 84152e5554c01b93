// A file that is made next to the one that it will replace: nobody sees it half made, and a process
// that is killed leaves nothing that the next one can't take over. Private to this room.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "es/errors.hpp"

namespace es::sqlite {

class BeingMade : public es::Unusable {
    using es::Unusable::Unusable;
};

class DraftFile {
public:
    // Makes it, empty, for its owner alone; what a killed process left there is overwritten. Throws
    // es::Unusable: BeingMade when another process is making it just now.
    explicit DraftFile(std::filesystem::path path);
    // Removes it, unless it was put in place.
    ~DraftFile();
    DraftFile(const DraftFile&) = delete;
    DraftFile& operator=(const DraftFile&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    // For what isn't written by SQLite. Throws es::Unusable.
    void append(std::string_view bytes) const;

    // Calls back with the content, piece by piece. Throws es::Unusable.
    void read(const std::function<void(std::string_view bytes)>& on_piece) const;

    // Replaces `target`, which must be in the same folder, at once and durably. No connection to
    // the file may be open. Throws es::Unusable, with the old target still there.
    void put_in_place(const std::filesystem::path& target);

private:
    [[nodiscard]] bool names_our_file() const;

    std::filesystem::path path_;
    int file_;  // locked; closed last, as that ends locks that SQLite holds in this process
    bool in_place_ = false;
};

// "<file><suffix>", e.g. events.db-wal.
inline std::filesystem::path beside(const std::filesystem::path& file, const char* suffix) {
    return file.string() + suffix;
}

// What SQLite may keep next to a database. If it is not that database's own, opening it would spoil
// the database.
inline constexpr const char* log_suffix = "-wal";
inline constexpr const char* journal_suffix = "-journal";
inline constexpr const char* database_suffixes[] = {log_suffix, "-shm", journal_suffix};

}  // namespace es::sqlite
