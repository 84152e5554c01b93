// The stream of a DynamoDB table as a feed of its events, with a retention of 24 hours.
//
// One partition, "stream"; its checkpoint holds the position in each shard
// (docs/formats/dynamodb.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "aws/json_client.hpp"
#include "base/time.hpp"
#include "es/event_feed.hpp"

namespace es {

struct DynamoDbStreamFeedOptions {
    base::Clock clock = base::system_now;
    // Between two requests to one shard. The service allows 5 a second, and lag() sends some too.
    std::chrono::milliseconds shard_pause{250};
    // Shards that are read at the same time. Each answer holds up to 1 MB.
    std::size_t shards_at_once = 8;
    // How often new shards are looked for when none has ended.
    std::chrono::milliseconds discover_every{10'000};
    // How often the checkpoint is saved when no events come; else it would look too old.
    std::chrono::milliseconds mark_every{60'000};
    // Records live for 24 hours. A shard that was not read for this long counts as lost.
    std::chrono::milliseconds keep{std::chrono::hours(23)};
    std::chrono::milliseconds call_time{5'000};
    // How long lag() repeats its last answer: its requests count against poll()'s.
    std::chrono::milliseconds lag_every{1'000};
    // For an operator, e.g. that one shard can't be read while others can. Called on the polling
    // thread; may be empty.
    std::function<void(std::string_view)> log = {};
};

// `tables` and `streams`: the two services, which have different hosts on AWS. Both must outlive
// the feed. A batch may exceed the limit of a poll when several shards answer at once.
std::unique_ptr<EventFeed> dynamodb_stream_feed(aws::JsonClient& tables, aws::JsonClient& streams,
                                                std::string table,
                                                DynamoDbStreamFeedOptions options = {});

}  // namespace es
