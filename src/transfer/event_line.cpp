#include "transfer/event_line.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

#include "base/json_members.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace transfer {
namespace {

constexpr std::int64_t version_max =
    9'007'199'254'740'991;  // a double holds each whole number up to it

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Reads the members of an object; the first one that is wrong ends up in fault().
class Members {
    [[nodiscard]] auto reader() {
        return json::MemberReader(object_, [this](std::string_view name, std::string_view wanted) {
            wrong(name, wanted.empty() ? "is missing" : "must be " + std::string(wanted));
        });
    }

public:
    // `where` stands before a member's name in errors.
    Members(const json::Value& object, std::string where, std::string& fault)
        : object_(object), where_(std::move(where)), fault_(fault) {}

    std::string text(const char* name, std::size_t bytes_max) {
        const auto* value = reader().require<json::Value>(name);
        return value != nullptr ? checked_text(name, *value, bytes_max) : std::string();
    }
    std::string optional_text(const char* name, std::size_t bytes_max) {
        const json::Value* value = object_.find(name);
        return value != nullptr ? checked_text(name, *value, bytes_max) : std::string();
    }
    std::int64_t integer(const char* name, std::int64_t max) {
        const auto* value = reader().require<json::Value>(name);
        if (value == nullptr) return 0;
        const auto number = json::whole_number(value->number(), max);
        if (!number) wrong(name, "must be a whole number from 1 to " + std::to_string(max));
        return number.value_or(0);
    }
    es::TimePoint time(const char* name) {
        const auto* value = reader().require<json::Value>(name);
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
        return reader().require<json::Members>(name) != nullptr ? object_.find(name) : nullptr;
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
    std::string checked_text(const char* name, const json::Value& value, std::size_t bytes_max) {
        const std::string* text = value.string();
        if (text != nullptr && !text->empty() && text->size() <= bytes_max &&
            !has_control_character(*text)) {
            return *text;
        }
        wrong(name, "must be a text of 1 to " + std::to_string(bytes_max) +
                        " bytes without control characters");
        return {};
    }
    void wrong(std::string_view name, const std::string& why) {
        if (fault_.empty()) fault_ = base::excerpt(where_ + std::string(name)) + " " + why;
    }

    const json::Value& object_;
    const std::string where_;
    std::string& fault_;
};

es::ExtraMetadata read_extra(Members& metadata, std::string& fault) {
    es::ExtraMetadata extra;
    const json::Value* object = metadata.object("extra");
    if (object == nullptr) return extra;
    Members members(*object, "metadata/extra/", fault);
    for (const auto& [name, value] : *object->object()) {
        extra.emplace(name, members.optional_text(name.c_str(), es::extra_text_bytes_max));
    }
    if (fault.empty()) fault = es::fault_in(extra);
    return extra;
}

es::Metadata read_metadata(const json::Value& object, std::string& fault) {
    Members members(object, "metadata/", fault);
    const auto text = [&](const char* name) {
        return members.optional_text(name, metadata_bytes_max);
    };
    es::Metadata metadata{text("commandId"), text("key"), text("digest"), text("actor"), {}};
    if (object.find("extra") != nullptr) metadata.extra = read_extra(members, fault);
    constexpr std::array<std::string_view, 5> known{"commandId", "key", "digest", "actor", "extra"};
    members.refuse_others(known);
    return metadata;
}

void read_members(const json::Value& line, std::string_view text, es::RecordedEvent& event,
                  std::string& fault) {
    Members members(line, "", fault);
    event.stream = members.text("stream", stream_bytes_max);
    event.version = members.integer("version", version_max);
    event.occurred_on = members.time("occurredOn");
    event.type = members.text("type", type_bytes_max);
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
    if (!metadata.extra.empty()) out.name("extra").raw(es::to_json(metadata.extra));
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
