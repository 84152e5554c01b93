// What the views of a folder know of its events: a store that lacks an event which they have
// applied has lost it. Whoever opens, checks or copies the events of a folder with views passes
// this.
#pragma once

#include "es/sqlite.hpp"

namespace views {

// With the commands that Yardstick has for a person who must decide about a loss.
es::EventWitnesses event_witnesses();

}  // namespace views
