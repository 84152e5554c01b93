#include "es/dynamodb/stream_records.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/json_members.hpp"
#include "es/dynamodb/calls.hpp"
#include "es/dynamodb/item.hpp"
#include "es/errors.hpp"

namespace es::dynamodb {
namespace {

// The version at which an item with an invalid order parks its stream: no event can follow 1.5.
es::Version version_behind(const json::Value& keys) {
    constexpr double version_max = 9e15;
    const json::Value* order = keys.find("order");
    const auto* digits = order != nullptr ? json::member<std::string>(*order, "N") : nullptr;
    double value = 0;
    if (digits != nullptr) std::from_chars(digits->data(), digits->data() + digits->size(), value);
    return static_cast<es::Version>(std::floor(std::clamp(value, 0.0, version_max))) + 1;
}

es::RecordedEvent unreadable(const json::Value& keys, const std::string& why) {
    es::RecordedEvent event;
    const std::string* stream = text_attribute(keys, "aggregateId");
    if (stream == nullptr) throw es::Unavailable("a record of the stream has no aggregateId");
    event.stream = *stream;
    try {
        event.version = read_order(keys);
    } catch (const es::Corrupt&) {
        event.version = version_behind(keys);
    }
    event.type = "unreadable: " + why;
    return event;
}

es::RecordedEvent event_of(const json::Value& change) {
    const json::Value& keys = member_of(change, "Keys");
    const json::Value* image = change.find("NewImage");
    if (image == nullptr) return unreadable(keys, "the record has no image");
    try {
        return read_item(*image);
    } catch (const es::Corrupt& error) {
        return unreadable(keys, error.what());
    }
}

}  // namespace

std::vector<StreamRecord> records_in(const json::Value& body) {
    std::vector<StreamRecord> records;
    for (const json::Value& entry : array_of(body, "Records")) {
        const json::Value& change = member_of(entry, "dynamodb");
        StreamRecord& record = records.emplace_back();
        record.sequence = text_of(change, "SequenceNumber");
        if (text_of(entry, "eventName") == "INSERT") record.event = event_of(change);
        record.stream = json::text_or_empty(entry, "eventSourceARN");
    }
    return records;
}

ShardPage read_records(const json::Value& body) {
    ShardPage page;
    for (StreamRecord& record : records_in(body)) {
        page.last_sequence = std::move(record.sequence);
        if (record.event) page.events.push_back(*std::move(record.event));
    }
    page.next_iterator = json::text_or_empty(body, "NextShardIterator");
    return page;
}

}  // namespace es::dynamodb
