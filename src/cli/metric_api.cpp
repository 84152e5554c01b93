#include "cli/metric_api.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "base/json_members.hpp"
#include "base/text.hpp"
#include "base/uuid.hpp"
#include "cli/exit_codes.hpp"
#include "http/percent.hpp"

namespace cli {
namespace {

// How long a change is tried again that may have been carried out, or that a server was too busy
// for. What is only read is asked for once.
constexpr int usual_retry_s = 10;
// How long a view is waited for that shows what was just recorded.
constexpr int view_patience_ms = 5'000;
constexpr std::size_t page_metrics = 1'000;

transfer::PatientClient client_of(const Servers& servers, const std::string& url, const char* what,
                                  int usual_s) {
    const bool waits = servers.retry_for_s.has_value();
    return {{url, what, servers.ca_file},
            std::chrono::seconds(servers.retry_for_s.value_or(usual_s)),
            waits ? transfer::WhenAbsent::wait : transfer::WhenAbsent::fail};
}

[[noreturn]] void nobody_listens(const std::string& url, const char* what, const char* option) {
    throw Failed(exit_failure, "Nobody listens at " + http::shown_url(url) +
                                   ": start a server with 'yardstick serve', or name the " + what +
                                   " of another one with " + option + ".");
}

struct NamedMember {
    std::string_view member;
    std::string_view option;
};
// By which option a member is given, where that isn't "--" and its name.
constexpr std::array<NamedMember, 9> options{{{"value", "the value"},
                                              {"add", "the value"},
                                              {"observedAt", "--at"},
                                              {"baseline", "--from"},
                                              {"updateEvery", "--every"},
                                              {"text", "the text"},
                                              {"checkpoints", "--checkpoint"},
                                              {"id", "the id"},
                                              {"asOf", "--as-of"}}};
constexpr std::array<NamedMember, 7> more_options{{{"tags", "--tag"},
                                                   {"links", "--link"},
                                                   {"lateDays", "--late-days"},
                                                   {"newProcess", "--new-process"},
                                                   {"direction", "--at-most or --at-least"},
                                                   {"mode", "--keep or --reach"},
                                                   {"kind", "--counter or --gauge"}}};

std::string option_of(const std::string& member) {
    for (const NamedMember& named : options) {
        if (named.member == member) return std::string(named.option);
    }
    for (const NamedMember& named : more_options) {
        if (named.member == member) return std::string(named.option);
    }
    return "--" + member;
}

// What an error of a problem document is about: "--every" for "#/updateEvery".
std::string place_of(const json::Value& error) {
    std::string pointer = json::text_or_empty(error, "pointer");
    if (pointer.starts_with("#/")) {
        pointer = pointer.substr(2);
        return option_of(pointer.substr(0, pointer.find('/')));
    }
    const std::string parameter = json::text_or_empty(error, "parameter");
    return parameter.empty() ? json::text_or_empty(error, "header") : option_of(parameter);
}

std::string without_dot(std::string text) {
    if (text.ends_with('.')) text.pop_back();
    return text;
}

json::Value parsed_answer(const transfer::PatientClient& client, const http::Response& response) {
    auto parsed = json::parse(response.body);
    if (!parsed.ok() || parsed.value.object() == nullptr) {
        throw Failed(exit_failure, client.name() + " answered something else than JSON.");
    }
    return std::move(parsed.value);
}

[[noreturn]] void refuse(const transfer::PatientClient& client, const http::Response& response) {
    const std::string problem = transfer::problem_type(response);
    const std::string why = refusal_text(response) + ".";
    throw Failed(is_unknown(response) ? exit_not_found : exit_failure,
                 problem.empty()
                     ? client.name() + " answered " + std::to_string(response.status) + ": " + why
                     : why,
                 problem);
}

std::string target_of(const Query& query) {
    std::string target = "/metrics?";
    for (const auto& [name, value] : query) {
        target += name + "=" + http::percent_encode(value) + "&";
    }
    return target;
}

bool is_unknown_parameter(const http::Response& response, std::string_view name) {
    const auto parsed = json::parse(response.body);
    const auto* errors = json::member<json::Array>(parsed.value, "errors");
    return response.status == 400 && errors != nullptr &&
           std::ranges::any_of(*errors, [&](const json::Value& error) {
               return json::text_or_empty(error, "parameter") == name;
           });
}

}  // namespace

bool is_unknown(const http::Response& response) {
    return response.status == 404 && transfer::problem_type(response) == "not-found";
}

std::string metric_path(const std::string& id) {
    return "/metrics/" + http::percent_encode(id);
}

std::string with_as_of(const std::string& target, const std::string& as_of) {
    if (as_of.empty()) return target;
    return target + (target.find('?') == std::string::npos ? "?" : "&") +
           "asOf=" + http::percent_encode(as_of);
}

std::string refusal_text(const http::Response& response) {
    const auto parsed = json::parse(response.body);
    const std::string detail = without_dot(json::text_or_empty(parsed.value, "detail"));
    const auto* errors = json::member<json::Array>(parsed.value, "errors");
    if (detail.empty()) return transfer::problem_text(response);
    // "...; see errors" says nothing without them.
    std::string text = detail.ends_with("see errors") && errors != nullptr ? "" : detail;
    for (const json::Value& error : errors != nullptr ? *errors : json::Array()) {
        const std::string why = without_dot(json::text_or_empty(error, "detail"));
        if (why == detail) continue;
        text += (text.empty() ? "" : "; ") + place_of(error) + " " + why;
    }
    const auto* version = json::member<json::Number>(parsed.value, "currentVersion");
    if (version != nullptr && transfer::problem_type(response) == "precondition-failed") {
        text = "The metric was changed meanwhile: it is at version " +
               json::format_number(version->value) + ", not the one that --if-version names";
    }
    return base::printable(text);
}

MetricApi::MetricApi(Servers servers)
    : servers_(std::move(servers)),
      write_(client_of(servers_, servers_.write_url, "the write API", usual_retry_s)),
      read_(client_of(servers_, servers_.read_url, "the read API", 0)) {}

http::Response MetricApi::get(const std::string& target) {
    try {
        return read_.get(target);
    } catch (const http::Refused&) {
        nobody_listens(servers_.read_url, "read API", "--read-server");
    }
}

json::Value MetricApi::json_of(const http::Response& response) const {
    if (response.status != 200) refuse(read_, response);
    return parsed_answer(read_, response);
}

Metric MetricApi::metric(const std::string& id, const std::string& as_of) {
    const auto response = get(with_as_of(metric_path(id), as_of));
    return as_of.empty() ? metric_in(response, id) : metric_of(json_of(response));
}

Metric MetricApi::metric_in(const http::Response& response, const std::string& id) const {
    if (is_unknown(response)) {
        throw Failed(exit_not_found, "there is no metric " + base::excerpt(id) + " at " +
                                         base::printable(http::shown_url(servers_.read_url)) + ".");
    }
    return metric_of(json_of(response));
}

std::pair<std::optional<Metric>, std::string> MetricApi::metric_at(const std::string& id,
                                                                   std::int64_t version) {
    const std::string wait = version == 0 ? ""
                                          : "?minVersion=" + std::to_string(version) +
                                                "&wait=" + std::to_string(view_patience_ms);
    try {
        const auto response = get(metric_path(id) + wait);
        return {metric_of(json_of(response)), ""};
    } catch (const std::runtime_error& error) {  // what was recorded stays recorded
        return {std::nullopt, error.what()};
    }
}

std::vector<Value> MetricApi::latest_values(const std::string& id, std::size_t count,
                                            const std::string& as_of) {
    const auto response = get(
        with_as_of(metric_path(id) + "/values?order=desc&limit=" + std::to_string(count), as_of));
    const auto page = json_of(response);
    std::vector<Value> values;
    const auto* items = json::member<json::Array>(page, "items");
    for (const json::Value& item : items != nullptr ? *items : json::Array()) {
        const auto* value = json::member<json::Number>(item, "value");
        const auto* version = json::member<json::Number>(item, "version");
        const auto date =
            base::parse_time(json::text_or_empty(item, "date"), base::DateAlone::start_of_day);
        if (value == nullptr || version == nullptr || !date) continue;
        values.push_back({value->value, *date, static_cast<std::int64_t>(version->value)});
    }
    return values;
}

// `recent` is a parameter that servers of before it don't know.
http::Response MetricApi::get_page(const std::string& target, int recent) {
    if (recent > 0 && knows_recent_) {
        auto response = get(target + "&recent=" + std::to_string(recent));
        if (!is_unknown_parameter(response, "recent")) return response;
        knows_recent_ = false;
    }
    return get(target);
}

bool MetricApi::list(const ListRequest& request,
                     const std::function<void(json::Value document)>& take) {
    std::string cursor;
    std::size_t left = request.limit;
    while (left > 0) {
        const std::string page_begin =
            cursor.empty() ? target_of(request.query)
                           : "/metrics?cursor=" + http::percent_encode(cursor) + "&";
        const auto response = get_page(
            page_begin + "limit=" + std::to_string(std::min(left, page_metrics)), request.recent);
        const auto page = json_of(response);
        const auto* items = json::member<json::Array>(page, "items");
        if (items == nullptr) refuse(read_, response);
        for (const json::Value& item : *items) take(item);
        left -= std::min(left, items->size());
        cursor = json::text_or_empty(page, "next");
        if (cursor.empty()) return false;
    }
    return true;
}

std::optional<std::int64_t> MetricApi::total() {
    const auto response = get("/summary");
    if (response.status != 200) return std::nullopt;
    const auto parsed = json::parse(response.body);
    const auto* total = json::member<json::Number>(parsed.value, "total");
    return total != nullptr ? std::optional(static_cast<std::int64_t>(total->value)) : std::nullopt;
}

Changed MetricApi::change(const Change& change) {
    http::Headers headers{
        {"Content-Type", "application/json"},
        {"Idempotency-Key", change.key.empty() ? base::random_uuid() : change.key}};
    if (change.if_version) {
        headers.set("If-Match", "\"" + std::to_string(*change.if_version) + "\"");
    }
    if (!servers_.by.empty()) headers.set("X-By", http::percent_encode(servers_.by));
    http::Response response;
    try {
        response = write_.send(change.method, change.path, change.body, headers);
    } catch (const http::Refused&) {
        nobody_listens(servers_.write_url, "write API", "--server");
    }
    if (response.status != 200 && response.status != 201) refuse(write_, response);
    Changed changed;
    changed.answer = parsed_answer(write_, response);
    changed.id = json::text_or_empty(changed.answer, "id");
    const auto* version = json::member<json::Number>(changed.answer, "version");
    changed.version = version != nullptr ? static_cast<std::int64_t>(version->value) : 0;
    changed.outcome = response.headers.find("Idempotent-Replayed") != nullptr ? Outcome::repeated
                      : response.status == 200                                ? Outcome::unchanged
                                                                              : Outcome::recorded;
    return changed;
}

}  // namespace cli
