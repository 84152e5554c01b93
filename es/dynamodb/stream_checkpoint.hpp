// How far a table's stream was read: one text for all of its shards, so that a store saves all of
// it or nothing.
//
//     {"stream":"arn:...","polled":"2026-11-25T08:00:00.000Z",
//      "shards":{"shardId-1":"done","shardId-2":{"after":"100001"},"shardId-3":"start",
//      "shardId-4":"covered"}}
#pragma once

#include <map>
#include <optional>
#include <string>

#include "es/event_feed.hpp"

namespace es::dynamodb {

struct ShardPosition {
    enum class Kind {
        start,
        // As `start`, but a rebuild that began at `polled` read the shard's earlier events from the
        // table. The shard may vanish unread: a shard that closed after `polled` only vanishes when
        // `polled` is too old.
        covered,
        after,
        done,
    };
    Kind kind = Kind::start;
    std::string after{};  // the sequence number of the last record that was read

    [[nodiscard]] bool done() const { return kind == Kind::done; }
    bool operator==(const ShardPosition&) const = default;
};

struct StreamCheckpoint {
    std::string stream;  // its ARN
    // At that time every shard that isn't done had been read.
    es::TimePoint polled{};
    std::map<std::string, ShardPosition> shards{};  // by id

    bool operator==(const StreamCheckpoint&) const = default;
};

// As the feed's one partition.
es::Checkpoints checkpoints_at(const StreamCheckpoint& checkpoint);
// nullopt: there is none, or it can't be read.
std::optional<StreamCheckpoint> checkpoint_in(const es::Checkpoints& checkpoints);

}  // namespace es::dynamodb
