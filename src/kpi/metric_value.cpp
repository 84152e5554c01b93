#include "kpi/metric_value.hpp"

#include "base/json_members.hpp"
#include "base/time.hpp"
#include "es/errors.hpp"

namespace kpi {
namespace {

[[noreturn]] void refuse(std::string_view name, std::string_view wanted) {
    throw es::Corrupt("the notes of a stored value: '" + std::string(name) + "' is not " +
                      (wanted.empty() ? std::string("there") : std::string(wanted)));
}

es::TimePoint time_in(const json::Value& object, std::string_view name) {
    const auto* text = json::MemberReader(object, refuse).require<std::string>(name);
    const auto time = base::parse_time(*text, base::DateAlone::start_of_day);
    if (!time) refuse(name, "a time");
    return *time;
}

}  // namespace

std::string to_json(const ValueNotes& notes) {
    json::Writer out;
    out.begin_object();
    if (!notes.comment.empty()) out.member("comment", notes.comment);
    if (notes.recorded_at) out.member("recordedAt", base::format_time(*notes.recorded_at));
    if (const auto& amended = notes.amended) {
        out.name("amended")
            .begin_object()
            .member("version", amended->version)
            .member("value", amended->value)
            .member("date", base::format_time(amended->date))
            .member("reason", amended->reason)
            .end_object();
    }
    if (notes.retracted) out.member("retracted", true);
    return out.end_object().take();
}

ValueNotes notes_from_json(std::string_view text) {
    const json::Parsed parsed = json::parse(text);
    if (!parsed.ok() || parsed.value.object() == nullptr) refuse("notes", "a JSON object");
    const json::MemberReader members(parsed.value, refuse);
    ValueNotes notes;
    if (const auto* comment = members.find<std::string>("comment")) notes.comment = *comment;
    if (parsed.value.find("recordedAt") != nullptr) {
        notes.recorded_at = time_in(parsed.value, "recordedAt");
    }
    if (members.find<json::Members>("amended") != nullptr) {
        const json::Value& object = *parsed.value.find("amended");
        const json::MemberReader amended(object, refuse);
        notes.amended.emplace(
            static_cast<es::Version>(amended.require<json::Number>("version")->value),
            amended.require<json::Number>("value")->value, time_in(object, "date"),
            *amended.require<std::string>("reason"));
    }
    if (const bool* retracted = members.find<bool>("retracted")) notes.retracted = *retracted;
    return notes;
}

}  // namespace kpi
