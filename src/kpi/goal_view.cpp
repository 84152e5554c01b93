#include "kpi/goal_view.hpp"

#include <algorithm>
#include <utility>

#include "base/json.hpp"
#include "base/time.hpp"

namespace kpi {
namespace {

// The first and the last time that can be written.
constexpr es::TimePoint first_time{std::chrono::milliseconds(-62'135'596'800'000)};
constexpr es::TimePoint last_time = no_deadline;
// Until when the last status holds: a text that sorts after that of every time.
constexpr std::string_view for_ever = "9999-12-31T24:00:00.000Z";

std::string time_text(es::TimePoint time) {
    return base::format_time(std::clamp(time, first_time, last_time));
}

std::vector<StatusFrom> runs_of(const MetricDocument& document) {
    return statuses_of(goal_of(document.metric), standing_of(document.metric));
}

// Staleness ends at the deadline.
bool holds(std::optional<es::TimePoint> since, const MetricDocument& document, es::TimePoint now) {
    return since && *since <= now && now < document.metric.deadline;
}

}  // namespace

Status status(const MetricDocument& document, es::TimePoint now) {
    return status_at(runs_of(document), now);
}

std::optional<es::TimePoint> due_since(const MetricDocument& document) {
    const auto standing = standing_of(document.metric);
    return standing ? due_from(goal_of(document.metric), *standing) : std::nullopt;
}

std::optional<es::TimePoint> stale_since(const MetricDocument& document) {
    const auto standing = standing_of(document.metric);
    return standing ? stale_from(goal_of(document.metric), *standing) : std::nullopt;
}

bool is_stale(const MetricDocument& document, es::TimePoint now) {
    return holds(stale_since(document), document, now);
}

bool is_due(const MetricDocument& document, es::TimePoint now) {
    return holds(due_since(document), document, now);
}

Json ahead(const MetricDocument& document, es::TimePoint now) {
    const auto stale = stale_since(document);
    bool stale_to_come = stale && *stale > now && *stale < document.metric.deadline;
    json::Writer out;
    out.begin_array();
    const auto write_stale = [&] {
        out.begin_object().member("at", time_text(*stale)).member("stale", true).end_object();
        stale_to_come = false;
    };
    for (const auto& [at, status] : runs_of(document)) {
        if (at <= now) continue;
        if (stale_to_come && *stale <= at) write_stale();
        out.begin_object()
            .member("at", time_text(at))
            .member("status", statuses.write(status))
            .end_object();
    }
    if (stale_to_come) write_stale();
    return {out.end_array().take()};
}

es::TimePoint attention_since(const MetricDocument& document) {
    const Metric& metric = document.metric;
    return std::clamp(attention_at(goal_of(metric), standing_of(metric), metric.created_at),
                      first_time, last_time);
}

std::optional<Json> pace(const MetricDocument& document) {
    const Goal goal = goal_of(document.metric);
    if (document.metric.value_version == 0) return std::nullopt;
    const auto share = share_done(goal, document.metric.value);
    if (!share) return std::nullopt;
    json::Writer out;
    out.begin_object()
        .member("start", base::format_time(goal.start))
        .member("baseline", goal.baseline)
        .member("progress", *share)
        .end_object();
    return Json{out.take()};
}

Json status_runs(const MetricDocument& document) {
    const auto runs = runs_of(document);
    json::Writer out;
    out.begin_array();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        out.begin_object()
            .member("status", statuses.write(runs[i].status))
            .member("from", time_text(runs[i].at))
            .member("until", i + 1 < runs.size() ? time_text(runs[i + 1].at) : for_ever)
            .end_object();
    }
    return {out.end_array().take()};
}

StatusRun run_in(std::string_view runs, std::string_view now) {
    constexpr std::string_view status_name = "{\"status\":\"";
    constexpr std::string_view until_name = "\"until\":\"";
    StatusRun run;
    while (true) {
        const auto begin = runs.find(status_name);
        if (begin == std::string_view::npos) return run;  // after the last one's end
        runs.remove_prefix(begin + status_name.size());
        run.status = runs.substr(0, runs.find('"'));
        const auto until = runs.find(until_name);
        if (until == std::string_view::npos) return {};
        runs.remove_prefix(until + until_name.size());
        run.until = runs.substr(0, runs.find('"'));
        if (run.until > now) return run;
    }
}

std::string_view status_in(std::string_view runs, std::string_view now) {
    return run_in(runs, now).status;
}

std::vector<es::TimePoint> changes_by_clock(const MetricDocument& document) {
    std::vector<es::TimePoint> times{document.metric.deadline};
    if (const auto stale = stale_since(document); stale && *stale < document.metric.deadline) {
        times.push_back(*stale);
    }
    for (const auto& [at, status] : runs_of(document)) times.push_back(at);
    std::ranges::sort(times);
    return times;
}

}  // namespace kpi
