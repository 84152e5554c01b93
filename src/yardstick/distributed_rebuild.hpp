// `yardstick rebuild` where events are in DynamoDB and views in MongoDB.
#pragma once

#include "yardstick/rebuild.hpp"

namespace yardstick {

// As rebuild().
int rebuild_distributed(const RebuildOptions& options);

}  // namespace yardstick
