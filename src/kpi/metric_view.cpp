#include "kpi/metric_view.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "es/errors.hpp"
#include "es/overloaded.hpp"

namespace kpi {
namespace {

using Rows = es::Rows<MetricValue>;

// The values of a stream's history, as Metric::settle() visits them.
struct AllValues {
    const Rows& rows;

    template <class Visit>
    void each(Visit visit) const {
        for (const MetricValue& row : rows.all()) {
            if (row.retracted()) continue;
            visit(CountedValue{row.date, row.value, row.version},
                  row.notes != nullptr ? row.notes->recorded_at : std::nullopt);
        }
    }
};

void put_reported(const MetricValueUpdated& event, const es::RecordedEvent& recorded, Rows& rows) {
    MetricValue row{event.value, date_of(event, recorded.occurred_on), recorded.version};
    if (event.comment || event.recorded_at) {
        row.notes =
            std::make_shared<ValueNotes>(ValueNotes{event.comment.value_or(""), event.recorded_at});
    }
    rows.put(std::move(row));
}

// The row that a correction names, with the notes it then has.
std::pair<MetricValue, ValueNotes> amended_row(es::Version of, es::Version version,
                                               const std::string& reason, const Rows& rows) {
    const MetricValue* row = rows.find(of);
    if (row == nullptr) {
        throw es::Corrupt("a correction of version " + std::to_string(of) +
                          ", which reported no value");
    }
    ValueNotes notes = row->notes != nullptr ? *row->notes : ValueNotes{};
    const bool is_first = !notes.amended;
    notes.amended = ValueNotes::Amendment{version, is_first ? row->value : notes.amended->value,
                                          is_first ? row->date : notes.amended->date, reason};
    return {*row, std::move(notes)};
}

void put_row(MetricValue row, ValueNotes notes, Rows& rows) {
    row.notes = std::make_shared<ValueNotes>(std::move(notes));
    rows.put(std::move(row));
}

// Changes the rows as the event says; returns by how much the number of values that count grows.
std::int64_t change_rows(const MetricEvent& happened, const es::RecordedEvent& event, Rows& rows) {
    if (const auto* reported = std::get_if<MetricValueUpdated>(&happened)) {
        put_reported(*reported, event, rows);
        return 1;
    }
    if (const auto* corrected = std::get_if<MetricValueCorrected>(&happened)) {
        auto [row, notes] = amended_row(corrected->of, event.version, corrected->reason, rows);
        const bool brings_back = std::exchange(notes.retracted, false);
        row.value = corrected->value;
        row.date = corrected->observed_at.value_or(row.date);
        notes.comment = corrected->comment.value_or(notes.comment);
        put_row(std::move(row), std::move(notes), rows);
        return brings_back ? 1 : 0;
    }
    if (const auto* retracted = std::get_if<MetricValueRetracted>(&happened)) {
        auto [row, notes] = amended_row(retracted->of, event.version, retracted->reason, rows);
        const bool counted = !std::exchange(notes.retracted, true);
        put_row(std::move(row), std::move(notes), rows);
        return counted ? -1 : 0;
    }
    return 0;
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
                      es::Rows<MetricValue>& rows) {
    const MetricEvent happened = metric_codec().decode(event);
    if (!document) {
        document = created(happened, event);
    } else {
        Metric& metric = document->metric;
        const bool unsettled = metric.needs_values(happened);
        if (unsettled && !rows.has_history()) return rows.need_history();
        document->values_total += change_rows(happened, event, rows);
        apply(metric, happened, {event.version, event.occurred_on});
        if (unsettled) metric.settle(AllValues{rows});
    }
    document->version = event.version;
}

}  // namespace kpi
