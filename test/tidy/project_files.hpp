// The project's texts, for the rules that a search can check.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace tidy {

struct File {
    std::string name;  // within the project
    std::string text;
};

inline std::vector<File> project_files() {
    const std::filesystem::path project = PROJECT_FOLDER;
    const std::set<std::string> read{".cpp", ".hpp", ".md", ".txt", ".py", ".yaml", ".json"};
    const std::set<std::string> left_out{"build", ".git", "tidy", "corpus"};
    std::vector<File> files;
    auto entry = std::filesystem::recursive_directory_iterator(project);
    for (; entry != std::filesystem::recursive_directory_iterator(); ++entry) {
        if (left_out.contains(entry->path().filename().string())) {
            entry.disable_recursion_pending();
        } else if (read.contains(entry->path().extension().string())) {
            std::ifstream file(entry->path());
            files.push_back({entry->path().lexically_relative(project).string(),
                             {std::istreambuf_iterator<char>(file), {}}});
        }
    }
    return files;
}

}  // namespace tidy
