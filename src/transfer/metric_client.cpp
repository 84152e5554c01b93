#include "transfer/metric_client.hpp"

#include <algorithm>

#include "base/json_members.hpp"
#include "base/uuid.hpp"
#include "es/errors.hpp"
#include "http/percent.hpp"

namespace transfer {
namespace {

// No stream gets that far, so no command at this version is ever carried out. (A double holds it.)
constexpr std::int64_t version_never_reached = 9'007'199'254'740'991;

// The namespace of the keys that rows are sent with.
constexpr const char* key_namespace = "7a0a3a3e-3f0e-4a5d-9a5e-2d0b3c6e8f41";

constexpr int page_values = 1'000;
constexpr std::chrono::milliseconds wait_for_view_max{10'000};  // the most that may be asked for

es::Unavailable unexpected(const PatientClient& client, const http::Response& response) {
    return es::Unavailable(client.name() + " answered " + std::to_string(response.status) + ": " +
                           problem_text(response));
}

json::Value json_of(const PatientClient& client, const http::Response& response) {
    auto parsed = json::parse(response.body);
    if (!parsed.ok()) throw es::Unavailable(client.name() + " answered something else than JSON");
    return std::move(parsed.value);
}

auto members_in(const PatientClient& client, const json::Value& object) {
    return json::MemberReader(object, [&client](std::string_view name, std::string_view) {
        throw es::Unavailable(client.name() + " answered without '" + std::string(name) + "'");
    });
}

double number_in(const PatientClient& client, const json::Value& object, const char* name) {
    return members_in(client, object).require<json::Number>(name)->value;
}

std::string text_in(const PatientClient& client, const json::Value& object, const char* name) {
    return *members_in(client, object).require<std::string>(name);
}

es::Version current_version(const PatientClient& client, const http::Response& response) {
    return static_cast<es::Version>(number_in(client, json_of(client, response), "currentVersion"));
}

std::string visible_at(es::Version version, const PatientClient& read) {
    const auto wait = std::min(wait_for_view_max, read.patience());
    return "minVersion=" + std::to_string(version) + "&wait=" + std::to_string(wait.count());
}

std::string path_of(const std::string& id) {
    return "/metrics/" + http::percent_encode(id);
}

TimedValue value_in(const PatientClient& client, const json::Value& object) {
    const auto time =
        base::parse_time(text_in(client, object, "date"), base::DateAlone::start_of_day);
    if (!time) throw es::Unavailable(client.name() + " answered a value without a date");
    return {*time, number_in(client, object, "value")};
}

// Adds a page's values; the next page's cursor, or empty.
std::string take_page(const PatientClient& client, const json::Value& page, StoredValues& values) {
    for (const json::Value& item : *members_in(client, page).require<json::Array>("items")) {
        const TimedValue value = value_in(client, item);
        if (item.find("retracted") == nullptr) values.counted.push_back(value);
        const json::Value* amended = item.find("amended");
        if (amended == nullptr) continue;
        values.amended.push_back(
            value_in(client, *members_in(client, *amended).require<json::Value>("was")));
    }
    return json::text_or_empty(page, "next");
}

}  // namespace

std::string creation_body(const std::string& id, const MetricProps& props) {
    json::Writer body;
    body.begin_object().member("id", id).name("props").begin_object();
    body.member("name", props.name)
        .member("description", props.description)
        .member("target", props.target)
        .member("unit", props.unit)
        .member("deadline", props.deadline)
        .member("kind", kpi::to_string(props.kind));
    return body.end_object().end_object().take();
}

Created create_metric(PatientClient& write, const std::string& id, const MetricProps& props) {
    const auto response =
        write.post_json(std::string("/metrics/") + creation_command, creation_body(id, props));
    if (response.status == 201) return {1, true};
    if (response.status == 409 && problem_type(response) == "already-exists") {
        return {current_version(write, response), false};
    }
    if (response.status == 400 || response.status == 422) {
        throw es::Unusable("the metric can't be created: " + problem_text(response));
    }
    throw unexpected(write, response);
}

std::optional<es::Version> latest_version(PatientClient& write, const std::string& id) {
    json::Writer body;
    body.begin_object()
        .member("id", id)
        .member("aggregateVersion", version_never_reached)
        .name("props")
        .begin_object()
        .member("name", "-")
        .member("description", "-")
        .member("unit", "-")
        .end_object()
        .end_object();
    const auto response = write.post_json("/metrics/UpdateMetricDetailsCommand", body.text());
    const std::string problem = problem_type(response);
    if (response.status == 404 && problem == "not-found") return std::nullopt;
    if (response.status == 409 && problem == "stale-version") {
        return current_version(write, response);
    }
    throw unexpected(write, response);
}

StoredValues read_values(PatientClient& read, const std::string& id, es::Version version) {
    const std::string first = path_of(id) + "/values?limit=" + std::to_string(page_values) + "&";
    const std::string visible = visible_at(version, read);
    StoredValues values;
    std::string cursor;
    do {
        const auto response =
            read.get(first + visible + (cursor.empty() ? "&retracted=true" : "&cursor=" + cursor));
        if (response.status != 200) throw unexpected(read, response);
        cursor = take_page(read, json_of(read, response), values);
        if (values.counted.size() + values.amended.size() > values_max) {
            throw es::Unusable("the metric has more than " + std::to_string(values_max) +
                               " values, too many to compare a file with");
        }
    } while (!cursor.empty());
    return values;
}

std::string value_key(const std::string& id, const TimedValue& value, std::size_t occurrence) {
    // The same for a value that an earlier release reported.
    std::string row = id + "\n" + base::format_time(value.first) + "\n" +
                      json::format_digest_number(value.second);
    if (occurrence > 1) row += "\n" + std::to_string(occurrence);
    return base::name_uuid(key_namespace, row);
}

std::string value_line(const std::string& id, const TimedValue& value, std::size_t occurrence) {
    json::Writer line;
    line.begin_object()
        .member("id", id)
        .member("value", value.second)
        .member("observedAt", base::format_time(value.first))
        .member("key", value_key(id, value, occurrence));
    return line.end_object().take() + "\n";
}

std::optional<Reported> read_reported(const json::Value& line) {
    const auto* number = json::member<json::Number>(line, "status");
    const int status = number != nullptr ? static_cast<int>(number->value) : 0;
    if (status == 201) {
        const bool* replayed = json::member<bool>(line, "replayed");
        return Reported{replayed != nullptr && *replayed ? Report::was_there : Report::recorded};
    }
    // The key is made of the content: an earlier release sent it with the version it expected.
    if (status == 422 && problem_type(line) == "key-reused") return Reported{Report::was_there};
    // The body ended, for the server, before the row did: it was not carried out.
    if (status == 400 && problem_type(line) == "malformed") {
        return Reported{Report::undecided, answered(status, line)};
    }
    if (status == 400 || status == 422) return Reported{Report::refused, problem_text(line)};
    if (is_passing(status) && problem_type(line) != "parked") {
        return Reported{Report::undecided, answered(status, line)};
    }
    return std::nullopt;
}

}  // namespace transfer
