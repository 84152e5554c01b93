// Root's commands on a data folder of somebody else, e.g. of the user that a service runs as: what
// root makes there its owner couldn't open.
#pragma once

#include <filesystem>

namespace yardstick {

// Where root runs this process and the folder is another user's: from here on this process has the
// rights of that user, for good, and so makes files as that user does. To be called when files that
// only root can read are open, and before any thread is started. Throws es::Unusable when that user
// can't write there, or may not be impersonated.
void act_as_owner_of(const std::filesystem::path& folder);

}  // namespace yardstick
