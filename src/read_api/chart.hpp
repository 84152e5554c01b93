// What a chart of one metric shows: its values, or buckets of them where they are more than it has
// points, the pace that its goal asks for, natural limits with their signals, the forecast, and
// which targets and deadlines it had. One pass over all of the metric's values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kpi/buckets.hpp"
#include "kpi/forecast.hpp"
#include "kpi/goal.hpp"
#include "kpi/metric_views.hpp"
#include "kpi/reading.hpp"
#include "kpi/signals.hpp"
#include "read_api/chart_marks.hpp"

namespace read_api {

inline constexpr std::size_t chart_points_min = 50;
inline constexpr std::size_t chart_points_max = 2000;
inline constexpr std::size_t chart_points_default = 500;

// Which values are shown; limits and forecast are of all of them.
struct ChartSpan {
    std::optional<es::TimePoint> from;  // inclusive; absent: from the first value's date on
    std::optional<es::TimePoint> to;    // inclusive; absent: to the current value's date
    std::size_t points = chart_points_default;
};

class Chart {
public:
    // `first`: the date of the metric's first value.
    Chart(const kpi::MetricDocument& document, es::TimePoint first, const ChartSpan& span);

    // All values by date, then version.
    void add(const kpi::Reading& reading);
    void set(ChartMarks marks) { marks_ = std::move(marks); }
    [[nodiscard]] std::string render(es::TimePoint now) const;

private:
    void judge(const kpi::Reading& reading);
    [[nodiscard]] kpi::Variation variation(es::TimePoint now) const;
    [[nodiscard]] kpi::Forecast forecast(es::TimePoint now) const;

    kpi::Goal goal_;
    bool kept_;  // its goal is to stay on the good side
    es::Version version_;
    std::optional<es::TimePoint> process_since_;
    es::TimePoint from_;
    std::optional<es::TimePoint> to_;
    std::optional<kpi::Reading> before_;  // the last one before the span
    kpi::Thinned shown_;
    kpi::Thinned history_;
    std::deque<kpi::Reading> latest_;  // as many as kpi::met_of() looks at
    std::int64_t values_ = 0;
    ChartMarks marks_;
    // Counters without a period have no signals: their values only tell how far they have come.
    std::optional<kpi::SignalFinder> signals_;
    std::optional<kpi::PeriodIncrements> increments_;
};

// nullptr: there is no such metric.
std::shared_ptr<const Chart> read_chart(kpi::MetricViews& views, const kpi::MetricId& id,
                                        const ChartSpan& span);

}  // namespace read_api
