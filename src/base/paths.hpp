// Small questions to paths.
#pragma once

#include <filesystem>
#include <system_error>

namespace base {

// The file that a path leads to, links followed; also when it is not there yet.
inline std::filesystem::path resolved(const std::filesystem::path& file) {
    std::error_code failed;
    const auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(file), failed);
    return failed ? file : path;
}

// Whether a file stands, or would stand, in this very folder.
inline bool stands_in(const std::filesystem::path& file, const std::filesystem::path& folder) {
    std::error_code failed;
    return std::filesystem::equivalent(resolved(file).parent_path(), folder, failed);
}

}  // namespace base
