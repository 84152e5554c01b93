#include "program_build.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "program.hpp"

namespace e2e {
namespace {

// Open for a program that gave up being root.
class ReportFolder : public Folder {
public:
    ReportFolder() {
        using std::filesystem::perms;
        std::filesystem::permissions(path(), perms::all | perms::sticky_bit);
    }
};

const Folder& report_folder() {
    static const ReportFolder folder;
    return folder;
}

void expect_no_report(const std::filesystem::path& file) {
    std::ifstream report(file);
    if (!report) return;
    const std::string text{std::istreambuf_iterator<char>(report), {}};
    ADD_FAILURE() << "a sanitizer's report of the program:\n" << text;
    std::filesystem::remove(file);
}

// For processes that no Process stands for, such as those of a shell.
class ReportsInTheEnd : public ::testing::Environment {
public:
    void TearDown() override {
        for (const auto& file : std::filesystem::directory_iterator(report_folder().path())) {
            expect_no_report(file.path());
        }
    }
};

[[maybe_unused]] const ::testing::Environment* const reports_in_the_end =
    ::testing::AddGlobalTestEnvironment(new ReportsInTheEnd);

}  // namespace

std::string program_file() {
    const char* named = std::getenv("YARDSTICK_E2E_PROGRAM");  // NOLINT(concurrency-mt-unsafe)
    return named == nullptr ? YARDSTICK_PROGRAM : named;
}

std::vector<std::string> sanitizer_environment() {
    std::vector<std::string> environment;
    for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
        const char* given = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
        environment.push_back(std::string(name) + "=" + (given == nullptr ? "" : given) +
                              ":log_path=" + (report_folder().path() / "report").string());
    }
    return environment;
}

void expect_no_sanitizer_report(pid_t pid) {
    expect_no_report(report_folder().path() / ("report." + std::to_string(pid)));
}

}  // namespace e2e
