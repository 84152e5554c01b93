#include "kpi/metric_change.hpp"

#include <string>
#include <variant>

#include "base/json.hpp"
#include "base/time.hpp"
#include "es/overloaded.hpp"
#include "kpi/metric_fields.hpp"

namespace kpi {
namespace {

std::string reason_of(const MetricEvent& happened) {
    return std::visit(
        [](const auto& event) -> std::string {
            if constexpr (requires { event.reason.value(); }) {
                return event.reason.value_or("");
            } else if constexpr (requires { event.reason; }) {
                return event.reason;
            } else {
                return {};
            }
        },
        happened);
}

void begin(json::Writer& out, const MetricEvent& happened, const es::RecordedEvent& event) {
    out.begin_object()
        .member("version", event.version)
        .member("type", event.type)
        .member("occurredOn", base::format_time(event.occurred_on));
    if (!event.metadata.actor.empty()) out.member("actor", event.metadata.actor);
    const auto by = event.metadata.extra.find("by");
    if (by != event.metadata.extra.end()) out.member("by", by->second);
    if (const auto reason = reason_of(happened); !reason.empty()) out.member("reason", reason);
}

// Goes through the members that commands set: those that the event gave, or changed.
template <class IsWanted>
void write_members(json::Writer& out, const MetricDocument& document, IsWanted is_wanted) {
    out.begin_object();
    for_each_field<given_fields>([&](auto at, std::size_t) {
        if (is_wanted(at)) write(out.name(at.name), at.get(document, {}));
    });
    out.end_object();
}

void write_creation(json::Writer& out, const MetricDocument& created) {
    write_members(out.name("from").null().name("to"), created, [&](auto at) {
        const FieldView value = at.get(created, {});
        return at.row.given == Given::always || at.row.storable(value) != at.row.missing();
    });
}

void write_difference(json::Writer& out, const MetricDocument& before,
                      const MetricDocument& after) {
    const auto differs = [&](auto at) { return at.get(before, {}) != at.get(after, {}); };
    write_members(out.name("from"), before, differs);
    write_members(out.name("to"), after, differs);
}

void write_note(json::Writer& out, const MetricNoted& note, es::TimePoint on) {
    out.name("from").null().name("to").begin_object().member("text", note.text);
    out.member("at", base::format_time(note.at.value_or(on)));
    if (note.new_process == true) out.member("newProcess", true);
    out.end_object();
}

void write_archived(json::Writer& out, bool archived) {
    out.name("from").begin_object().member("archived", !archived).end_object();
    out.name("to").begin_object().member("archived", archived).end_object();
}

void write_value(json::Writer& out, const MetricValue& value) {
    out.begin_object().member("value", value.value).member("date", base::format_time(value.date));
    if (value.notes != nullptr && !value.notes->comment.empty()) {
        out.member("comment", value.notes->comment);
    }
    if (value.retracted()) out.member("retracted", true);
    out.end_object();
}

es::Version amended_by(const MetricEvent& happened) {
    if (const auto* corrected = std::get_if<MetricValueCorrected>(&happened)) return corrected->of;
    if (const auto* retracted = std::get_if<MetricValueRetracted>(&happened)) return retracted->of;
    return 0;
}

}  // namespace

MetricChange change_of(const MetricEvent& happened, const es::RecordedEvent& event,
                       const MetricDocument* before, const MetricDocument& after) {
    json::Writer out;
    begin(out, happened, event);
    std::visit(es::Overloaded{
                   [&](const MetricNoted& note) { write_note(out, note, event.occurred_on); },
                   [&](const MetricArchived& /*event*/) { write_archived(out, true); },
                   [&](const MetricReopened& /*event*/) { write_archived(out, false); },
                   [&](const auto& /*event*/) {
                       if (before == nullptr) return write_creation(out, after);
                       write_difference(out, *before, after);
                   },
               },
               happened);
    return {event.version, out.end_object().take()};
}

MetricChange change_of(const MetricEvent& happened, const es::RecordedEvent& event,
                       const MetricValue& before, const MetricValue& after) {
    json::Writer out;
    begin(out, happened, event);
    out.member("of", amended_by(happened));
    write_value(out.name("from"), before);
    write_value(out.name("to"), after);
    return {event.version, out.end_object().take()};
}

}  // namespace kpi
