// Sends random commands to metrics, and compares after each of them what the write side, the views
// and a second implementation (naive_metric.hpp) say. What differs is a failure of the test.
#pragma once

#include <map>
#include <string>

namespace kpi::testing {

struct RandomResult {
    std::map<std::string, int> refused;  // by rule
    int recorded = 0;
    int unchanged = 0;
};

// Begins with empty stores. A metric gets about `commands_each` commands until another one takes
// its place.
RandomResult compare_random_commands(unsigned seed, int commands, int commands_each);

}  // namespace kpi::testing
