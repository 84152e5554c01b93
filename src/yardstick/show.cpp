#include "yardstick/show.hpp"

#include <algorithm>
#include <cstdint>
#include <ranges>
#include <stdexcept>

#include "base/json.hpp"
#include "http/client.hpp"

namespace yardstick {
namespace {

constexpr int events_shown = 10;
constexpr int bar_width = 30;

std::string text(const json::Value& object, const char* name) {
    const json::Value* value = object.find(name);
    if (value == nullptr || value->string() == nullptr) return "?";
    std::string printable;
    for (const char c : *value->string()) {
        // What comes from outside must not steer the terminal.
        printable += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
    return printable;
}

double number(const json::Value& object, const char* name) {
    const json::Value* value = object.find(name);
    return value != nullptr && value->number() != nullptr ? value->number()->value : 0;
}

bool flag(const json::Value& object, const char* name) {
    const json::Value* value = object.find(name);
    return value != nullptr && value->boolean() != nullptr && *value->boolean();
}

// The read API's own word that there is no such metric; somebody else's 404 says nothing of it.
bool is_unknown(const http::Response& response) {
    if (response.status != 404) return false;
    const auto problem = json::parse(response.body);
    return problem.ok() && text(problem.value, "type") == "/problems/not-found";
}

json::Value ask(http::Client& client, const std::string& target) {
    const auto response = client.get(target);
    auto parsed = json::parse(response.body);
    if (response.status != 200 || !parsed.ok()) {
        const std::string why = parsed.ok() ? text(parsed.value, "detail") : "no JSON";
        throw std::runtime_error("the read API answered " + std::to_string(response.status) + ": " +
                                 why);
    }
    return std::move(parsed.value);
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
        line += "  " + name + ": " + shown;
    }
    return line;
}

void show_events(http::Client& client, const std::string& path, std::int64_t version,
                 std::ostream& out) {
    const std::int64_t after = std::max<std::int64_t>(0, version - events_shown);
    const auto page = ask(client, path + "/events?after=" + std::to_string(after) +
                                      "&limit=" + std::to_string(events_shown));
    const json::Value* items = page.find("items");
    if (items == nullptr || items->array() == nullptr) return;
    out << "\nlatest events\n";
    for (const auto& event : std::ranges::reverse_view(*items->array())) {
        out << "  " << json::format_number(number(event, "version")) << "  "
            << text(event, "occurredOn") << "  " << text(event, "type") << payload_text(event)
            << "\n";
    }
}

}  // namespace

ShowResult show(const std::string& read_url, const std::string& id, std::ostream& out) {
    http::Client client(read_url.substr(0, read_url.find_last_not_of('/') + 1));
    const std::string path = "/metrics/" + http::percent_encode(id);
    if (is_unknown(client.get(path))) return ShowResult::no_such_metric;
    const auto metric = ask(client, path);
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
    show_events(client, path, static_cast<std::int64_t>(number(metric, "version")), out);
    if (!out.flush()) throw std::runtime_error("the output can't be written");
    return ShowResult::shown;
}

}  // namespace yardstick
