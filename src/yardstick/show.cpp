#include "yardstick/show.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/json_members.hpp"
#include "base/text.hpp"
#include "transfer/patient_client.hpp"

namespace yardstick {
namespace {

constexpr int events_shown = 10;
constexpr int page_events = 1'000;
constexpr int bar_width = 30;

std::string text(const json::Value& object, const char* name) {
    const auto* value = json::member<std::string>(object, name);
    return value != nullptr ? base::printable(*value) : "?";
}

double number(const json::Value& object, const char* name) {
    const auto* value = json::member<json::Number>(object, name);
    return value != nullptr ? value->value : 0;
}

bool flag(const json::Value& object, const char* name) {
    const auto* value = json::member<bool>(object, name);
    return value != nullptr && *value;
}

// The read API's own word that there is no such metric; somebody else's 404 says nothing of it.
bool is_unknown(const http::Response& response) {
    return response.status == 404 && transfer::problem_type(response) == "not-found";
}

json::Value json_of(const http::Response& response) {
    auto parsed = json::parse(response.body);
    if (response.status != 200 || !parsed.ok()) {
        throw std::runtime_error(
            "the read API answered " + std::to_string(response.status) + ": " +
            (response.status == 200 ? "no JSON" : transfer::problem_text(response)));
    }
    return std::move(parsed.value);
}

std::int64_t version_of(const json::Value& object) {
    return static_cast<std::int64_t>(number(object, "version"));
}

std::string bar(double progress) {
    const int full = static_cast<int>(progress * bar_width);
    std::string text;
    for (int i = 0; i < bar_width; ++i) text += i < full ? "█" : "░";
    return text + " " + std::to_string(static_cast<int>(progress * 100)) + " %";
}

std::string payload_text(const json::Value& event) {
    std::string line;
    const json::Value* payload = event.find("payload");
    if (payload == nullptr || payload->object() == nullptr) return line;
    for (const auto& [name, value] : *payload->object()) {
        const std::string shown = value.number() != nullptr
                                      ? json::format_number(value.number()->value)
                                      : text(*payload, name.c_str());
        line += "  " + base::printable(name) + ": " + shown;
    }
    return line;
}

// The events of `events_shown` versions and of all that follow. None where the read API has no
// event store.
std::vector<json::Value> events_since(http::Client& client, const std::string& path,
                                      std::int64_t version) {
    std::vector<json::Value> events;
    std::string after = std::to_string(std::max<std::int64_t>(0, version - events_shown));
    while (!after.empty()) {
        const auto response =
            client.get(path + "/events?limit=" + std::to_string(page_events) + "&after=" + after);
        if (transfer::problem_type(response) == "no-event-store") return {};
        const auto page = json_of(response);
        const auto* items = json::member<json::Array>(page, "items");
        if (items == nullptr) return events;
        events.insert(events.end(), items->begin(), items->end());
        const auto* next = json::member<json::Number>(page, "next");
        after = next != nullptr ? json::format_number(next->value) : "";
    }
    return events;
}

// The metric and its events, both up to one version.
struct Picture {
    json::Value metric;
    std::vector<json::Value> events;
    std::size_t newer = 0;  // events that the view doesn't have
};

void leave_out_newer(Picture& picture) {
    const std::int64_t version = version_of(picture.metric);
    picture.newer = std::erase_if(
        picture.events, [&](const json::Value& event) { return version_of(event) > version; });
}

http::Response get_at(http::Client& client, const std::string& path, std::int64_t version) {
    return client.get(path + "?minVersion=" + std::to_string(version) +
                      "&wait=" + std::to_string(show_patience_ms));
}

// The metric, also one that was created so lately that there is no view of it.
http::Response find(http::Client& client, const std::string& path) {
    auto response = client.get(path);
    if (!is_unknown(response)) return response;
    const auto events = client.get(path + "/events?limit=1");
    return events.status == 200 ? get_at(client, path, 1) : response;
}

// nullopt: there is no such metric.
std::optional<Picture> look(http::Client& client, const std::string& path) {
    const auto response = find(client, path);
    if (is_unknown(response)) return std::nullopt;
    Picture picture{json_of(response), {}};
    const std::int64_t seen = version_of(picture.metric);
    picture.events = events_since(client, path, seen);
    const std::int64_t latest = picture.events.empty() ? seen : version_of(picture.events.back());
    if (latest > seen) {
        const auto later = get_at(client, path, latest);
        if (later.status == 200) {
            picture.metric = json_of(later);
            picture.events = events_since(client, path, version_of(picture.metric));
        }
    }
    leave_out_newer(picture);
    return picture;
}

void print_events(const Picture& picture, std::ostream& out) {
    if (picture.events.empty()) return;
    out << "\nlatest events\n";
    const auto newest_first = std::ranges::reverse_view(picture.events);
    for (const auto& event : newest_first | std::views::take(events_shown)) {
        out << "  " << json::format_number(number(event, "version")) << "  "
            << text(event, "occurredOn") << "  " << text(event, "type") << payload_text(event)
            << "\n";
    }
    if (picture.newer > 0) {
        out << "\nnewer events that the view doesn't have yet: " << picture.newer << "\n";
    }
}

}  // namespace

ShowResult show(http::Client& client, const std::string& id, std::ostream& out) {
    const auto picture = look(client, "/metrics/" + http::percent_encode(id));
    if (!picture) return ShowResult::no_such_metric;
    const json::Value& metric = picture->metric;
    const auto amount = [&](const char* name) {
        return json::format_number(number(metric, name)) + " " + text(metric, "unit");
    };
    const char* state = flag(metric, "isSuccessful") ? "reached"
                        : flag(metric, "isExpired")  ? "missed"
                                                     : "open";
    out << text(metric, "name") << "  (" << text(metric, "kind") << ", " << state << ")\n"
        << text(metric, "description") << "\n\n"
        << "value     " << amount("value") << "\n"
        << "target    " << amount("target") << " by " << text(metric, "deadline") << "\n"
        << "progress  " << bar(number(metric, "progress")) << "\n"
        << "reported  " << json::format_number(number(metric, "valuesTotal"))
        << (number(metric, "valuesTotal") > 1 || number(metric, "valuesTotal") < 1 ? " values"
                                                                                   : " value")
        << ", last change " << text(metric, "updatedAt") << "\n";
    print_events(*picture, out);
    if (!out.flush()) throw std::runtime_error("the output can't be written");
    return ShowResult::shown;
}

}  // namespace yardstick
