// How the program ends; `yardstick --help` lists its exit codes.
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include "es/errors.hpp"

namespace cli {

inline constexpr int exit_done = 0;
inline constexpr int exit_failure = 1;      // it could not be done
inline constexpr int exit_partly = 2;       // done, but for what was named
inline constexpr int exit_differences = 3;  // a check found what should not be
inline constexpr int exit_not_found = 4;    // no such metric
inline constexpr int exit_in_use = 5;       // another process owns the data folder
inline constexpr int exit_usage = 64;       // the command line is wrong (EX_USAGE)

struct ExitCode {
    int code;
    const char* meaning;
};
inline constexpr std::array<ExitCode, 7> exit_codes{
    {{exit_done, "done"},
     {exit_failure, "it could not be done"},
     {exit_partly, "done but for what was named"},
     {exit_differences, "a check found differences"},
     {exit_not_found, "no such metric"},
     {exit_in_use, "the data folder is in use"},
     {exit_usage, "the command line is wrong"}}};

// The command line is wrong.
class WrongUsage : public es::Unusable {
    using es::Unusable::Unusable;
};

// A command could not be done: its exit code, and one sentence.
class Failed : public std::runtime_error {
public:
    // `problem`: the type of the server's problem document, if that is the cause.
    Failed(int code, const std::string& sentence, std::string problem = {})
        : std::runtime_error(sentence), code_(code), problem_(std::move(problem)) {}
    [[nodiscard]] int code() const { return code_; }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    int code_;
    std::string problem_;
};

}  // namespace cli
