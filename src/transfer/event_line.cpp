#include "transfer/event_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace transfer {
namespace {

constexpr double version_max = 9'007'199'254'740'991;  // a double holds each whole number up to it

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Reads the members of an object; the first one that is wrong ends up in fault().
class Members {
public:
    // `where` stands before a member's name in errors.
    Members(const json::Value& object, std::string where, std::string& fault)
        : object_(object), where_(std::move(where)), fault_(fault) {}

    const json::Value* require(const char* name) {
        const json::Value* value = object_.find(name);
        if (value == nullptr) wrong(name, "is missing");
        return value;
    }
    // `value`: the member, perhaps nullptr.
    std::string text(const char* name, const json::Value* value, std::size_t bytes_max) {
        const std::string* text = value != nullptr ? value->string() : nullptr;
        if (text != nullptr && !text->empty() && text->size() <= bytes_max &&
            !has_control_character(*text)) {
            return *text;
        }
        if (value != nullptr) {
            wrong(name, "must be a text of 1 to " + std::to_string(bytes_max) +
                            " bytes without control characters");
        }
        return {};
    }
    std::int64_t integer(const char* name, std::int64_t max) {
        const json::Value* value = require(name);
        if (value == nullptr) return 0;
        const json::Number* number = value->number();
        if (number != nullptr && !number->too_large && number->value >= 1 &&
            number->value <= static_cast<double>(max) &&
            std::trunc(number->value) >= number->value) {
            return static_cast<std::int64_t>(number->value);
        }
        wrong(name, "must be a whole number from 1 to " + std::to_string(max));
        return 0;
    }
    es::TimePoint time(const char* name) {
        const json::Value* value = require(name);
        if (value == nullptr) return {};
        const std::string* text = value->string();
        // Written otherwise, it would not be the same after another export.
        const auto time = base::parse_time(text != nullptr ? *text : std::string(),
                                           base::DateAlone::start_of_day);
        if (time && base::format_time(*time) == *text) return *time;
        wrong(name, "must be a time of the form 2026-12-31T23:59:59.999Z");
        return {};
    }
    const json::Value* object(const char* name) {
        const json::Value* value = require(name);
        if (value == nullptr || value->object() != nullptr) return value;
        wrong(name, "must be an object");
        return nullptr;
    }
    // To be called with the names of all members that there may be.
    template <std::size_t Count>
    void refuse_others(const std::array<std::string_view, Count>& known) {
        for (const auto& [name, value] : *object_.object()) {
            if (std::find(known.begin(), known.end(), name) == known.end()) {
                wrong(name, "is not a member of an event");
            }
        }
    }

private:
    void wrong(const std::string& name, const std::string& why) {
        if (fault_.empty()) fault_ = base::excerpt(where_ + name) + " " + why;
    }

    const json::Value& object_;
    const std::string where_;
    std::string& fault_;
};

es::Metadata read_metadata(const json::Value& object, std::string& fault) {
    Members members(object, "metadata/", fault);
    const auto text = [&](const char* name) {
        return members.text(name, object.find(name), metadata_bytes_max);
    };
    es::Metadata metadata{text("commandId"), text("key"), text("digest"), text("actor")};
    constexpr std::array<std::string_view, 4> known{"commandId", "key", "digest", "actor"};
    members.refuse_others(known);
    return metadata;
}

void read_members(const json::Value& line, std::string_view text, es::RecordedEvent& event,
                  std::string& fault) {
    Members members(line, "", fault);
    event.stream = members.text("stream", members.require("stream"), stream_bytes_max);
    event.version = members.integer("version", static_cast<std::int64_t>(version_max));
    event.occurred_on = members.time("occurredOn");
    event.type = members.text("type", members.require("type"), type_bytes_max);
    event.schema =
        static_cast<int>(members.integer("schema", std::numeric_limits<std::int32_t>::max()));
    if (members.object("payload") != nullptr) {
        event.payload = json::raw_member(text, "payload").value_or("{}");
    }
    if (const json::Value* metadata = members.object("metadata")) {
        event.metadata = read_metadata(*metadata, fault);
    }
    constexpr std::array<std::string_view, 7> known{"stream", "version", "occurredOn", "type",
                                                    "schema", "payload", "metadata"};
    members.refuse_others(known);
}

// What is in a payload is its writer's business.
const std::string* duplicate_in(const json::Parsed& parsed) {
    const auto found = std::ranges::find_if(parsed.duplicates, [](const std::string& pointer) {
        return !pointer.starts_with("/payload/");
    });
    return found == parsed.duplicates.end() ? nullptr : &*found;
}

}  // namespace

std::string payload_in_line(std::string_view payload) {
    std::string line(base::trim(payload));
    for (char& c : line) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    return line;
}

bool write_event_line(const es::RecordedEvent& event, std::string& lines) {
    const json::Parsed payload = json::parse(event.payload);
    if (!payload.ok() || payload.value.object() == nullptr) return false;
    json::Writer out;
    out.begin_object()
        .member("stream", event.stream)
        .member("version", event.version)
        .member("occurredOn", base::format_time(event.occurred_on))
        .member("type", event.type)
        .member("schema", std::int64_t{event.schema});
    out.name("payload").raw(payload_in_line(event.payload));
    out.name("metadata").begin_object();
    const es::Metadata& metadata = event.metadata;
    if (!metadata.command_id.empty()) out.member("commandId", metadata.command_id);
    if (!metadata.idempotency_key.empty()) out.member("key", metadata.idempotency_key);
    if (!metadata.digest.empty()) out.member("digest", metadata.digest);
    if (!metadata.actor.empty()) out.member("actor", metadata.actor);
    out.end_object().end_object();
    lines += out.text();
    lines += '\n';
    return true;
}

EventLine read_event_line(std::string_view line) {
    EventLine result;
    const json::Parsed parsed = json::parse(line);
    if (!parsed.ok()) {
        result.fault = "is not JSON: " + parsed.error;
    } else if (parsed.value.object() == nullptr) {
        result.fault = "is not an event, which is a JSON object";
    } else if (const std::string* twice = duplicate_in(parsed)) {
        result.fault = base::excerpt(*twice) + " is given more than once";
    } else {
        read_members(parsed.value, line, result.event, result.fault);
    }
    return result;
}

}  // namespace transfer
