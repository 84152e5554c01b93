// What AWS Lambda invokes a function with that a table's stream is mapped to, and what it wants to
// be told. (AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".)
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

// In the shard's order. An item that can't be read becomes an event of a type that nobody knows,
// which parks its stream with the reason. Throws es::Corrupt: it is no such batch, or comes from
// another table's stream.
std::vector<DeliveredRecord> read_stream_batch(std::string_view event, const std::string& table);

// {"batchItemFailures": [...]}: what is at `failed` in its shard comes again, and all behind it;
// nullopt: nothing does.
std::string batch_answer(const std::optional<std::string>& failed);

}  // namespace es
