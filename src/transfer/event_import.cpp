#include "transfer/event_import.hpp"

#include <new>
#include <optional>
#include <utility>
#include <variant>

#include "base/text.hpp"
#include "base/time.hpp"
#include "es/errors.hpp"
#include "kpi/metric.hpp"
#include "transfer/event_line.hpp"

namespace transfer {
namespace {

bool same(const es::RecordedEvent& ours, const es::RecordedEvent& stored) {
    return ours.version == stored.version && ours.occurred_on == stored.occurred_on &&
           ours.type == stored.type && ours.schema == stored.schema &&
           ours.metadata == stored.metadata && ours.payload == payload_in_line(stored.payload);
}

// Empty when the metrics' codec can read the event and it stands where it may.
std::string unreadable(const es::RecordedEvent& event) {
    try {
        const bool creates =
            std::holds_alternative<kpi::MetricCreated>(kpi::metric_codec().decode(event));
        if (creates == (event.version == 1)) return {};
        return creates ? "creates the metric a second time" : "is the first and creates no metric";
    } catch (const std::bad_alloc&) {  // says nothing of the event
        throw;
    } catch (...) {
        return "can't be read: " + es::current_error();
    }
}

// What the store wouldn't take of the batch.
[[noreturn]] void stop(const es::AppendOutcome& outcome) {
    throw es::Unavailable("the events can't be recorded: " +
                          (outcome.reason.empty() ? "somebody else writes" : outcome.reason) +
                          "; run the import again once the cause is gone");
}

}  // namespace

std::string EventImport::fault_of(const es::RecordedEvent& event, const Stream& stream) {
    if (event.version != stream.next) {
        return "has version " + std::to_string(event.version) + " where " +
               std::to_string(stream.next) + " must follow";
    }
    if (event.occurred_on < stream.last_time) {
        return "occurred at " + base::format_time(event.occurred_on) +
               ", before the event it follows";
    }
    return unreadable(event);
}

void EventImport::bad_line(std::size_t line, const std::string& why) {
    ++summary_.bad_lines;
    report_(line, why);
}

void EventImport::leave_alone(Stream& stream, std::size_t line, const std::string& why) {
    if (!stream.left_alone) ++summary_.streams_left_alone;
    stream.left_alone = true;
    report_(line, why);
}

void EventImport::take(std::size_t line, std::string_view text) {
    if (base::trim(text).empty()) return;
    EventLine read = read_event_line(text);
    if (!read.fault.empty()) return bad_line(line, read.fault);
    es::RecordedEvent& event = read.event;
    Stream& stream = streams_[event.stream];
    if (stream.left_alone) {
        ++summary_.left_alone;
        return;
    }
    if (const std::string fault = fault_of(event, stream); !fault.empty()) {
        ++summary_.bad_lines;
        return leave_alone(stream, line,
                           "the event of stream " + base::excerpt(event.stream) + " " + fault +
                               "; the rest of the stream is left out");
    }
    stream.next = event.version + 1;
    stream.last_time = event.occurred_on;
    batch_bytes_ += es::approximate_bytes(event);
    batch_.push_back({line, std::move(event)});
    if (batch_.size() >= import_batch_events_max || batch_bytes_ >= import_batch_bytes_max) flush();
}

EventImportSummary EventImport::finish() {
    flush();
    return summary_;
}

void EventImport::flush() {
    std::unordered_map<es::StreamId, std::vector<Waiting*>> to_compare;
    for (Waiting& waiting : batch_) {
        if (!streams_[waiting.event.stream].continues) {
            to_compare[waiting.event.stream].push_back(&waiting);
        }
    }
    for (const auto& [id, events] : to_compare) compare(id, events);
    append();
    batch_.clear();
    batch_bytes_ = 0;
}

// Holds the events of one stream, whose versions follow each other, against those that the store
// has.
void EventImport::compare(const es::StreamId& id, Events events) {
    while (!events.empty()) {
        es::ReadResult page;
        try {
            page = es::read_page(store_, {id, events.front()->event.version - 1, events.size()});
        } catch (const es::Corrupt& error) {
            return set_aside(id, events,
                             std::string("can't be read from the store (") + error.what() + ")");
        }
        for (const es::RecordedEvent& stored : page.events) {
            if (!same(events.front()->event, stored)) {
                return set_aside(id, events,
                                 "has another event of version " + std::to_string(stored.version) +
                                     " in the store");
            }
            events.front()->fate = Fate::there;
            ++summary_.there;
            events = events.subspan(1);
        }
        if (page.more && !page.events.empty()) continue;
        streams_[id].continues = !events.empty();
        return;
    }
}

void EventImport::set_aside(const es::StreamId& id, Events events, const std::string& why) {
    leave_alone(streams_[id], events.front()->line,
                "stream " + base::excerpt(id) + " " + why + "; it is left alone");
    for (Waiting* waiting : events) waiting->fate = Fate::left_alone;
    summary_.left_alone += events.size();
}

// One event in each append, so that they are recorded in the order of the lines.
void EventImport::append() {
    std::vector<es::Append> appends;
    appends.reserve(batch_.size());
    for (Waiting& waiting : batch_) {
        if (waiting.fate != Fate::append) continue;
        es::Append append{waiting.event.stream, waiting.event.version - 1, {}};
        append.events.push_back(std::move(waiting.event));
        appends.push_back(std::move(append));
    }
    if (appends.empty()) return;
    const std::size_t count = appends.size();
    std::optional<es::AppendOutcome> failure;
    store_.append(std::move(appends), [&](std::size_t, es::AppendOutcome outcome) {
        if (outcome.status != es::AppendStatus::stored && !failure) failure = std::move(outcome);
    });
    if (failure) stop(*failure);
    summary_.recorded += count;
}

}  // namespace transfer
