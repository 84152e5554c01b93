// The stored form of each event type: docs/formats/events.md.
#include "base/json.hpp"
#include "base/time.hpp"
#include "es/errors.hpp"
#include "kpi/metric.hpp"

namespace kpi {
namespace {

// Reads members of a stored payload. Members that it doesn't ask for are left alone: a later
// release may have added them.
class Payload {
public:
    explicit Payload(const std::string& text) : parsed_(json::parse(text)) {
        if (!parsed_.ok()) throw es::Corrupt("payload is not JSON: " + parsed_.error);
        if (parsed_.value.object() == nullptr) throw es::Corrupt("payload is not an object");
    }

    [[nodiscard]] std::string text(const char* name) const {
        const std::string* text = member(name).string();
        if (text == nullptr) throw wrong(name, "a text");
        return *text;
    }
    [[nodiscard]] double number(const char* name) const {
        const json::Number* number = member(name).number();
        if (number == nullptr || number->too_large) throw wrong(name, "a number");
        return number->value;
    }
    [[nodiscard]] TimePoint time(const char* name) const {
        const auto time = base::parse_time(text(name), base::DateAlone::end_of_day);
        if (!time) throw wrong(name, "a time");
        return *time;
    }
    [[nodiscard]] bool has(const char* name) const { return parsed_.value.find(name) != nullptr; }

    static es::Corrupt wrong(const char* name, const char* expected) {
        return es::Corrupt(std::string("payload's '") + name + "' is not " + expected);
    }

private:
    [[nodiscard]] const json::Value& member(const char* name) const {
        const json::Value* value = parsed_.value.find(name);
        if (value == nullptr) throw es::Corrupt(std::string("payload has no '") + name + "'");
        return *value;
    }

    json::Parsed parsed_;
};

std::string write_created(const MetricCreated& event) {
    json::Writer out;
    out.begin_object()
        .member("name", event.name)
        .member("description", event.description)
        .member("target", event.target)
        .member("unit", event.unit)
        .member("deadline", base::format_time(event.deadline))
        .member("kind", to_string(event.kind))
        .end_object();
    return out.take();
}

MetricCreated read_created(const std::string& text) {
    const Payload payload(text);
    MetricCreated event{payload.text("name"), payload.text("description"), payload.number("target"),
                        payload.text("unit"), payload.time("deadline"),    MetricKind::counter};
    if (payload.has("kind")) {  // the original had counters only and wrote none
        const auto kind = parse_metric_kind(payload.text("kind"));
        if (!kind) throw Payload::wrong("kind", "a known kind");
        event.kind = *kind;
    }
    return event;
}

std::string write_details(const MetricDetailsUpdated& event) {
    json::Writer out;
    out.begin_object()
        .member("name", event.name)
        .member("description", event.description)
        .member("unit", event.unit)
        .end_object();
    return out.take();
}

MetricDetailsUpdated read_details(const std::string& text) {
    const Payload payload(text);
    return {payload.text("name"), payload.text("description"), payload.text("unit")};
}

std::string write_target(const MetricTargetUpdated& event) {
    json::Writer out;
    out.begin_object().member("target", event.target).end_object();
    return out.take();
}

MetricTargetUpdated read_target(const std::string& text) {
    return {Payload(text).number("target")};
}

std::string write_deadline(const MetricDeadlineUpdated& event) {
    json::Writer out;
    out.begin_object().member("deadline", base::format_time(event.deadline)).end_object();
    return out.take();
}

MetricDeadlineUpdated read_deadline(const std::string& text) {
    return {Payload(text).time("deadline")};
}

std::string write_value(const MetricValueUpdated& event) {
    json::Writer out;
    out.begin_object().member("value", event.value);
    if (event.observed_at) out.member("observedAt", base::format_time(*event.observed_at));
    if (event.recorded_at) out.member("recordedAt", base::format_time(*event.recorded_at));
    out.end_object();
    return out.take();
}

MetricValueUpdated read_value(const std::string& text) {
    const Payload payload(text);
    MetricValueUpdated event{payload.number("value"), std::nullopt};
    if (payload.has("observedAt")) event.observed_at = payload.time("observedAt");
    if (payload.has("recordedAt")) event.recorded_at = payload.time("recordedAt");
    return event;
}

// Schema 2 added recordedAt, which changes what becomes current. Without it the form is that of
// schema 1, so that older programs don't park metrics that they read well.
std::string value_to_schema_2(std::string payload) {
    return payload;
}
int schema_of_value(const MetricValueUpdated& event) {
    return event.recorded_at ? 2 : 1;
}

}  // namespace

const es::EventCodec<MetricEvent>& metric_codec() {
    static const es::EventCodec<MetricEvent> codec = [] {
        es::EventCodec<MetricEvent> c;
        c.add<MetricCreated>("MetricCreated", 1, write_created, read_created);
        c.add<MetricDetailsUpdated>("MetricDetailsUpdated", 1, write_details, read_details);
        c.add<MetricTargetUpdated>("MetricTargetUpdated", 1, write_target, read_target);
        c.add<MetricDeadlineUpdated>("MetricDeadlineUpdated", 1, write_deadline, read_deadline);
        c.add<MetricValueUpdated>("MetricValueUpdated", 2, write_value, read_value,
                                  schema_of_value);
        c.upcast("MetricValueUpdated", 1, value_to_schema_2);
        return c;
    }();
    return codec;
}

}  // namespace kpi
