// Names a process such that others on the same machine can see whether it still runs. Private to
// this room.
#pragma once

#include <string>

namespace views::mongodb {

// Of this process: machine, namespace of process ids, process id and start time.
std::string own_process_name();
// True when the process ran on this machine and has ended; false also when that is unknown.
bool has_ended(const std::string& name);

}  // namespace views::mongodb
