// What a repeated command must share with the first one.
#pragma once

#include <string>

#include "write_api/command_reader.hpp"

namespace write_api {

// The fingerprint of what was asked for. `name`: the command's.
std::string digest_of(const std::string& name, const MetricRequest& request);

}  // namespace write_api
