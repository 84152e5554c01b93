#include "kpi/metric_view.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "es/errors.hpp"
#include "es/overloaded.hpp"
#include "kpi/metric_change.hpp"

namespace kpi {
namespace {

using Rows = es::Rows<MetricRow>;

void put_reported(const MetricValueUpdated& event, const es::RecordedEvent& recorded, Rows& rows) {
    MetricValue row{event.value, date_of(event, recorded.occurred_on), recorded.version};
    if (event.comment || event.recorded_at) {
        row.notes =
            std::make_shared<ValueNotes>(ValueNotes{event.comment.value_or(""), event.recorded_at});
    }
    rows.put(std::move(row));
}

const MetricValue& value_of(es::Version of, const Rows& rows) {
    const MetricRow* row = rows.find(of);
    if (row == nullptr || row->value() == nullptr) {
        throw es::Corrupt("a correction of version " + std::to_string(of) +
                          ", which reported no value");
    }
    return *row->value();
}

// Its notes once an event of this version has amended it.
ValueNotes amended(const MetricValue& value, es::Version version, const std::string& reason) {
    ValueNotes notes = value.notes != nullptr ? *value.notes : ValueNotes{};
    const bool is_first = !notes.amended;
    notes.amended = ValueNotes::Amendment{version, is_first ? value.value : notes.amended->value,
                                          is_first ? value.date : notes.amended->date, reason};
    return notes;
}

MetricValue amended(MetricValue value, const MetricValueCorrected& event, es::Version version) {
    ValueNotes notes = amended(value, version, event.reason);
    notes.retracted = false;
    notes.comment = event.comment.value_or(notes.comment);
    value.value = event.value;
    value.date = event.observed_at.value_or(value.date);
    value.notes = std::make_shared<ValueNotes>(std::move(notes));
    return value;
}

MetricValue amended(MetricValue value, const MetricValueRetracted& event, es::Version version) {
    ValueNotes notes = amended(value, version, event.reason);
    notes.retracted = true;
    value.notes = std::make_shared<ValueNotes>(std::move(notes));
    return value;
}

// Changes the rows as a correction or retraction says; returns by how much the number of values
// that count grows.
template <class Event>
std::int64_t amend(const Event& event, const MetricEvent& happened,
                   const es::RecordedEvent& recorded, Rows& rows) {
    const MetricValue before = value_of(event.of, rows);
    const MetricValue after = amended(before, event, recorded.version);
    rows.put(after);
    rows.put(change_of(happened, recorded, before, after));
    return int{!after.retracted()} - int{!before.retracted()};
}

// The same for any event.
std::int64_t change_values(const MetricEvent& happened, const es::RecordedEvent& event,
                           Rows& rows) {
    if (const auto* reported = std::get_if<MetricValueUpdated>(&happened)) {
        put_reported(*reported, event, rows);
        return 1;
    }
    if (const auto* corrected = std::get_if<MetricValueCorrected>(&happened)) {
        return amend(*corrected, happened, event, rows);
    }
    if (const auto* retracted = std::get_if<MetricValueRetracted>(&happened)) {
        return amend(*retracted, happened, event, rows);
    }
    return 0;
}

// Of neither of these.
bool changes_metric(const MetricEvent& happened) {
    return std::visit(es::Overloaded{[](const MetricValueUpdated& /*event*/) { return false; },
                                     [](const MetricValueCorrected& /*event*/) { return false; },
                                     [](const MetricValueRetracted& /*event*/) { return false; },
                                     [](const auto& /*event*/) { return true; }},
                      happened);
}

void apply(Metric& metric, const MetricEvent& happened, es::EventInfo info) {
    std::visit(es::Overloaded{
                   [](const MetricCreated& /*event*/) {
                       throw es::Corrupt("the event that creates a stream stands within it");
                   },
                   [&](const auto& event) { metric.apply(event, info); },
               },
               happened);
}

void settle(Metric& metric, Rows& rows) {
    CountedValues& values = rows.index().values;
    values.set_start(metric.starts_at());
    metric.settle(values);
}

MetricDocument created(const MetricEvent& happened, const es::RecordedEvent& event) {
    const auto* creation = std::get_if<MetricCreated>(&happened);
    if (creation == nullptr) throw es::Corrupt("the first event of a stream doesn't create it");
    MetricDocument document;
    document.metric.apply(*creation, {event.version, event.occurred_on});
    return document;
}

}  // namespace

bool is_expired(const MetricDocument& document, es::TimePoint now) {
    return document.metric.deadline <= now;
}

bool is_successful(const MetricDocument& document) {
    const Metric& metric = document.metric;
    if (metric.value_version == 0) return false;
    return metric.direction == Direction::at_least ? metric.value >= metric.target
                                                   : metric.value <= metric.target;
}

double progress(const MetricDocument& document) {
    const Metric& metric = document.metric;
    if (metric.direction == Direction::at_least && !metric.baseline) {
        if (is_successful(document)) return 1;
        if (metric.target <= 0) return 0;
        return std::max(0.0, metric.value / metric.target);
    }
    if (metric.value_version == 0) return 0;
    const auto share = share_done(goal_of(metric), metric.value);
    if (!share) return is_successful(document) ? 1 : 0;
    return std::clamp(*share, 0.0, 1.0);
}

void MetricView::fold(std::optional<MetricDocument>& document, const es::RecordedEvent& event,
                      es::Rows<MetricRow>& rows) {
    const MetricEvent happened = metric_codec().decode(event);
    std::optional<MetricDocument> before;
    if (!document) {
        document = created(happened, event);
    } else {
        Metric& metric = document->metric;
        const bool unsettled = metric.needs_values(happened);
        if (unsettled && !rows.has_history()) return rows.need_history();
        if (changes_metric(happened)) before = document;
        document->values_total += change_values(happened, event, rows);
        apply(metric, happened, {event.version, event.occurred_on});
        if (unsettled) settle(metric, rows);
    }
    document->version = event.version;
    if (changes_metric(happened)) {
        rows.put(change_of(happened, event, before ? &*before : nullptr, *document));
    }
    if (!std::holds_alternative<MetricValueUpdated>(happened)) ++document->changes_total;
}

}  // namespace kpi
