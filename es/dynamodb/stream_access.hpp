// The stream's service: lists the shards, and reads records of several shards at the same time.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "aws/json_client.hpp"
#include "es/dynamodb/shard_lineage.hpp"
#include "es/dynamodb/stream_records.hpp"

namespace es::dynamodb {

struct ShardQuestion {
    std::string shard;
    ShardPosition from;
    std::string iterator{};  // from the page before; empty: created from `from`
};

struct ShardAnswer {
    ShardPage page;
    bool trimmed = false;  // records after the position were dropped
    std::string trouble;   // why there is no page; empty: there is one
};

// Any thread.
class StreamAccess {
public:
    // `client` must outlive it. `call_time`: for each call, at most.
    StreamAccess(aws::JsonClient& client, std::string table, std::chrono::milliseconds call_time);

    // Throws es::Trimmed: there is no such stream any more; es::Unavailable.
    [[nodiscard]] std::vector<Shard> shards(const std::string& stream) const;

    // An answer for each request. At most `limit` records of each shard (and 1,000, and 1 MB).
    // Iterators that have expired are recreated.
    [[nodiscard]] std::vector<ShardAnswer> ask(const std::string& stream,
                                               const std::vector<ShardQuestion>& questions,
                                               std::size_t limit) const;

private:
    [[nodiscard]] ShardAnswer answer_of(const aws::Reply& reply) const;

    aws::JsonClient& client_;
    const std::string table_;
    const std::chrono::milliseconds call_time_;
};

}  // namespace es::dynamodb
