// Names a process so that others on the same machine can see whether it is still there. Private to
// this room.
#pragma once

#include <string>

namespace views::mongodb {

// This process: machine, its namespace of process ids, its id and when it began.
std::string own_process_mark();
// True when it was on this machine and has ended; false also when that can't be known.
bool has_ended(const std::string& mark);

}  // namespace views::mongodb
