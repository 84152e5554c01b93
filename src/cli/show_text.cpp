#include "cli/show_text.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <string_view>

#include "base/json_members.hpp"
#include "base/number_text.hpp"
#include "cli/history.hpp"
#include "cli/sparkline.hpp"
#include "cli/width.hpp"
#include "cli/words.hpp"

namespace cli {
namespace {

constexpr int bar_width = 30;
constexpr std::size_t label_width = 10;

std::string line(std::string_view label, const std::string& text) {
    if (text.empty()) return {};
    return std::string(label) + std::string(label_width - label.size(), ' ') + text + "\n";
}

double number(const json::Value& object, const char* name) {
    const auto* found = json::member<json::Number>(object, name);
    return found != nullptr ? found->value : 0;
}

bool flag(const json::Value& object, const char* name) {
    const auto* found = json::member<bool>(object, name);
    return found != nullptr && *found;
}

std::string text(const json::Value& object, const char* name) {
    const auto* found = json::member<std::string>(object, name);
    return found != nullptr ? clean(*found) : "?";
}

std::string bar(double progress, const Look& look) {
    const int full = static_cast<int>(progress * bar_width);
    std::string drawn;
    for (int i = 0; i < bar_width; ++i) {
        drawn += i < full ? (look.ascii ? "#" : "█") : (look.ascii ? "." : "░");
    }
    return drawn + " " + std::to_string(static_cast<int>(progress * 100)) + " %";
}

// The lines that this command has always had.
std::string first_lines(const Metric& metric, const Look& look) {
    const json::Value& document = metric.document;
    const auto amount = [&](const char* name) {
        return json::format_number(number(document, name)) + " " + text(document, "unit");
    };
    const char* state = flag(document, "isSuccessful") ? "reached"
                        : flag(document, "isExpired")  ? "missed"
                                                       : "open";
    return text(document, "name") + "  (" + text(document, "kind") + ", " + state + ")\n" +
           text(document, "description") + "\n\n" + line("value", amount("value")) +
           line("target", amount("target") + " by " + text(document, "deadline")) +
           line("progress", bar(number(document, "progress"), look)) +
           line("reported", std::to_string(metric.values_total) +
                                (metric.values_total == 1 ? " value" : " values") +
                                ", last change " + text(document, "updatedAt"));
}

std::string status_line(const Metric& metric, const Look& look, base::TimePoint now) {
    if (!metric.status) return {};
    const std::string sign = look.terminal ? status_sign(metric.status, look) + " " : "";
    const std::string word = status_word(metric.status);
    const std::string after = standing_text(metric, now).substr(word.size());
    const std::string archived = metric.archived ? ", archived" : "";
    return line("status",
                look.coloured(sign + word, status_colour(metric.status)) + after + archived);
}

std::string goal_text(const Metric& metric) {
    if (!metric.status) return {};
    const std::string end =
        metric.has_end() ? " by " + time_text(metric.deadline) : ", without an end";
    const std::string from =
        metric.baseline ? ", from " + base::number_text(*metric.baseline, metric.decimals) +
                              " on " + time_text(metric.start)
                        : "";
    return target_text(metric) + " " + clean(metric.unit) + end + from;
}

std::string forecast_text(const Metric& metric, const json::Value& chart) {
    const auto shown = [&](const json::Value& forecast, const char* name) {
        return base::number_text(number(forecast, name), metric.decimals);
    };
    const json::Value* forecast = chart.find("forecast");
    if (forecast != nullptr && forecast->object() != nullptr) {
        const char* little = flag(*forecast, "littleHistory") ? "; little history" : "";
        return "8 of 10 times " + shown(*forecast, "low") + " to " + shown(*forecast, "high") +
               " by then, " + shown(*forecast, "asSoFar") + " if it continues as so far" + little;
    }
    const auto* needed = json::member<json::Number>(chart, "forecastNeeds");
    if (needed == nullptr || needed->value < 1) return {};
    return "none yet, it needs " + json::format_number(needed->value) +
           (needed->value > 1 ? " more values" : " more value");
}

// What the limits say about a goal that is to be kept.
std::string outlook_sentence(const Metric& metric, const json::Value& chart,
                             const json::Value& limits) {
    const std::string outlook = json::text_or_empty(limits, "outlook");
    const bool falls = metric.direction == kpi::Direction::at_most;
    if (outlook == "reliable")
        return falls ? "; reliably below the target" : "; reliably above the target";
    if (outlook == "unlikely") return "; it will not get there unless something changes";
    if (outlook != "hit_or_miss") return {};
    const auto* met = chart.find("met");
    if (met == nullptr || met->object() == nullptr) return "; hit or miss";
    return "; hit or miss, " + json::format_number(number(*met, "in")) + " of the last " +
           json::format_number(number(*met, "of")) + " were good enough";
}

std::string limits_text(const Metric& metric, const json::Value& chart) {
    const json::Value* limits = chart.find("limits");
    if (limits != nullptr && limits->object() != nullptr) {
        const auto shown = [&](const char* name) {
            return base::number_text(number(*limits, name), metric.decimals);
        };
        const bool increments = metric.kind == kpi::MetricKind::counter;
        return std::string(increments ? "each period adds " : "it varies from ") + shown("lower") +
               " to " + shown("upper") + " by itself, " + shown("mean") + " on average" +
               outlook_sentence(metric, chart, *limits);
    }
    const auto* needed = json::member<json::Number>(chart, "limitsNeed");
    if (needed == nullptr || needed->value < 1) return {};
    return "none yet, they need " + json::format_number(needed->value) +
           (needed->value > 1 ? " more values" : " more value");
}

std::string rule_text(const json::Value& signal) {
    if (flag(signal, "step")) return "an unusually large step";
    const double rule = number(signal, "rule");
    if (rule > 2) return "3 of 4 values near a limit";
    return rule > 1 ? "8 values on one side of the average" : "outside the limits";
}

// The latest one.
std::string signal_text(const json::Value& chart) {
    const json::Value* limits = chart.find("limits");
    const auto* signals =
        limits != nullptr ? json::member<json::Array>(*limits, "signals") : nullptr;
    if (signals == nullptr || signals->empty()) return {};
    const json::Value& latest = signals->back();
    const auto at = base::parse_time(text(latest, "at"), base::DateAlone::start_of_day);
    return (at ? time_text(*at) : text(latest, "at")) + ": " + rule_text(latest) +
           (flag(latest, "good") ? ", for the better" : ", for the worse");
}

std::string history(const Picture& picture) {
    if (picture.events.empty()) return {};
    std::string lines = "\nlatest events\n";
    const auto newest_first = std::ranges::reverse_view(picture.events);
    for (const json::Value& event : newest_first | std::views::take(events_shown)) {
        lines += event_line(event) + "\n";
    }
    if (picture.newer > 0) {
        lines += "\nnewer events that the view doesn't have yet: " + std::to_string(picture.newer) +
                 "\n";
    }
    return lines;
}

}  // namespace

std::string show_text(const Picture& picture, const Look& look, base::TimePoint now) {
    const Metric& metric = picture.metric;
    return first_lines(metric, look) + status_line(metric, look, now) +
           line("goal", goal_text(metric)) + line("pace", pace_text(metric, now)) +
           line("forecast", forecast_text(metric, picture.chart)) +
           line("limits", limits_text(metric, picture.chart)) +
           line("signal", signal_text(picture.chart)) +
           line("trend", sparkline(picture.values, trend_values, look.ascii)) + history(picture);
}

}  // namespace cli
