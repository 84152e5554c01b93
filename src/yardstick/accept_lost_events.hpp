// `yardstick accept-lost-events`: a person decides to continue without events that were
// acknowledged. It is a command and no setting, so that it accepts one loss and not the next one.
#pragma once

#include <filesystem>

namespace yardstick {

// Returns the exit code. Throws es::InUse, es::Unusable and es::Unavailable.
int accept_lost_events(const std::filesystem::path& data);

}  // namespace yardstick
