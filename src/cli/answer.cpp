#include "cli/answer.hpp"

#include <iostream>

#include "base/text.hpp"
#include "cli/words.hpp"

namespace cli {
namespace {

// How much the current value differs from the one before it, if this change reported it.
std::optional<double> change_of(MetricApi& api, const Changed& changed, const Metric& metric) {
    if (metric.value_version != changed.version || metric.values_total < 2) return std::nullopt;
    try {
        const auto values = api.latest_values(changed.id, 2);
        if (values.size() < 2 || values.front().version != changed.version) return std::nullopt;
        return values[0].value - values[1].value;
    } catch (const std::runtime_error&) {  // it is a nicety
        return std::nullopt;
    }
}

std::string json_line(const Changed& changed, const std::optional<Metric>& metric) {
    json::Writer line;
    line.begin_object()
        .member("id", changed.id)
        .member("version", changed.version)
        .member("outcome", word_of(changed.outcome))
        .name("metric");
    if (metric) {
        line.raw(json::text_of(metric->document));
    } else {
        line.null();
    }
    return line.end_object().take();
}

}  // namespace

const char* word_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::recorded:
            break;
        case Outcome::repeated:
            return "repeated";
        case Outcome::unchanged:
            return "unchanged";
    }
    return "recorded";
}

std::string answer_line(const Changed& changed, const std::optional<Metric>& metric,
                        std::optional<double> change, base::TimePoint now) {
    std::string line = base::printable(changed.id) + ": ";
    if (metric && metric->has_value()) {
        line += amount_text(*metric, metric->value);
        if (change) line += " (" + change_text(*metric, *change) + ")";
        line += ", ";
    }
    if (changed.version == 1) line += "created, ";
    if (changed.version > 0) line += "version " + std::to_string(changed.version);
    if (changed.outcome == Outcome::repeated) {
        line += changed.version > 0 ? ", which was recorded before" : "recorded before";
    }
    if (changed.outcome == Outcome::unchanged) line += ", nothing changed";
    if (metric) line += ": " + (metric->archived ? "archived" : standing_text(*metric, now));
    return line;
}

std::string answer_text(MetricApi& api, const Changed& changed, bool json) {
    const auto [metric, why] = api.metric_at(changed.id, changed.version);
    if (!metric) {
        std::cerr << "yardstick: it is recorded, but how it stands now can't be read: " << why
                  << '\n';
    }
    if (json) return json_line(changed, metric);
    const auto change = metric ? change_of(api, changed, *metric) : std::nullopt;
    return answer_line(changed, metric, change, base::system_now());
}

}  // namespace cli
