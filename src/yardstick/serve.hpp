// `yardstick serve`: both APIs and the projector in one process over one data folder.
#pragma once

#include "yardstick/settings.hpp"

namespace yardstick {

// Runs until SIGTERM or SIGINT. Returns the exit code. Throws es::Unusable when it can't start.
int serve(const Settings& settings);

}  // namespace yardstick
