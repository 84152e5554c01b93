// Events and views in SQLite files of one data folder.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "yardstick/storage.hpp"

namespace yardstick {

std::unique_ptr<Storage> embedded_storage(std::filesystem::path data, std::string role);

}  // namespace yardstick
