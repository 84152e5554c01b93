#include "cli/words.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "base/number_text.hpp"
#include "cli/width.hpp"

namespace cli {
namespace {

using kpi::Direction;
using kpi::Status;
using std::chrono::days;

constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::chrono::year_month_day date_of(base::TimePoint time) {
    return {std::chrono::floor<days>(time)};
}

std::string day_and_month(const std::chrono::year_month_day& date) {
    return std::to_string(static_cast<unsigned>(date.day())) + " " +
           months.at(static_cast<unsigned>(date.month()) - 1);
}

std::string year_of(const std::chrono::year_month_day& date) {
    return std::to_string(static_cast<int>(date.year()));
}

struct StatusLook {
    const char* word;
    const char* sign;
    const char* ascii;
    Colour colour;
};

StatusLook look_of(const std::optional<Status>& status) {
    if (!status) return {"?", "?", "?", Colour::soft};
    switch (*status) {
        case Status::no_data:
            break;
        case Status::on_track:
            return {"on track", "●", "*", Colour::good};
        case Status::at_risk:
            return {"at risk", "▲", "!", Colour::warning};
        case Status::off_track:
            return {"off track", "■", "#", Colour::bad};
        case Status::achieved:
            return {"achieved", "✓", "+", Colour::done};
        case Status::missed:
            return {"missed", "✕", "x", Colour::bad};
    }
    return {"no data", "○", "-", Colour::soft};
}

// The next status that comes by the clock.
const Coming* next_status(const Metric& metric) {
    const auto found = std::ranges::find_if(
        metric.ahead, [](const Coming& coming) { return coming.status.has_value(); });
    return found != metric.ahead.end() ? &*found : nullptr;
}

// `attention` is the earliest of several things; whether it is the trouble that lasts.
bool in_trouble_since_attention(const Metric& metric, base::TimePoint now) {
    return metric.attention <= now && metric.attention != metric.due_from &&
           metric.attention < metric.deadline;
}

std::string until_or_since(const Metric& metric, base::TimePoint now) {
    if (!metric.status) return {};
    const Coming* next = next_status(metric);
    const bool is_open = *metric.status == Status::on_track || *metric.status == Status::at_risk ||
                         *metric.status == Status::off_track;
    if (!is_open) return {};
    if (*metric.status == Status::on_track) {
        const bool gets_worse = next != nullptr && next->status != Status::achieved;
        return gets_worse ? "until " + day_text(next->at, now) : "";
    }
    if (next != nullptr && next->status != Status::missed && next->status != Status::achieved) {
        return status_word(next->status) + " from " + day_text(next->at, now);
    }
    return in_trouble_since_attention(metric, now) ? "since " + day_text(metric.attention, now)
                                                   : "";
}

std::string due_text(const Metric& metric, base::TimePoint now) {
    if (metric.archived) return {};
    if (metric.stale && metric.stale_from)
        return "stale since " + day_text(*metric.stale_from, now);
    const bool due = metric.due_from && *metric.due_from <= now && now < metric.deadline;
    return due ? "report due since " + day_text(*metric.due_from, now) : "";
}

struct Unit {
    const char* name;
    double days;
};
constexpr std::array<Unit, 4> units{
    {{"a day", 1}, {"a week", 7}, {"a month", 30.44}, {"a year", 365.25}}};

double days_between(base::TimePoint from, base::TimePoint to) {
    return std::chrono::duration<double, days::period>(to - from).count();
}

}  // namespace

std::string status_word(const std::optional<Status>& status) {
    return look_of(status).word;
}

std::string status_sign(const std::optional<Status>& status, const Look& look) {
    const StatusLook found = look_of(status);
    return look.ascii ? found.ascii : found.sign;
}

Colour status_colour(const std::optional<Status>& status) {
    return look_of(status).colour;
}

std::string day_text(base::TimePoint time, base::TimePoint now) {
    const auto date = date_of(time);
    const std::string text = day_and_month(date);
    return date.year() == date_of(now).year() ? text : text + " " + year_of(date);
}

std::string time_text(base::TimePoint time) {
    const auto date = date_of(time);
    std::string day = day_and_month(date) + " " + year_of(date);
    const auto since_midnight = time - std::chrono::floor<days>(time);
    if (since_midnight.count() == 0 || since_midnight == days(1) - std::chrono::milliseconds(1)) {
        return day;
    }
    constexpr std::size_t clock_begin = 11;  // in "2026-05-31T10:42:00.000Z"
    constexpr std::size_t clock_length = 5;
    return day + " " + base::format_time(time).substr(clock_begin, clock_length);
}

std::string amount_text(const Metric& metric, double value) {
    return base::number_text(value, metric.decimals) + " " + clean(metric.unit);
}

std::string change_text(const Metric& metric, double by) {
    const std::string text = base::number_text(by, metric.decimals);
    return by > 0 ? "+" + text : text;
}

std::string target_text(const Metric& metric) {
    const char* side = metric.direction == Direction::at_most ? "at most " : "at least ";
    const char* keep = metric.mode == kpi::GoalMode::keep ? "keep " : "";
    return std::string(keep) + side + base::number_text(metric.target, metric.decimals);
}

std::string outlook_text(const Metric& metric, base::TimePoint now) {
    std::string text = until_or_since(metric, now);
    const std::string due = due_text(metric, now);
    if (!text.empty() && !due.empty()) text += ", ";
    return text + due;
}

std::string standing_text(const Metric& metric, base::TimePoint now) {
    const std::string outlook = outlook_text(metric, now);
    const bool follows = outlook.starts_with("until ") || outlook.starts_with("since ");
    const std::string word = status_word(metric.status);
    return outlook.empty() ? word : word + (follows ? " " : ", ") + outlook;
}

std::string pace_text(const Metric& metric, base::TimePoint now) {
    const auto from = std::max(now, metric.start);
    const bool open = metric.status == Status::on_track || metric.status == Status::at_risk ||
                      metric.status == Status::off_track;
    if (!open || !metric.baseline || from >= metric.deadline || !metric.has_end()) return {};
    const bool budget =
        metric.kind == kpi::MetricKind::counter && metric.direction == Direction::at_most;
    const double needed = (metric.target - metric.value) / days_between(from, metric.deadline);
    const double planned =
        (metric.target - *metric.baseline) / days_between(metric.start, metric.deadline);
    // The shortest in which it is at least 1.
    const auto* unit = std::ranges::find_if(
        units, [&](const Unit& each) { return std::abs(needed) * each.days >= 1; });
    if (unit == units.end()) unit = &units.back();
    const auto amount = [&](double a_day) {
        // Two significant digits say as much as is known of such a figure.
        const double value = a_day * unit->days;
        const double size = std::abs(value);
        const int places =
            size >= 10 || size <= 0 ? 0 : 1 - static_cast<int>(std::floor(std::log10(size)));
        const double scale = std::pow(10, places);
        return base::number_text(std::round(value * scale) / scale, std::nullopt);
    };
    return std::string(budget ? "allows " : "needs ") + amount(needed) + " " + clean(metric.unit) +
           " " + unit->name + ", planned were " + amount(planned);
}

}  // namespace cli
