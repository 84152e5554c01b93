// Which shards of a stream may be read: parents to their end before their children, so that an
// item's records come in order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "es/dynamodb/stream_checkpoint.hpp"

namespace es::dynamodb {

// As the service lists it. It is unknown whether the shard is closed: some services give an ending
// sequence number for open shards too. Only a shard's own last page shows it.
struct Shard {
    std::string id;
    std::string parent{};  // empty: none
};

// Adds listed shards that are not in the checkpoint, at their start, and removes those that are
// done and no longer listed. True when that changed it.
bool adopt(const std::vector<Shard>& listed, StreamCheckpoint& checkpoint);

// A shard that was not read to its end and is no longer listed: its records are lost.
std::optional<std::string> lost_shard(const std::vector<Shard>& listed,
                                      const StreamCheckpoint& checkpoint);

// The ids of shards that aren't done and whose parents are: done, or not listed any more.
std::vector<std::string> readable_shards(const std::vector<Shard>& listed,
                                         const StreamCheckpoint& checkpoint);

}  // namespace es::dynamodb
