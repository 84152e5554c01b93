// An event as an item of the table, and back: docs/formats/dynamodb.md. Items in the records of a
// stream have the same form.
#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "es/event.hpp"

namespace es::dynamodb {

// What DynamoDB may send: attributes nested 32 deep are twice as deep in its JSON, and everything
// else is bounded by an item's 400 KB and a page's 1 MB. A member takes at least three of these
// bytes: an item with as many as possible must not block the others of its page.
inline constexpr json::Limits reply_limits{
    .depth = 80, .members = 400 * 1024 / 3, .name_bytes = 400 * 1024};

// Adds the item's JSON, {"aggregateId":{"S":"..."},...}, to `out`. `append_id` is the same in
// all events of one append, and in no others. Throws es::Corrupt: the payload is no JSON object, or
// has a number that does not fit a double.
void write_item(const es::RecordedEvent& event, std::string_view append_id, json::Writer& out);

// The members of the payload come in ascending order of their names, numbers in their shortest
// form. Throws es::Corrupt, which names the attribute that is missing or invalid.
es::RecordedEvent read_item(const json::Value& item);

// Its append_id, as write_item() stored it; empty in items of other programs.
std::string append_id_in(const json::Value& item);

// An attribute of type S; nullptr when it is missing or of another type.
const std::string* text_attribute(const json::Value& item, std::string_view name);

// The item's `order`. Throws es::Corrupt when it is not a whole number of at least 1.
es::Version read_order(const json::Value& item);

}  // namespace es::dynamodb
