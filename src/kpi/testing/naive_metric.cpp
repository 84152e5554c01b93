#include "kpi/testing/naive_metric.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <ranges>
#include <utility>

#include "es/overloaded.hpp"

namespace kpi::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

struct Value {
    double value = 0;
    es::TimePoint date{};
    es::Version version = 0;
    ValueNotes notes;
};

bool is_earlier(const Value& a, const Value& b) {
    return std::pair(a.date, a.version) < std::pair(b.date, b.version);
}

// The value whose date is not known is known to have come after the creation (docs/adr, 17).
es::TimePoint trusted_date(const Value& current, const Value& next, es::TimePoint created) {
    if (!next.notes.recorded_at) return current.date;
    const es::TimePoint recorded = *next.notes.recorded_at;
    if (current.date - recorded > minutes(5)) {
        return created > recorded ? es::TimePoint::min() : created;
    }
    return current.date < recorded ? current.date : recorded;
}

std::optional<Value> current_of(const std::vector<Value>& counting, es::TimePoint created) {
    const bool all_trusted = std::ranges::none_of(
        counting, [](const Value& value) { return value.notes.recorded_at.has_value(); });
    if (counting.empty()) return std::nullopt;
    if (all_trusted) return *std::ranges::max_element(counting, is_earlier);
    Value current = counting.front();
    for (const Value& next : counting) {
        if (next.date >= trusted_date(current, next, created)) current = next;
    }
    return current;
}

// The value in force at the start, else the first one after it.
std::optional<Value> opening_of(const std::vector<Value>& counting, es::TimePoint start) {
    std::vector<Value> before;
    for (const Value& value : counting) {
        if (value.date <= start) before.push_back(value);
    }
    if (!before.empty()) return *std::ranges::max_element(before, is_earlier);
    if (counting.empty()) return std::nullopt;
    return *std::ranges::min_element(counting, is_earlier);
}

void take_members(Metric& metric, const MetricEvent& event) {
    const auto sorted = [](std::vector<std::string> tags) {
        std::ranges::sort(tags);
        return tags;
    };
    const auto take_settings = [&](const auto& e) {
        metric.update_every = e.update_every;
        metric.late_days = e.late_days ? *e.late_days : 0;
        metric.decimals = e.decimals;
        metric.owner = e.owner;
        metric.tags = e.tags ? sorted(*e.tags) : std::vector<std::string>();
        metric.links = e.links ? *e.links : std::vector<Link>();
    };
    const auto take_details = [&](const auto& e) {
        metric.name = e.name;
        metric.description = e.description;
        metric.unit = e.unit;
    };
    const auto take_goal = [&](const auto& e) {
        metric.start = e.start;
        metric.baseline = e.baseline;
        metric.tolerance = e.tolerance;
    };
    std::visit(es::Overloaded{
                   [&](const MetricCreated& e) {
                       take_details(e);
                       take_goal(e);
                       take_settings(e);
                       metric.target = e.target;
                       metric.deadline = e.deadline;
                       metric.kind = e.kind;
                       if (e.direction) metric.direction = *e.direction;
                       if (e.mode) metric.mode = *e.mode;
                       if (e.checkpoints) metric.checkpoints = *e.checkpoints;
                   },
                   [&](const MetricDetailsUpdated& e) { take_details(e); },
                   [&](const MetricTargetUpdated& e) { metric.target = e.target; },
                   [&](const MetricDeadlineUpdated& e) { metric.deadline = e.deadline; },
                   [&](const MetricGoalUpdated& e) {
                       take_goal(e);
                       metric.direction = e.direction;
                       metric.mode = e.mode;
                   },
                   [&](const MetricScheduleUpdated& e) { metric.checkpoints = e.checkpoints; },
                   [&](const MetricSettingsUpdated& e) { take_settings(e); },
                   [&](const MetricArchived&) { metric.archived = true; },
                   [&](const MetricReopened&) { metric.archived = false; },
                   [](const auto&) {},
               },
               event);
}

std::vector<MetricValue> counting(const std::vector<MetricValue>& rows) {
    std::vector<MetricValue> all;
    for (const MetricValue& row : rows) {
        if (row.notes == nullptr || !row.notes->retracted) all.push_back(row);
    }
    return all;
}

std::vector<Value> values_of(const std::vector<MetricValue>& rows) {
    std::vector<Value> values;
    for (const MetricValue& row : rows) {
        values.push_back(
            {row.value, row.date, row.version, row.notes != nullptr ? *row.notes : ValueNotes{}});
    }
    return values;
}

// --- The status. ---

struct Naive {
    const Metric& metric;
    bool up = metric.direction == Direction::at_least;
    double target = metric.target;
    double value = metric.value;

    [[nodiscard]] bool good(double v, double than) const { return up ? v >= than : v <= than; }
    [[nodiscard]] es::TimePoint start() const {
        const es::TimePoint begin = metric.start ? *metric.start : metric.created_at;
        return begin < metric.deadline ? begin : metric.deadline - milliseconds(1);
    }
    [[nodiscard]] double baseline() const {
        if (metric.baseline) return *metric.baseline;
        const es::TimePoint begin = metric.start ? *metric.start : metric.created_at;
        if (metric.opening_date && *metric.opening_date <= begin) return *metric.opening_value;
        if (metric.kind == MetricKind::counter) return 0;
        return metric.opening_value ? *metric.opening_value : 0;
    }

    // What lies between a place and the target.
    [[nodiscard]] long double left_of(long double place) const {
        return target >= baseline() ? target - place : place - target;
    }

    // What the plan still leaves to go at a time.
    [[nodiscard]] long double planned_at(long double ms) const {
        long double begin = static_cast<long double>(start().time_since_epoch().count());
        long double from = baseline();
        for (const Checkpoint& step : steps()) {
            const auto end = static_cast<long double>(step.until.time_since_epoch().count());
            if (ms <= end) {
                const long double share = (end - ms) / (end - begin);
                return left_of(step.target) + (left_of(from) - left_of(step.target)) * share;
            }
            begin = end;
            from = step.target;
        }
        return 0;
    }

    // Values that came after the checkpoints may have moved the baseline beyond them, so that the
    // plan leads back: of a budget the least counts that was left until then, else the most that
    // will be.
    [[nodiscard]] long double left_at(long double ms, bool budget) const {
        long double left = planned_at(ms);
        const auto consider = [&](es::TimePoint time) {
            const auto at = static_cast<long double>(time.time_since_epoch().count());
            if (budget && at <= ms) left = std::min(left, planned_at(at));
            if (!budget && at >= ms) left = std::max(left, planned_at(at));
        };
        consider(start());
        for (const Checkpoint& step : steps()) consider(step.until);
        return left;
    }

    [[nodiscard]] std::vector<Checkpoint> steps() const {
        auto steps = metric.checkpoints;
        steps.push_back({metric.deadline, target});
        return steps;
    }

    [[nodiscard]] Status kept(es::TimePoint at) const {
        double bar = target;
        for (const Checkpoint& step : std::views::reverse(metric.checkpoints)) {
            if (at <= step.until) bar = step.target;
        }
        if (good(value, bar)) return Status::on_track;
        const double tolerance = metric.tolerance ? *metric.tolerance : std::abs(target) / 10;
        return std::abs(value - bar) <= tolerance ? Status::at_risk : Status::off_track;
    }

    [[nodiscard]] Status at(es::TimePoint now, long double shift) const {
        if (!metric.value_date) return Status::no_data;
        const bool met = good(value, target);
        const es::TimePoint end = metric.deadline;
        const es::TimePoint last = std::min(no_deadline, end + std::chrono::days(metric.late_days));
        if (now >= last) return met ? Status::achieved : Status::missed;
        const bool budget = metric.kind == MetricKind::counter && !up;
        if (budget && !met) return Status::missed;
        if (!budget && metric.mode == GoalMode::reach && met) return Status::achieved;
        es::TimePoint judged = metric.update_every ? *metric.value_date : now;
        if (judged < start()) judged = start();
        if (judged > end) judged = end;
        if (!budget && (metric.mode == GoalMode::keep || good(baseline(), target))) {
            return kept(judged);
        }
        if (budget && target <= baseline()) return Status::on_track;
        const auto ms = static_cast<long double>(judged.time_since_epoch().count());
        const auto first = static_cast<long double>(start().time_since_epoch().count());
        const auto over = static_cast<long double>(end.time_since_epoch().count());
        const long double left = left_at(std::clamp(ms + shift, first, over), budget);
        const long double way = std::abs(static_cast<long double>(target) - value);
        const auto fits = [&](long double factor) {
            return budget ? way * factor >= left : way <= factor * left;
        };
        if (fits(1.1L)) return Status::on_track;
        return fits(1.3L) ? Status::at_risk : Status::off_track;
    }
};

}  // namespace

std::vector<MetricValue> NaiveMetric::rows() const {
    std::map<es::Version, Value> all;
    std::map<es::Version, bool> noted;
    es::Version version = 0;
    for (const auto& [event, on] : history_) {
        ++version;
        const auto amend = [&, by = version](es::Version of, const std::string& reason) -> Value& {
            Value& value = all.at(of);
            auto& amended = value.notes.amended;
            if (!amended) amended.emplace(by, value.value, value.date, reason);
            amended->version = by;
            amended->reason = reason;
            noted[of] = true;
            return value;
        };
        if (const auto* reported = std::get_if<MetricValueUpdated>(&event)) {
            Value& value = all[version];
            value = {reported->value, on, version, {}};
            if (reported->recorded_at) value.date = *reported->recorded_at;
            if (reported->observed_at) value.date = *reported->observed_at;
            if (reported->comment) value.notes.comment = *reported->comment;
            value.notes.recorded_at = reported->recorded_at;
            noted[version] = reported->comment || reported->recorded_at;
        } else if (const auto* corrected = std::get_if<MetricValueCorrected>(&event)) {
            Value& value = amend(corrected->of, corrected->reason);
            value.value = corrected->value;
            if (corrected->observed_at) value.date = *corrected->observed_at;
            if (corrected->comment) value.notes.comment = *corrected->comment;
            value.notes.retracted = false;
        } else if (const auto* retracted = std::get_if<MetricValueRetracted>(&event)) {
            amend(retracted->of, retracted->reason).notes.retracted = true;
        }
    }
    std::vector<MetricValue> rows;
    for (const auto& [of, value] : all) {
        MetricValue row{value.value, value.date, value.version};
        if (noted[of]) row.notes = std::make_shared<ValueNotes>(value.notes);
        rows.push_back(std::move(row));
    }
    return rows;
}

MetricDocument NaiveMetric::document() const {
    MetricDocument document;
    Metric& metric = document.metric;
    for (const auto& happened : history_) take_members(metric, happened.event);
    document.version = static_cast<es::Version>(history_.size());
    metric.created_at = history_.front().on;
    metric.last_occurred = history_.back().on;
    for (const auto& [event, on] : history_) {
        const auto* note = std::get_if<MetricNoted>(&event);
        if (note == nullptr || !note->new_process || !*note->new_process) continue;
        const es::TimePoint at = note->at ? *note->at : on;
        if (!metric.process_since || *metric.process_since < at) metric.process_since = at;
    }
    const auto values = values_of(counting(rows()));
    document.values_total = static_cast<std::int64_t>(values.size());
    document.changes_total = std::ranges::count_if(history_, [](const Happened& each) {
        return !std::holds_alternative<MetricValueUpdated>(each.event);
    });
    if (const auto current = current_of(values, metric.created_at)) {
        metric.value = current->value;
        metric.value_date = current->date;
        metric.value_version = current->version;
    }
    const auto start = metric.start ? *metric.start : metric.created_at;
    if (const auto opening = opening_of(values, start)) {
        metric.opening_value = opening->value;
        metric.opening_date = opening->date;
    }
    return document;
}

bool NaiveMetric::counts_up() const {
    const MetricDocument seen = document();
    return std::ranges::all_of(counting(rows()), [&](const MetricValue& row) {
        return row.value >= 0 && row.value <= seen.metric.value;
    });
}

bool may_have_status(const Metric& metric, es::TimePoint now, Status status) {
    const Naive naive{metric};
    const auto length = static_cast<long double>((metric.deadline - naive.start()).count());
    const long double doubt = std::max(1e-3L, length * 2e-15L);
    const auto exactly = naive.at(now, 0);
    return exactly == status || naive.at(now, doubt) == status || naive.at(now, -doubt) == status;
}

}  // namespace kpi::testing
