// Reads a stream on from a checkpoint: asks the shards that may be read in turn, none too often,
// and keeps the position in each.
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

// Not to be used by two threads at once. After an exception its position is not known to be the one
// that was handed out: another reader must go on.
class ShardReader {
public:
    // Blocks until then; false: somebody wants it to end.
    using WaitUntil = std::function<bool(std::chrono::steady_clock::time_point)>;

    ShardReader(const StreamAccess& access, const DynamoDbStreamFeedOptions& options,
                StreamCheckpoint from);

    [[nodiscard]] const StreamCheckpoint& position() const { return position_; }

    // Looks for new shards when that is due. True when the position changed by it: it is to be kept
    // before the first record of a new shard is read. Throws Trimmed, Unavailable.
    bool discover();

    // Asks every readable shard once, or until `limit` events are there. Returns whether the
    // position moved. Throws Trimmed; Unavailable when no shard can be read.
    bool round(std::size_t limit, const WaitUntil& wait_until,
               std::vector<es::RecordedEvent>& events);

    // When the next round has something to ask.
    [[nodiscard]] std::chrono::steady_clock::time_point next_round() const;
    [[nodiscard]] bool all_done() const;

private:
    struct Cursor {
        std::string iterator;
        std::chrono::steady_clock::time_point next{};  // earlier it may not be asked
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
    es::TimePoint began_;  // since then `asked` is counted
};

}  // namespace es::dynamodb
