// The event with which AWS Lambda invokes a function that is mapped to a table's stream, and the
// function's response. (AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".)
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "es/event.hpp"

namespace es {

struct DeliveredRecord {
    std::string sequence;                    // of the record, in its shard
    std::optional<es::RecordedEvent> event;  // nullopt: no item was inserted
};

// In the shard's order. An item that can't be read becomes an event of an unknown type, which parks
// its stream with the reason. Throws es::Corrupt: it is no such batch, or comes from another
// table's stream.
std::vector<DeliveredRecord> read_stream_batch(std::string_view event, const std::string& table);

// {"batchItemFailures": [...]}: Lambda delivers the record `failed` and all later ones of its shard
// again; nullopt: none.
std::string batch_answer(const std::optional<std::string>& failed);

}  // namespace es
