#include "es/dynamodb/item.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <variant>
#include <vector>

#include "base/json_members.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "es/errors.hpp"

namespace es::dynamodb {
namespace {

void write_text(std::string_view name, std::string_view text, json::Writer& out) {
    out.name(name).begin_object().member("S", text).end_object();
}

void write_integer(std::string_view name, std::int64_t value, json::Writer& out) {
    out.name(name).begin_object().member("N", std::to_string(value)).end_object();
}

void write_number(const json::Number& number, json::Writer& out) {
    if (number.too_large || number.rounded_to_zero) {
        throw es::Corrupt("the payload holds a number that no double holds");
    }
    out.member("N", json::format_number(number.value));
}

// A JSON value as an attribute value, {"S": "..."}. As deep as json::Limits allow.
void write_value(const json::Value& value, json::Writer& out);  // NOLINT(misc-no-recursion)

// NOLINTNEXTLINE(misc-no-recursion)
void write_list(const json::Array& values, json::Writer& out) {
    out.name("L").begin_array();
    for (const json::Value& value : values) write_value(value, out);
    out.end_array();
}

// NOLINTNEXTLINE(misc-no-recursion)
void write_map(const json::Members& members, json::Writer& out) {
    out.name("M").begin_object();
    for (const auto& [name, value] : members) {
        out.name(name);
        write_value(value, out);
    }
    out.end_object();
}

// NOLINTNEXTLINE(misc-no-recursion)
void write_value(const json::Value& value, json::Writer& out) {
    out.begin_object();
    if (const auto* text = value.string()) out.member("S", *text);
    if (const auto* number = value.number()) write_number(*number, out);
    if (const auto* boolean = value.boolean()) out.member("BOOL", *boolean);
    if (value.is_null()) out.member("NULL", true);
    if (const auto* values = value.array()) write_list(*values, out);
    if (const auto* members = value.object()) write_map(*members, out);
    out.end_object();
}

void write_metadata(const es::RecordedEvent& event, std::string_view append_id, json::Writer& out) {
    const es::Metadata& metadata = event.metadata;
    out.name("metadata").begin_object().name("M").begin_object();
    write_integer("schema", event.schema, out);
    if (!metadata.command_id.empty()) write_text("commandId", metadata.command_id, out);
    if (!metadata.idempotency_key.empty()) write_text("key", metadata.idempotency_key, out);
    if (!metadata.digest.empty()) write_text("digest", metadata.digest, out);
    if (!metadata.actor.empty()) write_text("actor", metadata.actor, out);
    write_text("append", append_id, out);
    if (!metadata.extra.empty()) {
        out.name("extra").begin_object().name("M").begin_object();
        for (const auto& [name, text] : metadata.extra) write_text(name, text, out);
        out.end_object().end_object();
    }
    out.end_object().end_object();
}

[[noreturn]] void throw_odd(std::string_view attribute, const std::string& why) {
    throw es::Corrupt("attribute " + base::excerpt(attribute) + " " + why);
}

// The value of this type: {"S": <this>}; nullptr when the type is another one.
const json::Value* typed(const json::Value* attribute, std::string_view type) {
    if (attribute == nullptr || attribute->object() == nullptr) return nullptr;
    return attribute->object()->size() == 1 ? attribute->find(type) : nullptr;
}

// The same, as text, list and so on.
template <class T>
const T* typed_as(const json::Value* attribute, std::string_view type) {
    return json::as<T>(typed(attribute, type));
}

const std::string* typed_text(const json::Value* attribute, std::string_view type) {
    return typed_as<std::string>(attribute, type);
}

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
    Number number{};
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

// `path`: which attribute that is, for errors.
void read_value(const json::Value& attribute, const std::string& path,
                json::Writer& out);  // NOLINT(misc-no-recursion)

// NOLINTNEXTLINE(misc-no-recursion)
void read_list(const json::Array& values, const std::string& path, json::Writer& out) {
    out.begin_array();
    for (std::size_t i = 0; i < values.size(); ++i) {
        read_value(values[i], path + "/" + std::to_string(i), out);
    }
    out.end_array();
}

// DynamoDB gives a map's members in an order of its own.
// NOLINTNEXTLINE(misc-no-recursion)
void read_map(const json::Members& members, const std::string& path, json::Writer& out) {
    std::vector<const json::Members::value_type*> sorted;
    sorted.reserve(members.size());
    for (const auto& member : members) sorted.push_back(&member);
    std::ranges::sort(sorted, {},
                      [](const auto* member) -> const std::string& { return member->first; });
    out.begin_object();
    for (const auto* member : sorted) {
        out.name(member->first);
        read_value(member->second, path + "/" + member->first, out);
    }
    out.end_object();
}

// NOLINTNEXTLINE(misc-no-recursion)
void read_value(const json::Value& attribute, const std::string& path, json::Writer& out) {
    if (const std::string* text = typed_text(&attribute, "S")) {
        out.string(*text);
    } else if (const std::string* digits = typed_text(&attribute, "N")) {
        const auto number = parse_number<double>(*digits);
        if (!number) throw_odd(path, "is a number that no double holds");
        out.number(*number);
    } else if (const bool* flag = typed_as<bool>(&attribute, "BOOL")) {
        out.boolean(*flag);
    } else if (typed(&attribute, "NULL") != nullptr) {
        out.null();
    } else if (const auto* list = typed_as<json::Array>(&attribute, "L")) {
        read_list(*list, path, out);
    } else if (const auto* map = typed_as<json::Members>(&attribute, "M")) {
        read_map(*map, path, out);
    } else {
        throw_odd(path, "has a type that JSON does not have");
    }
}

const json::Value& require(const json::Value& item, std::string_view name) {
    const auto missing = [](std::string_view which, auto) { throw_odd(which, "is missing"); };
    return *json::MemberReader(item, missing).require<json::Value>(name);
}

const std::string& require_text(const json::Value& item, std::string_view name) {
    const std::string* text = typed_text(&require(item, name), "S");
    if (text == nullptr || text->empty()) throw_odd(name, "is no text");
    return *text;
}

// A member of `metadata`; empty when it is absent.
std::string optional_text(const json::Value& metadata, std::string_view name) {
    const json::Value* attribute = metadata.find(name);
    if (attribute == nullptr) return {};
    const std::string* text = typed_text(attribute, "S");
    if (text == nullptr) throw_odd("metadata/" + std::string(name), "is no text");
    return *text;
}

es::ExtraMetadata read_extra(const json::Value& metadata) {
    es::ExtraMetadata extra;
    const json::Value* attribute = metadata.find("extra");
    if (attribute == nullptr) return extra;
    const auto* members = typed_as<json::Members>(attribute, "M");
    if (members == nullptr) return extra;
    for (const auto& [name, value] : *members) {
        if (const std::string* text = typed_text(&value, "S")) extra.emplace(name, *text);
    }
    return extra;
}

void read_metadata(const json::Value& item, es::RecordedEvent& event) {
    const json::Value* attribute = item.find("metadata");
    if (attribute == nullptr) return;  // written by the original system
    const json::Value* metadata = typed(attribute, "M");
    if (metadata == nullptr || metadata->object() == nullptr) throw_odd("metadata", "is no map");
    const std::string* schema = typed_text(metadata->find("schema"), "N");
    const auto number = schema != nullptr ? parse_number<int>(*schema) : std::nullopt;
    if (!number || *number < 1) throw_odd("metadata/schema", "is no whole number from 1 on");
    event.schema = *number;
    event.metadata.command_id = optional_text(*metadata, "commandId");
    event.metadata.idempotency_key = optional_text(*metadata, "key");
    event.metadata.digest = optional_text(*metadata, "digest");
    event.metadata.actor = optional_text(*metadata, "actor");
    event.metadata.extra = read_extra(*metadata);
}

}  // namespace

void write_item(const es::RecordedEvent& event, std::string_view append_id, json::Writer& out) {
    const json::Parsed payload = json::parse(event.payload);
    if (!payload.ok() || payload.value.object() == nullptr) {
        throw es::Corrupt("the payload is no JSON object");
    }
    out.begin_object();
    write_text("aggregateId", event.stream, out);
    write_integer("order", event.version, out);
    write_text("name", event.type, out);
    write_text("occurredOn", base::format_time(event.occurred_on), out);
    out.name("payload");
    write_value(payload.value, out);
    write_metadata(event, append_id, out);
    out.end_object();
}

es::RecordedEvent read_item(const json::Value& item) {
    es::RecordedEvent event;
    event.stream = require_text(item, "aggregateId");
    event.version = read_order(item);
    event.type = require_text(item, "name");
    const auto time =
        base::parse_time(require_text(item, "occurredOn"), base::DateAlone::start_of_day);
    if (!time) throw_odd("occurredOn", "is no time");
    event.occurred_on = *time;
    const json::Value& payload = require(item, "payload");
    if (typed(&payload, "M") == nullptr) throw_odd("payload", "is no map");
    json::Writer out;
    read_value(payload, "payload", out);
    event.payload = out.take();
    read_metadata(item, event);
    return event;
}

std::string append_id_in(const json::Value& item) {
    const json::Value* metadata = typed(item.find("metadata"), "M");
    if (metadata == nullptr) return {};
    const std::string* id = typed_text(metadata->find("append"), "S");
    return id != nullptr ? *id : std::string();
}

const std::string* text_attribute(const json::Value& item, std::string_view name) {
    return typed_text(item.find(name), "S");
}

es::Version read_order(const json::Value& item) {
    const std::string* digits = typed_text(&require(item, "order"), "N");
    const auto version = digits != nullptr ? parse_number<es::Version>(*digits) : std::nullopt;
    if (!version || *version < 1) throw_odd("order", "is no whole number from 1 on");
    return *version;
}

}  // namespace es::dynamodb
