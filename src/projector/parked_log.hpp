// What is said of a metric whose next event can't be applied. Alarms look for this line. Private to
// this room.
#pragma once

#include "es/view_store.hpp"

namespace projector {

void tell_parked(const es::Parked& parked);

}  // namespace projector
