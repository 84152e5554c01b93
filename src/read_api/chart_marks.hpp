// What a chart shows of a metric's changes: which targets and deadlines held since when, and notes.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "kpi/metric_views.hpp"

namespace read_api {

// Of each kind as many as this, the latest ones.
inline constexpr std::size_t chart_marks_max = 1000;

// In the order in which they were recorded.
struct ChartMarks {
    struct Target {
        es::TimePoint from;  // the first one: of the metric's start, if that is earlier
        double target;
        es::Version version;
    };
    struct Deadline {
        es::TimePoint set;
        es::TimePoint deadline;
        es::Version version;
    };
    struct Note {
        es::TimePoint at;
        std::string text;
        bool new_process;
        es::Version version;
    };
    std::vector<Target> targets;
    std::vector<Deadline> deadlines;
    std::vector<Note> notes;
};

// Of the metric as this document knows it. Throws es::Unavailable, and es::Corrupt.
ChartMarks read_marks(kpi::MetricViews& views, const kpi::MetricId& id,
                      const kpi::MetricDocument& document);

// As members of an object that is open.
void write_marks(json::Writer& out, const ChartMarks& marks);

}  // namespace read_api
