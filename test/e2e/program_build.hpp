// Which build of the program is tested, and what its sanitizers report: each process writes its
// reports into files, and a report fails the test that runs, whether or not it looks at the
// process.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace e2e {

// What YARDSTICK_E2E_PROGRAM names, e.g. a build with a sanitizer; else the program of this build.
std::string program_file();

// "ASAN_OPTIONS=...", ...: what this test program was given, and where reports go.
std::vector<std::string> sanitizer_environment();

// To be called once the process has ended. Its reports are failures of the test that runs.
void expect_no_sanitizer_report(pid_t pid);

}  // namespace e2e
