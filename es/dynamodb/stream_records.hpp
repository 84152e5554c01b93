// Reads events from the records of a stream, as its service and Lambda deliver them.
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
    std::string stream;                      // its ARN; only records that Lambda delivers have it
};

// The member `Records` of `body`. Only inserted items are events. One that can't be read becomes an
// event of an unknown type, which parks its stream with the reason. Throws es::Unavailable when the
// records have another form.
std::vector<StreamRecord> records_in(const json::Value& body);

struct ShardPage {
    std::vector<es::RecordedEvent> events;
    std::string last_sequence;  // of the last record, an event or not; empty when there were none
    std::string next_iterator;  // empty: the shard ends here
};

// `body`: an answer to GetRecords. Throws as records_in().
ShardPage read_records(const json::Value& body);

}  // namespace es::dynamodb
