// What runs until it is stopped: all of Yardstick in one process, or its parts in one each over the
// same data folder. Each part may end and come back in any order.
#pragma once

#include "yardstick/settings.hpp"

namespace yardstick {

// They return when SIGTERM or SIGINT comes, with the exit code. Throw es::InUse and es::Unusable
// when they can't start.
int serve(const Settings& settings);             // write API, read API and projector
int serve_writes(const Settings& settings);      // the write API alone: it owns the events
int serve_reads(const Settings& settings);       // the read API alone: it owns nothing
int serve_projection(const Settings& settings);  // the projector alone: it owns the views

}  // namespace yardstick
