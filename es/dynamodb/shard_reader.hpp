// Reads a stream from a checkpoint: requests records of the readable shards in turn, none too
// often, and keeps the position in each.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "es/dynamodb/dynamodb_stream_feed.hpp"
#include "es/dynamodb/stream_access.hpp"
#include "es/event_feed.hpp"

namespace es::dynamodb {

// Not to be used by two threads at once. After an exception its position may be later than what was
// returned: another reader must continue from there.
class ShardReader {
public:
    // Blocks until then; false: the poll must end.
    using WaitUntil = std::function<bool(std::chrono::steady_clock::time_point)>;

    ShardReader(const StreamAccess& access, const DynamoDbStreamFeedOptions& options,
                StreamCheckpoint from);

    [[nodiscard]] const StreamCheckpoint& position() const { return position_; }

    // Lists the shards when that is due. True when the position changed by it: it must be saved
    // before the first record of a new shard is read. Throws Trimmed, Unavailable.
    bool discover();

    // Reads a page of every readable shard, or stops at `limit` events. Returns whether the
    // position moved. Throws Trimmed; Unavailable when no shard can be read.
    bool round(std::size_t limit, const WaitUntil& wait_until,
               std::vector<es::RecordedEvent>& events);

    // When the next round may read a shard.
    [[nodiscard]] std::chrono::steady_clock::time_point next_round() const;
    [[nodiscard]] bool all_done() const;

private:
    struct Cursor {
        std::string iterator;
        std::chrono::steady_clock::time_point next{};  // of its next request, at the earliest
        bool asked = false;                            // since began_
        bool troubled = false;
    };

    [[nodiscard]] std::vector<std::string> by_patience() const;
    bool take(const std::string& shard, ShardAnswer& answer,
              std::vector<es::RecordedEvent>& events);
    void mark_polled();

    const StreamAccess& access_;
    const DynamoDbStreamFeedOptions& options_;
    StreamCheckpoint position_;
    std::vector<Shard> listed_;
    std::map<std::string, Cursor> cursors_;
    std::chrono::steady_clock::time_point next_discovery_{};
    es::TimePoint began_;  // when `asked` was last reset
};

}  // namespace es::dynamodb
