// The metric as readers see it, folded from its events: one fold for every store of views.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "es/event.hpp"
#include "es/rows.hpp"
#include "es/view_store.hpp"
#include "kpi/goal.hpp"
#include "kpi/metric.hpp"
#include "kpi/metric_row.hpp"

namespace kpi {

using MetricId = es::StreamId;

// The metric as the rules see it, and what only readers ask for.
struct MetricDocument {
    es::Version version = 0;
    Metric metric;
    std::int64_t values_total = 0;   // of those that count
    std::int64_t changes_total = 0;  // of everything else
    // False: it was written under another set of fields (metric_fields.hpp). Those that it lacks
    // have their defaults until its stream is folded again.
    bool has_all_fields = true;

    // The value that is in force; before the first report it is 0 with version 0.
    [[nodiscard]] MetricValue current() const {
        return {metric.value, metric.value_date.value_or(es::TimePoint()), metric.value_version};
    }

    bool operator==(const MetricDocument&) const = default;
};

// Decided when asked, never stored.
bool is_expired(const MetricDocument& document, es::TimePoint now);
// A value counts, and the current one is good enough.
bool is_successful(const MetricDocument& document);
// Of a value that should be at least its target, without a given baseline: 1 when successful, else
// value/target, not below 0; 0 for a target of 0 or less. Of others: the share of the way from the
// baseline, from 0 to 1; the share of a budget that is used up; of a kept value 1 or 0.
double progress(const MetricDocument& document);

// The latest values that a whole document carries, and the number of them.
inline constexpr std::size_t document_values_max = 100;

struct MetricView {
    using Document = MetricDocument;
    using Row = MetricRow;

    // Applies the next event: its version is the document's plus one, or 1 where there is none.
    // The value that it reports, or what it changes, is put into `rows`; corrections need their
    // stream's history. Throws
    // es::Corrupt; the document is then unchanged.
    static void fold(std::optional<MetricDocument>& document, const es::RecordedEvent& event,
                     es::Rows<MetricRow>& rows);
};

}  // namespace kpi
