// `yardstick rebuild`: rebuilds views from the events, or compares them with these.
#pragma once

#include <filesystem>
#include <string>

#include "yardstick/engines.hpp"

namespace yardstick {

struct RebuildOptions {
    Engines engines;
    std::filesystem::path data = "./data";  // of the embedded engines
    std::string metric;                     // this one only; empty: all
    bool check = false;                     // compare only
};

// Beside running processes or without them; whoever projects takes the new views over, and where
// nobody does this process does. Returns the exit code. Throws es::InUse, es::Unusable,
// es::Unavailable.
int rebuild(const RebuildOptions& options);

}  // namespace yardstick
