#include "cli/show.hpp"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/json_members.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/options.hpp"
#include "es/errors.hpp"

namespace cli {
namespace {

constexpr int page_events = 1'000;
constexpr int chart_points = 50;  // the fewest; the chart is asked for what it says of all values

std::int64_t version_of(const json::Value& event) {
    const auto* version = json::member<json::Number>(event, "version");
    return version != nullptr ? static_cast<std::int64_t>(version->value) : 0;
}

// The events of `events_shown` versions and of all that follow. None where the read API has no
// event store.
std::vector<json::Value> events_since(MetricApi& api, const std::string& path,
                                      std::int64_t version) {
    std::vector<json::Value> events;
    std::string after = std::to_string(std::max<std::int64_t>(0, version - events_shown));
    while (!after.empty()) {
        const auto response =
            api.get(path + "/events?limit=" + std::to_string(page_events) + "&after=" + after);
        if (transfer::problem_type(response) == "no-event-store") return {};
        const auto page = api.json_of(response);
        const auto* items = json::member<json::Array>(page, "items");
        if (items == nullptr) return events;
        events.insert(events.end(), items->begin(), items->end());
        const auto* next = json::member<json::Number>(page, "next");
        after = next != nullptr ? json::format_number(next->value) : "";
    }
    return events;
}

Metric metric_at(MetricApi& api, const std::string& path, std::int64_t version) {
    return metric_of(api.json_of(api.get(path + "?minVersion=" + std::to_string(version) +
                                         "&wait=" + std::to_string(show_patience_ms))));
}

// The metric, also one that was created so lately that there is no view of it.
Metric find(MetricApi& api, const std::string& id) {
    const std::string path = metric_path(id);
    const auto response = api.get(path);
    const bool has_events = is_unknown(response) && api.get(path + "/events?limit=1").status == 200;
    return has_events ? metric_at(api, path, 1) : api.metric_in(response, id);
}

void leave_out_newer(Picture& picture) {
    picture.newer = std::erase_if(picture.events, [&](const json::Value& event) {
        return version_of(event) > picture.metric.version;
    });
}

Picture look_now(MetricApi& api, const std::string& id) {
    const std::string path = metric_path(id);
    Picture picture{.metric = find(api, id), .values = {}, .chart = {}, .events = {}};
    picture.events = events_since(api, path, picture.metric.version);
    const std::int64_t latest = picture.events.empty() ? 0 : version_of(picture.events.back());
    if (latest > picture.metric.version) {
        try {
            picture.metric = metric_at(api, path, latest);
            picture.events = events_since(api, path, picture.metric.version);
        } catch (const es::Unavailable&) {
            // The view doesn't get there; what it has is shown, and that there is more.
        }
    }
    leave_out_newer(picture);
    return picture;
}

Picture look_back(MetricApi& api, const std::string& id, const std::string& as_of) {
    Picture picture{.metric = api.metric(id, as_of), .values = {}, .chart = {}, .events = {}};
    picture.events = events_since(api, metric_path(id), picture.metric.version);
    leave_out_newer(picture);
    picture.newer = 0;  // nobody knew of them then
    return picture;
}

struct ShowOptions {
    Servers servers;
    std::string id;
    std::string as_of;
    bool json = false;
    bool ascii = false;
};

base::TimePoint now_of(const ShowOptions& options) {
    const auto as_of = base::parse_time(options.as_of, base::DateAlone::end_of_day);
    return as_of ? std::min(*as_of, base::system_now()) : base::system_now();
}

int show_metric(const ShowOptions& options) {
    MetricApi api(options.servers);
    if (options.json) {
        std::cout << json::text_of(api.metric(options.id, options.as_of).document) << '\n';
        return exit_done;
    }
    const Picture picture = look_at(api, options.id, options.as_of);
    std::cout << show_text(picture, look_of_output(options.ascii), now_of(options));
    return exit_done;
}

}  // namespace

Picture look_at(MetricApi& api, const std::string& id, const std::string& as_of) {
    Picture picture = as_of.empty() ? look_now(api, id) : look_back(api, id, as_of);
    const auto latest = api.latest_values(id, trend_values, as_of);
    for (const Value& value : latest) picture.values.push_back(value.value);
    std::ranges::reverse(picture.values);
    const auto chart = api.get(
        with_as_of(metric_path(id) + "/chart?points=" + std::to_string(chart_points), as_of));
    // Of a server that has none, the rest is shown all the same.
    if (chart.status == 200) picture.chart = api.json_of(chart);
    return picture;
}

Command show_command(CLI::App& program) {
    auto options = std::make_shared<ShowOptions>();
    CLI::App* command = program.add_subcommand(
        "show", "Show a metric: value, status, pace, forecast, latest events");
    add_id(*command, options->id);
    command
        ->add_option("--as-of", options->as_of,
                     "As it was at a time, or at the end of a day, such as 2026-10-01")
        ->type_name("TIME");
    add_json(*command, options->json, "Print the metric's document");
    add_ascii(*command, options->ascii);
    add_read_server(*command, options->servers);
    return {command, [options] { return show_metric(*options); }};
}

}  // namespace cli
