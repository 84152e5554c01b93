// `yardstick status`: what runs over a data folder, what it holds, and how fast that grows.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>

#include "es/event.hpp"
#include "views/sqlite/data_status.hpp"

namespace yardstick {

struct Status {
    std::string folder;
    views::DataStatus data;
    double recorded_per_second = 0;
    double applied_per_second = 0;
};

// docs/operating.md describes both forms; the JSON one only ever gets more members.
void print_status(const Status& status, std::ostream& out);
std::string status_json(const Status& status);

// Looks twice, about a second apart, while anybody works on the folder. Returns the exit code.
// Throws es::Unusable when there is no event store.
int show_status(const std::filesystem::path& folder, bool as_json);

}  // namespace yardstick
