// The arrows of the house point one way: a file may include its own folder and those that its
// folder is allowed to know, nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using Folders = std::set<std::string>;

// What each folder may include beside itself. A folder that isn't here may not exist.
const std::map<std::string, Folders>& arrows() {
    static const std::map<std::string, Folders> allowed{
        {"base", {}},
        {"base/testing", {"base"}},
        {"base/curl", {"base"}},
        {"aws", {"base/curl", "base"}},
        {"es", {}},
        {"es/src", {"es"}},
        {"es/memory", {"es"}},
        {"es/testing", {"es"}},
        {"es/test", {"es", "es/testing"}},
        {"http", {"base/curl", "base"}},
        {"kpi", {"es", "base"}},
        {"kpi/testing", {"kpi", "es", "base"}},
        {"views/memory", {"kpi", "es", "base"}},
        {"es/sqlite", {"es"}},
        {"views/sqlite", {"es/sqlite", "kpi", "es", "base"}},
        {"es/dynamodb", {"aws", "es", "base"}},
        {"views/mongodb", {"kpi", "es", "base"}},
        {"api", {"kpi", "es", "http", "base"}},
        {"write_api", {"api", "http", "kpi", "es", "base"}},
        {"read_api", {"api", "http", "kpi", "es", "base"}},
        {"projector", {"kpi", "es", "base"}},
        {"transfer", {"http", "kpi", "es", "base"}},
        {"cli", {"transfer", "http", "kpi", "es", "base"}},
        {"yardstick",
         {"cli", "write_api", "read_api", "projector", "transfer", "views/memory", "views/sqlite",
          "es/sqlite", "api", "es/dynamodb", "views/mongodb", "aws", "http", "kpi", "es", "base"}},
    };
    return allowed;
}

// Tests, and what only tests use, may also know these.
const Folders tests_may_include{"base/testing", "es/testing", "http",        "kpi/testing",
                                "views/memory", "es/sqlite",  "views/sqlite"};

bool belongs_to_tests(const std::string& file) {
    return file.find("_test.") != std::string::npos ||
           file.find("_fixture.") != std::string::npos ||
           file.find("_test_domain.") != std::string::npos;
}

// "es/testing/given.hpp" -> "es/testing"
std::string folder_of(const std::string& file) {
    const auto slash = file.rfind('/');
    return slash == std::string::npos ? std::string() : file.substr(0, slash);
}

// The names in quotes behind #include.
std::vector<std::string> includes_of(std::istream& source) {
    std::vector<std::string> names;
    for (std::string line; std::getline(source, line);) {
        const auto hash = line.find_first_not_of(" \t");
        if (hash == std::string::npos || line[hash] != '#') continue;
        const auto word = line.find_first_not_of(" \t", hash + 1);
        if (word == std::string::npos || line.compare(word, 7, "include") != 0) continue;
        const auto open = line.find('"', word);
        if (open == std::string::npos) continue;
        names.push_back(line.substr(open + 1, line.find('"', open + 1) - open - 1));
    }
    return names;
}

// Empty when `file` may include `name`; both are paths within src/, or those of es/.
std::string fault_of(const std::string& file, const std::string& name) {
    const std::string from = folder_of(file);
    // The public header of a store is of the store's folder, for whom to include it concerns.
    const std::string to = name == "es/sqlite.hpp" ? "es/sqlite" : folder_of(name);
    const auto allowed = arrows().find(from);
    if (allowed == arrows().end()) return file + ": the folder " + from + " has no arrows yet";
    if (name.find("..") != std::string::npos) return file + " includes " + name + " by a detour";
    if (to == from || allowed->second.contains(to)) return {};
    if (belongs_to_tests(file) && tests_may_include.contains(to)) return {};
    return file + " may not include " + name;
}

// `place`: where the files of this folder stand for those who include them, e.g. "es/".
std::vector<std::string> faults_in(const std::filesystem::path& folder,
                                   const std::string& place = "") {
    std::vector<std::string> faults;
    std::size_t looked_at = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const auto extension = entry.path().extension();
        if (extension != ".hpp" && extension != ".cpp") continue;
        ++looked_at;
        std::ifstream source(entry.path());
        std::string file = entry.path().lexically_relative(folder).string();
        const std::string public_headers = "include/";
        file = file.starts_with(public_headers) ? file.substr(public_headers.size()) : place + file;
        for (const std::string& name : includes_of(source)) {
            if (std::string fault = fault_of(file, name); !fault.empty()) faults.push_back(fault);
        }
    }
    if (looked_at == 0) faults.push_back("no sources in " + folder.string());
    return faults;
}

TEST(Arrows, EveryIncludePointsTheAllowedWay) {
    EXPECT_THAT(faults_in(SOURCE_FOLDER), ::testing::IsEmpty());
    EXPECT_THAT(faults_in(ES_FOLDER, "es/"), ::testing::IsEmpty());
}

TEST(Arrows, AnIncludeOfTheWrongFolderIsFound) {
    for (const auto& [file, name] : std::vector<std::pair<std::string, std::string>>{
             {"es/shard.hpp", "kpi/metric.hpp"},
             {"es/src/event.cpp", "base/json.hpp"},
             {"es/sqlite/event_file.cpp", "base/uuid.hpp"},
             {"es/sqlite/lost_events.cpp", "views/sqlite/view_folder.hpp"},
             {"base/json.cpp", "es/event.hpp"},
             {"http/server.cpp", "es/event.hpp"},
             {"kpi/metric.cpp", "http/message.hpp"},
             {"kpi/metric.cpp", "es/sqlite/connection.hpp"},
             {"views/sqlite/view_file.cpp", "views/memory/memory_metric_views.hpp"},
             {"write_api/write_api.cpp", "read_api/read_api.hpp"},
             {"read_api/read_api.cpp", "es/sqlite.hpp"},
             {"cli/list.cpp", "read_api/read_api.hpp"},
             {"projector/projector.cpp", "http/server.hpp"},
             {"kpi/metric.cpp", "kpi/testing/view_store_suite.hpp"},
             {"kpi/metric_test.cpp", "yardstick/settings.hpp"},
             {"kpi/metric.cpp", "kpi/../http/message.hpp"},
             {"a_new_folder/a.cpp", "a_new_folder/a.hpp"},
         }) {
        EXPECT_NE(fault_of(file, name), "") << file << " " << name;
    }
    EXPECT_EQ(fault_of("kpi/metric_test.cpp", "views/memory/memory_metric_views.hpp"), "");
    EXPECT_EQ(fault_of("yardstick/serve.cpp", "es/sqlite.hpp"), "");
}

TEST(Arrows, AFileWithAWrongIncludeIsFoundInItsFolder) {
    const auto folder = std::filesystem::path(::testing::TempDir()) /
                        ("arrows-" + std::to_string(std::hash<std::string>{}(SOURCE_FOLDER)));
    std::filesystem::create_directories(folder / "http");
    std::ofstream(folder / "http" / "a.cpp")
        << "// \"kpi/metric.hpp\"\n#include <string>\n  # include \"kpi/metric.hpp\"\n";
    EXPECT_THAT(faults_in(folder),
                ::testing::ElementsAre("http/a.cpp may not include kpi/metric.hpp"));
    std::filesystem::remove_all(folder);
}

}  // namespace
