#include "write_api/command_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "api/etag.hpp"
#include "api/problems.hpp"
#include "api/query.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "es/described.hpp"
#include "es/domain.hpp"
#include "http/percent.hpp"
#include "write_api/body_reader.hpp"
#include "write_api/command_digest.hpp"
#include "write_api/member_reader.hpp"

namespace write_api {
namespace {

using Errors = BodyReader::Errors;

constexpr std::size_t id_max = 128;
constexpr std::size_t key_max = 255;
constexpr kpi::TextRule by_rule{200};
// A line is a flat object. Its answer names everything that is wrong with it.
constexpr json::Limits line_limits{.depth = 4, .members = 32, .name_bytes = 256};

// The namespace of ids that are made from idempotency keys (docs/formats, contract).
constexpr const char* key_namespace = "1e095ba2-a596-4e95-afb6-d44474ebd13d";

using ReadMembers = kpi::MetricCommand (*)(BodyReader& members);

template <class C>
kpi::MetricCommand read_as(BodyReader& members) {
    return read_members<C>(members);
}

struct KnownCommand {
    ReadMembers read;
    bool creates;
};
using Commands = std::map<std::string, KnownCommand, std::less<>>;

// Those whose description has a command's name.
template <class C>
void add_command(Commands& commands) {
    using Description = decltype(es::description_of<C>());
    if constexpr (Description::template has<kpi::CommandName>) {
        const auto name = es::description_of<C>().template get<kpi::CommandName>().name;
        commands.emplace(name, KnownCommand{read_as<C>, es::creates<kpi::MetricAggregate, C>});
    }
}
const Commands& commands() {
    static const Commands all = []<class... C>(es::Type<std::variant<C...>>) {
        Commands commands;
        (add_command<C>(commands), ...);
        return commands;
    }(es::Type<kpi::MetricCommand>{});
    return all;
}

// One of these media types, with no parameter but charset=utf-8.
bool is_sent_as(const http::Headers& headers, std::initializer_list<std::string_view> types) {
    const auto fields = headers.all("Content-Type");
    if (fields.size() != 1) return false;
    const std::string text = base::lower(fields.front());
    const auto semicolon = text.find(';');
    const auto type = base::trim(std::string_view(text).substr(0, semicolon));
    if (std::ranges::find(types, type) == types.end()) return false;
    if (semicolon == std::string::npos) return true;
    const auto parameter = base::trim(std::string_view(text).substr(semicolon + 1));
    return parameter.empty() || parameter == "charset=utf-8" || parameter == "charset=\"utf-8\"";
}

bool is_key(std::string_view key) {
    const bool printable = std::ranges::all_of(key, [](char c) { return c >= 0x20 && c < 0x7f; });
    return !key.empty() && key.size() <= key_max && printable;
}

// Quoted (a structured field's string) or bare; nullopt when it is neither.
std::optional<std::string> unquote_key(std::string_view field) {
    field = base::trim(field);
    std::string key;
    if (!field.empty() && field.front() == '"') {
        if (field.size() < 2 || field.back() != '"') return std::nullopt;
        field = field.substr(1, field.size() - 2);
        for (std::size_t i = 0; i < field.size(); ++i) {
            if (field[i] == '"') return std::nullopt;
            if (field[i] == '\\' &&
                (++i == field.size() || (field[i] != '"' && field[i] != '\\'))) {
                return std::nullopt;
            }
            key += field[i];
        }
    } else {
        key = field;
    }
    if (!is_key(key)) return std::nullopt;
    return key;
}

std::string read_key(const http::Headers& headers, Errors& errors) {
    const auto fields = headers.all("Idempotency-Key");
    if (fields.empty()) return {};
    const auto key = fields.size() == 1 ? unquote_key(fields.front()) : std::nullopt;
    if (!key) {
        errors.push_back({"header", "Idempotency-Key",
                          "must be one field of 1 to 255 printable characters, quoted or bare"});
    }
    return key.value_or("");
}

// What the caller says of itself: a text in UTF-8, percent-encoded as header values must be.
void read_by(const http::Headers& headers, es::ExtraMetadata& extra, Errors& errors) {
    const auto fields = headers.all("X-By");
    if (fields.empty()) return;
    auto by = fields.size() == 1 ? http::percent_decode(base::trim(fields.front())) : std::nullopt;
    const auto fault = by ? BodyReader::fault_in(*by, by_rule) : std::nullopt;
    if (!by || fault) {
        errors.push_back(
            {"header", "X-By", fault ? *fault : "must be one field of UTF-8, percent-encoded"});
        return;
    }
    extra["by"] = *std::move(by);
}

void check_new_id(const std::string& id, BodyReader& body) {
    const auto alphanumeric = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    const bool good = !id.empty() && id.size() <= id_max && alphanumeric(id.front()) &&
                      std::ranges::all_of(id, [&](char c) {
                          return alphanumeric(c) || c == '.' || c == '_' || c == '-';
                      });
    if (!good) body.error("id", "must match [A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    if (id.starts_with("GetMetrics")) body.error("id", "must not begin with \"GetMetrics\"");
}

void read_id(bool creates, MetricRequest& request, BodyReader& body) {
    if (!creates) body.require("id");
    const auto id = body.optional_string("id");
    if (creates && id) check_new_id(*id, body);
    if (id) request.stream = *id;
}

// Of a creation without an id: from its key, so that a repeat finds the first, or a random one.
void make_id(MetricRequest& request) {
    request.stream =
        request.idempotency_key.empty()
            ? base::random_uuid()
            : base::name_uuid(key_namespace, request.actor + "\n" + request.idempotency_key);
}

struct Reading {
    const http::Request& http;
    const std::optional<api::ETagList>& etags;  // of If-Match
    MetricRequest& request;
    Errors& errors;
};

const json::Value* object_in(const json::Value& body, Errors& errors) {
    if (body.object() != nullptr) return &body;
    errors.push_back({"pointer", "#", "must be an object"});
    return nullptr;
}

void read_command_body(const KnownCommand& known, const json::Value& json, Reading reading) {
    const json::Value* object = object_in(json, reading.errors);
    if (object == nullptr) return;
    BodyReader body(*object, "", reading.errors);
    read_id(known.creates, reading.request, body);
    reading.request.expected_version = body.optional_version("aggregateVersion");
    if (known.creates && reading.request.expected_version) {
        body.error("aggregateVersion", "is not for a creation");
    }
    if (const json::Value* props_object = body.object("props")) {
        BodyReader props(*props_object, "/props", reading.errors);
        reading.request.command = known.read(props);
        props.end();
    }
    body.end();
}

// --- Resources: the body is the members, the path says whose. ---

template <class C>
void read_whole_body(const json::Value& json, Reading reading) {
    const json::Value* object = object_in(json, reading.errors);
    if (object == nullptr) return;
    BodyReader body(*object, "", reading.errors);
    if constexpr (es::creates<kpi::MetricAggregate, C>) read_id(true, reading.request, body);
    reading.request.command = read_members<C>(body);
    body.end();
}

// One report, or an array of them.
void read_reports(const json::Value& json, Reading reading) {
    const json::Array* items = json.array();
    if (items == nullptr) return read_whole_body<kpi::ReportValue>(json, reading);
    if (items->empty() || items->size() > kpi::reports_rule.max) {
        reading.errors.push_back(
            {"pointer", "#", "must have 1 to " + std::to_string(kpi::reports_rule.max) + " items"});
        return;
    }
    reading.request.command =
        kpi::ReportValues{read_records<kpi::ReportValue>(*items, "", reading.errors)};
}

// nullopt: it isn't one.
std::optional<es::Version> version_in(const std::string& text) {
    es::Version version = 0;
    const char* end_of_text = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), end_of_text, version);
    const bool is_one = error == std::errc{} && end == end_of_text && version >= 1 &&
                        version <= kpi::version_rule.max;
    return is_one ? std::optional(version) : std::nullopt;
}

// `of` stands in the path, and was looked at.
void read_amendment(const json::Value& json, Reading reading) {
    const json::Value* object = object_in(json, reading.errors);
    if (object == nullptr) return;
    json::Members members = *object->object();
    const json::Value given{members};
    if (given.find("of") != nullptr) {
        reading.errors.push_back({"pointer", "#/of", "is not a member that is known here"});
    }
    const es::Version version = version_in(reading.http.parameter("version")).value();
    members.emplace_back("of", json::Value(json::Number{static_cast<double>(version)}));
    const json::Value whole{std::move(members)};
    BodyReader body(whole, "", reading.errors);
    reading.request.command = read_members<kpi::AmendValue>(body);
    body.end();
}

struct Resource {
    std::string_view method;
    std::string_view pattern;
    // Under which it counts when commands are compared: that of the command that it stands for.
    const char* command;
    void (*read)(const json::Value& json, Reading reading);
    bool creates = false;
};
constexpr const char* report_command = "UpdateMetricValueCommand";
constexpr std::array resource_table{
    Resource{"POST", "/metrics", "CreateMetricCommand", read_whole_body<kpi::MetricCreated>, true},
    Resource{"PATCH", "/metrics/{id}", "EditMetric", read_whole_body<kpi::EditMetric>},
    Resource{"POST", "/metrics/{id}/values", report_command, read_reports},
    Resource{"PATCH", "/metrics/{id}/values/{version}", "AmendValue", read_amendment},
    Resource{"POST", "/metrics/{id}/notes", "NoteMetricCommand", read_whole_body<kpi::MetricNoted>},
};

constexpr std::string_view plain_json = "application/json";
constexpr std::string_view json_lines = "application/x-ndjson";
constexpr std::string_view merge_patch = "application/merge-patch+json";

// What all commands share; `read_body` reads the rest.
template <class ReadBody>
std::variant<MetricRequest, http::Problem> read(const http::Request& request, bool creates,
                                                const std::string& name, ReadBody read_body) {
    const bool patches = request.method == "PATCH";
    if (!is_sent_as(request.headers, {plain_json, patches ? merge_patch : plain_json})) {
        return http::Problem(415, "unsupported-media-type",
                             std::string("The body must be sent as application/json") +
                                 (patches ? " or application/merge-patch+json" : "") +
                                 " (charset utf-8 or none).");
    }
    Errors errors = api::QueryReader(request).errors();
    MetricRequest command;
    command.idempotency_key = read_key(request.headers, errors);
    read_by(request.headers, command.extra, errors);
    const auto etags = api::read_etags(request.headers, "If-Match", errors);
    if (etags && !etags->any) command.if_match = etags->versions();
    if (etags && creates) errors.push_back({"header", "If-Match", "is not for a creation"});
    const json::Parsed parsed = json::parse(request.body);
    if (!parsed.ok()) {
        http::Problem problem(400, "malformed", "The body is not JSON: " + parsed.error + ".");
        problem.errors = std::move(errors);
        return problem;
    }
    for (const std::string& pointer : parsed.duplicates) {
        errors.push_back({"pointer", "#" + pointer, "is given more than once"});
    }
    read_body(parsed.value, Reading{request, etags, command, errors});
    if (creates && command.stream.empty()) make_id(command);
    if (!errors.empty()) return api::invalid_problem(std::move(errors));
    if (!command.idempotency_key.empty()) command.digest = digest_of(name, command);
    return command;
}

}  // namespace

bool is_command(std::string_view name) {
    return commands().contains(name);
}

std::vector<std::string> command_names() {
    std::vector<std::string> names;
    for (const auto& [name, read] : commands()) names.push_back(name);
    return names;
}

std::variant<MetricRequest, http::Problem> read_command(const std::string& name,
                                                        const http::Request& request) {
    const KnownCommand& known = commands().find(name)->second;
    return read(request, known.creates, name, [&](const json::Value& json, Reading reading) {
        read_command_body(known, json, reading);
    });
}

std::variant<es::ExtraMetadata, http::Problem> read_bulk_head(const http::Request& request) {
    if (!is_sent_as(request.headers, {json_lines})) {
        return http::Problem(415, "unsupported-media-type",
                             "The body must be sent as application/x-ndjson (charset utf-8 or "
                             "none).");
    }
    Errors errors = api::QueryReader(request).errors();
    es::ExtraMetadata extra;
    read_by(request.headers, extra, errors);
    for (const char* name : {"Idempotency-Key", "If-Match"}) {
        if (request.headers.find(name) == nullptr) continue;
        errors.push_back({"header", name, "is not for many values; a line may have a key"});
    }
    if (!errors.empty()) return api::invalid_problem(std::move(errors));
    return extra;
}

std::variant<MetricRequest, http::Problem> read_line(std::string_view line,
                                                     const es::ExtraMetadata& extra) {
    const json::Parsed parsed = json::parse(line, line_limits);
    if (!parsed.ok()) {
        return http::Problem(400, "malformed", "The line is not JSON: " + parsed.error + ".");
    }
    Errors errors;
    for (const std::string& pointer : parsed.duplicates) {
        errors.push_back({"pointer", "#" + pointer, "is given more than once"});
    }
    MetricRequest request;
    request.extra = extra;
    if (const json::Value* object = object_in(parsed.value, errors)) {
        BodyReader body(*object, "", errors);
        read_id(false, request, body);
        if (auto key = body.optional_string("key")) {
            if (!is_key(*key)) body.error("key", "must have 1 to 255 printable characters");
            request.idempotency_key = *std::move(key);
        }
        request.command = read_members<kpi::ReportValue>(body);
        body.end();
    }
    if (!errors.empty()) return api::invalid_problem(std::move(errors));
    // The same as if it had been sent alone.
    if (!request.idempotency_key.empty()) request.digest = digest_of(report_command, request);
    return request;
}

namespace {

std::variant<MetricRequest, http::Problem> read_resource(const Resource& resource,
                                                         const http::Request& request) {
    const bool names_a_value = resource.pattern.ends_with("/{version}");
    if (names_a_value && !version_in(request.parameter("version"))) {
        return http::Problem(404, "not-found",
                             "The address must end with a version: a whole number from 1.");
    }
    return read(request, resource.creates, resource.command,
                [&](const json::Value& json, Reading reading) {
                    if (!resource.creates) reading.request.stream = request.parameter("id");
                    resource.read(json, reading);
                });
}

}  // namespace

std::vector<ResourceRoute> resources() {
    std::vector<ResourceRoute> routes;
    routes.reserve(resource_table.size());
    for (const Resource& resource : resource_table) {
        routes.push_back({std::string(resource.method), std::string(resource.pattern),
                          [&resource](const http::Request& request) {
                              return read_resource(resource, request);
                          }});
    }
    return routes;
}

}  // namespace write_api
