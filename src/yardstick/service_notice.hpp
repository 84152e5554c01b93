// Notifies systemd of the state of a service (Type=notify): sd_notify(3)'s protocol.
#pragma once

#include <string_view>

namespace yardstick {

// Assignments, one a line: "READY=1", "STOPPING=1", "STATUS=...". Does nothing where $NOTIFY_SOCKET
// is not set or can't be written to: nobody waits for it then. Any thread.
void notify_service(std::string_view assignments);

}  // namespace yardstick
