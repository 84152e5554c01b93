// The records of a shard as the service gives them, turned into events.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "es/event.hpp"

namespace stores::dynamodb {

struct ShardPage {
    std::vector<es::RecordedEvent> events;
    std::string last_sequence;  // of the last record, an event or not; empty when there were none
    std::string next_iterator;  // empty: the shard ends here
};

// `body`: an answer to GetRecords. Only inserted items are events. One that can't be read becomes
// an event of a type that nobody knows, which parks its stream with the reason. Throws
// es::Unavailable when it is no such answer.
ShardPage read_records(const json::Value& body);

}  // namespace stores::dynamodb
