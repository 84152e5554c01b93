// The records of a stream as its service and Lambda give them, turned into events.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "es/event.hpp"

namespace es::dynamodb {

struct StreamRecord {
    std::string sequence;
    std::optional<es::RecordedEvent> event;  // of an item that was inserted
    std::string stream;  // its ARN, where the record tells it: those that Lambda delivers do
};

// The member `Records` of `body`. Only inserted items are events. One that can't be read becomes an
// event of a type that nobody knows, which parks its stream with the reason. Throws
// es::Unavailable when these are no such records.
std::vector<StreamRecord> records_in(const json::Value& body);

struct ShardPage {
    std::vector<es::RecordedEvent> events;
    std::string last_sequence;  // of the last record, an event or not; empty when there were none
    std::string next_iterator;  // empty: the shard ends here
};

// `body`: an answer to GetRecords. Throws as records_in().
ShardPage read_records(const json::Value& body);

}  // namespace es::dynamodb
