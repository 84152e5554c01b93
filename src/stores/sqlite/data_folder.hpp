// The data folder: made when missing, and owned through lock files.
#pragma once

#include <filesystem>
#include <string>

namespace stores::sqlite {

// Makes the folder (for its owner alone) unless it is there. Throws es::Unusable.
void make_data_folder(const std::filesystem::path& folder);

// Holds `folder`/`name` for as long as it lives; the kernel lets go of it when the process ends.
class FileLock {
public:
    // Throws es::Unusable with `taken` when another holds it, in this process or another one.
    FileLock(const std::filesystem::path& folder, const std::string& name,
             const std::string& taken);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    int file_;
};

// Prints one line to stderr and ends the process at once (70: EX_SOFTWARE), without touching files.
[[noreturn]] void end_process(const std::string& why);

}  // namespace stores::sqlite
