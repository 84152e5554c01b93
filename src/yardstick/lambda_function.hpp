// `yardstick lambda`: the projector as a function on AWS Lambda, to which the stream of the events'
// table is mapped.
#pragma once

#include "base/log.hpp"
#include "yardstick/engines.hpp"

namespace yardstick {

// Handles one batch of the stream's records after the other until SIGTERM or SIGINT comes; returns
// the exit code. Throws es::Unusable when it can't start, of which Lambda is told too, and
// aws::RuntimeGone.
int serve_lambda(const base::log::Options& log, const EngineOptions& engines);

}  // namespace yardstick
