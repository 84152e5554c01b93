// What `yardstick rebuild --check` says of a comparison, on whichever engines.
#pragma once

#include "kpi/view_check.hpp"

namespace yardstick {

// Prints it, and returns the exit code.
int report(const kpi::ViewCheck& result);

}  // namespace yardstick
