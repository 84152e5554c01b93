#include "read_api/render.hpp"

#include <algorithm>
#include <variant>

#include "base/time.hpp"
#include "es/errors.hpp"
#include "es/overloaded.hpp"
#include "kpi/goal_view.hpp"

namespace read_api {
namespace {

// To be raised when the same document is rendered otherwise than before: tags must then change.
constexpr char rendering = '3';

// What few values have.
void write_notes(json::Writer& out, const kpi::ValueNotes& notes) {
    if (!notes.comment.empty()) out.member("comment", notes.comment);
    if (notes.amended) {
        out.name("amended")
            .begin_object()
            .member("version", notes.amended->version)
            .name("was")
            .begin_object()
            .member("value", notes.amended->value)
            .member("date", base::format_time(notes.amended->date))
            .end_object()
            .member("reason", notes.amended->reason)
            .end_object();
    }
    if (notes.retracted) out.member("retracted", true);
}

std::string noted_value(const kpi::MetricValue& value) {
    json::Writer out;
    out.begin_object().member("value", value.value).member("date", base::format_time(value.date));
    write_notes(out, *value.notes);
    return out.end_object().take();
}

// By hand: nine tenths of a document are these, and nothing in them needs escaping.
std::string values_array(const std::vector<kpi::MetricValue>& values) {
    std::string text = "[";
    text.reserve(2 + values.size() * 80);
    for (const auto& value : values) {
        if (value.notes != nullptr) {
            text.append(text.size() > 1 ? "," : "").append(noted_value(value));
            continue;
        }
        text += text.size() > 1 ? R"(,{"value":)" : R"({"value":)";
        text += json::format_number(value.value);
        text += R"(,"date":")";
        text += base::format_time(value.date);
        text += R"("})";
    }
    text += ']';
    return text;
}

// `values`, if any, stands before this field, as in the original system's documents.
constexpr const kpi::MetricField* after_values = &kpi::field("kind");

// Leaves the object open.
void write_document(json::Writer& out, const kpi::MetricId& id, const kpi::MetricDocument& document,
                    const std::vector<kpi::MetricValue>* values, es::TimePoint now) {
    out.begin_object().member("_id", id);
    kpi::for_each_field<kpi::shown_fields>([&](auto at, std::size_t) {
        if (values != nullptr && &at.row == after_values) {
            out.name("values").raw(values_array(*values));
        }
        const kpi::FieldView value = at.get(document, now);
        if (!at.row.is_absent(value)) kpi::write(out.name(at.name), value);
    });
}

void write_recent(json::Writer& out, const std::vector<kpi::MetricValue>& values) {
    out.name("recent").begin_array();
    for (const auto& value : values) {
        out.begin_object()
            .member("value", value.value)
            .member("date", base::format_time(value.date))
            .end_object();
    }
    out.end_array();
}

// How often the document has changed by the clock until now.
std::string changes_before(const kpi::MetricDocument& document, es::TimePoint now) {
    const auto times = kpi::changes_by_clock(document);
    return std::to_string(std::ranges::upper_bound(times, now) - times.begin()) + "c";
}

void write_next(json::Writer& out, const std::string& next) {
    out.name("next");
    if (next.empty()) {
        out.null();
    } else {
        out.string(next);
    }
}

void write_metadata(json::Writer& out, const es::RecordedEvent& event) {
    const es::Metadata& metadata = event.metadata;
    out.begin_object();
    if (!metadata.command_id.empty()) out.member("commandId", metadata.command_id);
    if (!metadata.digest.empty()) out.member("digest", metadata.digest);
    if (!metadata.actor.empty()) out.member("actor", metadata.actor);
    if (!metadata.extra.empty()) out.name("extra").raw(es::to_json(metadata.extra));
    out.member("schema", std::int64_t{event.schema}).end_object();
}

void write_event(json::Writer& out, const es::RecordedEvent& event, const std::string& payload) {
    out.member("version", event.version)
        .member("type", event.type)
        .member("occurredOn", base::format_time(event.occurred_on))
        .name("payload")
        .raw(payload)
        .name("metadata");
    write_metadata(out, event);
}

}  // namespace

std::string render_document(const kpi::WholeMetric& metric, es::TimePoint now) {
    json::Writer out;
    write_document(out, metric.id, metric.document, &metric.values, now);
    return out.end_object().take();
}

// The version stands for what the events say, and the time of the last one tells histories apart
// that reached the same version differently (a store restored from a backup).
std::string document_etag(const kpi::MetricDocument& document, es::TimePoint now) {
    std::string tag = std::to_string(document.version);
    tag += '-';
    tag += rendering;
    tag += changes_before(document, now);
    if (!document.has_all_fields) tag += 'l';
    tag += std::to_string(document.metric.last_occurred.time_since_epoch().count());
    return tag;
}

std::string render_list(const kpi::ListQuery& query, const std::vector<kpi::MetricEntry>& items,
                        const std::string& next) {
    json::Writer out;
    out.begin_object().name("items").begin_array();
    for (const auto& item : items) {
        write_document(out, item.id, item.document, nullptr, query.now);
        if (query.recent > 0) write_recent(out, item.recent);
        out.end_object();
    }
    out.end_array();
    write_next(out, next);
    out.end_object();
    return out.take();
}

std::string render_values(const std::vector<kpi::MetricValue>& items, const std::string& next) {
    json::Writer out;
    out.begin_object().name("items").begin_array();
    for (const auto& item : items) {
        out.begin_object()
            .member("value", item.value)
            .member("date", base::format_time(item.date))
            .member("version", item.version);
        if (item.notes != nullptr) write_notes(out, *item.notes);
        out.end_object();
    }
    out.end_array();
    write_next(out, next);
    out.end_object();
    return out.take();
}

std::string render_summary(const kpi::MetricSummary& summary) {
    json::Writer out;
    out.begin_object().member("total", summary.total()).name("byStatus").begin_object();
    for (const std::string_view word : kpi::statuses.names) {
        out.member(word, summary.of(kpi::statuses.read(word).value()));
    }
    out.end_object().member("due", summary.due()).member("stale", summary.stale());
    const auto write_counts = [&](const char* name, const char* what, const auto& counts) {
        out.name(name).begin_array();
        for (const auto& [text, count] : counts) {
            out.begin_object().member(what, text).member("count", count).end_object();
        }
        out.end_array();
    };
    write_counts("tags", "tag", summary.tags());
    write_counts("owners", "owner", summary.owners());
    out.name("next");
    if (const auto next = summary.next()) {
        out.string(base::format_time(*next));
    } else {
        out.null();
    }
    return out.end_object().take();
}

std::string render_changes(const std::vector<kpi::MetricChange>& items, bool more) {
    json::Writer out;
    out.begin_object().name("items").begin_array();
    for (const auto& change : items) out.raw(change.json);
    out.end_array().name("next");
    if (more && !items.empty()) {
        out.integer(items.back().version);
    } else {
        out.null();
    }
    return out.end_object().take();
}

std::string render_events(const std::vector<es::RecordedEvent>& items, bool more) {
    json::Writer out;
    out.begin_object().name("items").begin_array();
    for (const auto& event : items) {
        if (!json::parse(event.payload).ok()) {
            throw es::Corrupt("the payload of event " + std::to_string(event.version) + " of '" +
                              event.stream + "' is not JSON");
        }
        out.begin_object();
        write_event(out, event, event.payload);
        out.end_object();
    }
    out.end_array().name("next");
    if (more && !items.empty()) {
        out.integer(items.back().version);
    } else {
        out.null();
    }
    out.end_object();
    return out.take();
}

std::string render_placed_events(const es::PlacedEvents& page) {
    json::Writer out;
    out.begin_object().name("items").begin_array();
    for (const auto& [position, event] : page.events) {
        const bool readable = json::parse(event.payload).ok();
        out.begin_object().member("id", event.stream).member("position", position);
        write_event(out, event, readable ? event.payload : "null");
        out.end_object();
    }
    out.end_array().name("next");
    if (page.more) {
        out.integer(page.events.back().position);
    } else {
        out.null();
    }
    out.end_object();
    return out.take();
}

}  // namespace read_api
