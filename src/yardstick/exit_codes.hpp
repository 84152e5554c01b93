// The program's exit codes; `yardstick --help` lists them.
#pragma once

namespace yardstick {

inline constexpr int exit_done = 0;
inline constexpr int exit_failure = 1;      // it could not be done
inline constexpr int exit_partly = 2;       // done, but for what was named
inline constexpr int exit_differences = 3;  // a check found what should not be
inline constexpr int exit_not_found = 4;    // no such metric
inline constexpr int exit_in_use = 5;       // another process owns the data folder
inline constexpr int exit_usage = 64;       // the command line is wrong (EX_USAGE)

}  // namespace yardstick
