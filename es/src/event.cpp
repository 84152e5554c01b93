#include "es/event.hpp"

#include <algorithm>
#include <exception>
#include <string_view>

#include "es/json_payload.hpp"

namespace es {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= extra_name_bytes_max && is_letter(name.front()) &&
           std::ranges::all_of(name, [](char c) {
               return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
           });
}

bool is_printable(const std::string& text) {
    const bool controls =
        std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    if (controls) return false;
    try {
        JsonPayload::Writer().text("", text);  // takes UTF-8 alone
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace

std::string fault_in(const ExtraMetadata& extra) {
    if (extra.size() > extra_members_max) {
        return "extra metadata has more than " + std::to_string(extra_members_max) + " members";
    }
    for (const auto& [name, text] : extra) {
        if (!is_name(name)) {
            return "a name of extra metadata is a letter and then up to " +
                   std::to_string(extra_name_bytes_max - 1) + " letters, digits, '_' and '-'";
        }
        if (text.empty() || text.size() > extra_text_bytes_max || !is_printable(text)) {
            return "the extra metadata '" + name + "' is not a UTF-8 text of 1 to " +
                   std::to_string(extra_text_bytes_max) + " bytes without control characters";
        }
    }
    return {};
}

std::string to_json(const ExtraMetadata& extra) {
    if (extra.empty()) return {};
    JsonPayload::Writer out;
    for (const auto& [name, text] : extra) out.text(name, text);
    return out.take();
}

ExtraMetadata extra_from_json(const std::string& text) {
    if (text.empty()) return {};
    return JsonPayload::Reader(text).texts();
}

namespace {

std::size_t bytes_of_extra(const RecordedEvent& event) {
    constexpr std::size_t node_bytes = 112;  // of a map of texts, GCC 12
    std::size_t bytes = 0;
    for (const auto& [name, text] : event.metadata.extra) {
        bytes += node_bytes + name.size() + text.size();
    }
    return bytes;
}

}  // namespace

std::size_t approximate_bytes(const RecordedEvent& event) {
    return sizeof event + event.stream.size() + event.type.size() + event.payload.size() +
           event.metadata.command_id.size() + event.metadata.idempotency_key.size() +
           event.metadata.digest.size() + event.metadata.actor.size() + bytes_of_extra(event);
}

}  // namespace es
