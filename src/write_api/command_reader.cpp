#include "write_api/command_reader.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "api/etag.hpp"
#include "api/problems.hpp"
#include "api/query.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "es/described.hpp"
#include "es/described_codec.hpp"
#include "es/domain.hpp"
#include "kpi/member_rules.hpp"
#include "write_api/body_reader.hpp"

namespace write_api {
namespace {

using Errors = BodyReader::Errors;

constexpr std::size_t id_max = 128;
constexpr std::size_t key_max = 255;

// The namespace of ids that are made from idempotency keys (docs/formats, contract).
constexpr const char* key_namespace = "1e095ba2-a596-4e95-afb6-d44474ebd13d";

using Presence = BodyReader::Presence;

template <class C>
C read_members(BodyReader& members);

template <class R>
std::vector<R> read_records(const json::Array& items, std::string_view name, BodyReader& members) {
    std::vector<R> records;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string pointer = members.pointer_to(name) + "/" + std::to_string(i);
        if (items[i].object() == nullptr) {
            members.errors().push_back({"pointer", "#" + pointer, "must be an object"});
            continue;
        }
        BodyReader item(items[i], pointer, members.errors());
        records.push_back(read_members<R>(item));
        item.end();
    }
    return records;
}

template <class M>
std::vector<std::string> read_texts(const json::Array& items, const M& member,
                                    BodyReader& members) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < items.size(); ++i) {
        std::optional<std::string> fault = "must be a text";
        if (const std::string* text = items[i].string()) {
            fault = BodyReader::fault_in(*text, member.template get<kpi::FormRule>());
            const bool repeated = std::ranges::find(texts, *text) != texts.end();
            if (repeated && member.template get<kpi::ListRule>().unique) fault = "is there twice";
            texts.push_back(*text);
        }
        if (!fault) continue;
        const std::string pointer = members.pointer_to(member.name) + "/" + std::to_string(i);
        members.errors().push_back({"pointer", "#" + pointer, *std::move(fault)});
    }
    return texts;
}

// Reads a member as its description says; nullopt leaves the default in place. What is wrong is
// noted by the reader.
template <class M>
std::optional<typename M::Value> read_member(const M& member, BodyReader& members) {
    using V = typename M::Value;
    constexpr bool optional = M::may_be_absent || M::has_default;
    constexpr auto presence = optional ? Presence::optional : Presence::needed;
    if constexpr (std::is_same_v<V, std::string>) {
        if constexpr (M::template has<kpi::TextRule>) {
            return members.text(member.name, member.template get<kpi::TextRule>(), presence);
        } else {
            return members.text(member.name, member.template get<kpi::FormRule>(), presence);
        }
    } else if constexpr (std::is_same_v<V, double>) {
        const auto number = members.number(member.name, presence);
        if constexpr (M::template has<kpi::NotNegative>) {
            if (number.value_or(0) < 0) members.error(member.name, "must not be below 0");
        }
        return number;
    } else if constexpr (std::is_same_v<V, bool>) {
        return members.flag(member.name, presence);
    } else if constexpr (std::is_integral_v<V>) {
        return members.integer(member.name, member.template get<kpi::IntegerRule>(), presence);
    } else if constexpr (std::is_same_v<V, base::TimePoint>) {
        return members.time(member.name, member.template get<kpi::TimeRule>().date_alone, presence);
    } else if constexpr (es::IsList<V>::value) {
        const auto* items =
            members.list(member.name, member.template get<kpi::ListRule>(), presence);
        if (items == nullptr) return std::nullopt;
        if constexpr (std::is_same_v<V, std::vector<std::string>>) {
            return read_texts(*items, member, members);
        } else {
            return read_records<typename V::value_type>(*items, member.name, members);
        }
    } else {
        static_assert(std::is_enum_v<V> && optional, "nobody reads a member of this type");
        const auto text = members.optional_string(member.name);
        if (!text) return std::nullopt;
        auto value = member.text_form().read(*text);
        if (!value) members.error(member.name, "must be " + member.text_form().expected());
        return value;
    }
}

template <class C>
C read_members(BodyReader& members) {
    return es::build_event<C>([&](const auto& member) { return read_member(member, members); });
}

// What a description can't say of members together.
template <class C>
void check_together(const C& /*command*/, BodyReader& /*members*/) {}
void check_together(const kpi::ReportValue& report, BodyReader& members) {
    if (report.value && report.add) members.error("add", "is not for a report that has a value");
    if (!report.value && !report.add) members.require("value");
}

template <class C>
kpi::MetricCommand read_command_members(BodyReader& members) {
    C command = read_members<C>(members);
    check_together(command, members);
    return command;
}

struct KnownCommand {
    kpi::MetricCommand (*read)(BodyReader& props);
    bool creates;
};
using Commands = std::map<std::string, KnownCommand, std::less<>>;

// By the names in their descriptions.
template <class... C>
Commands commands_of(es::Type<std::variant<C...>> /*commands*/) {
    return {{std::string(es::description_of<C>().template get<kpi::CommandName>().name),
             {read_command_members<C>, es::creates<kpi::MetricAggregate, C>}}...};
}
const Commands& commands() {
    static const Commands all = commands_of(es::Type<kpi::MetricCommand>{});
    return all;
}

// application/json, with no parameter but charset=utf-8.
bool is_json(const http::Headers& headers) {
    const auto fields = headers.all("Content-Type");
    if (fields.size() != 1) return false;
    const std::string text = base::lower(fields.front());
    const auto semicolon = text.find(';');
    if (base::trim(std::string_view(text).substr(0, semicolon)) != "application/json") return false;
    if (semicolon == std::string::npos) return true;
    const auto parameter = base::trim(std::string_view(text).substr(semicolon + 1));
    return parameter.empty() || parameter == "charset=utf-8" || parameter == "charset=\"utf-8\"";
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
    const bool printable = std::ranges::all_of(key, [](char c) { return c >= 0x20 && c < 0x7f; });
    if (key.empty() || key.size() > key_max || !printable) return std::nullopt;
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

// Writes members in the form that digests are computed over (docs/formats). It never changes.
class DigestWriter {
public:
    DigestWriter() { out_.begin_object(); }
    void text(std::string_view name, std::string_view value) { out_.member(name, value); }
    void number(std::string_view name, double value) {
        out_.name(name).raw(json::format_digest_number(value));
    }
    void integer(std::string_view name, std::int64_t value) { out_.member(name, value); }
    void flag(std::string_view name, bool value) { out_.member(name, value); }
    void texts(std::string_view name, const std::vector<std::string>& values) {
        out_.name(name).begin_array();
        for (const auto& value : values) out_.string(value);
        out_.end_array();
    }
    void records(std::string_view name, std::vector<DigestWriter> items) {
        out_.name(name).begin_array();
        for (DigestWriter& item : items) out_.raw(item.take());
        out_.end_array();
    }
    std::string take() { return out_.end_object().take(); }

private:
    json::Writer out_;
};

// The props that the command stands for, in one form however they were written. Digests of it are
// stored with the events, so what it gives for a command never changes. Every member counts that a
// caller can give: else it would not count when a repeat is distinguished from another command.
std::string normalised(const kpi::MetricCommand& command) {
    DigestWriter out;
    std::visit([&](const auto& members) { es::write_members(out, members); }, command);
    return out.take();
}

// aggregateVersion 5 and If-Match "5" are the same condition.
std::string condition(const MetricRequest& request) {
    if (!request.expected_version && !request.if_match) return "any";
    std::vector<es::Version> versions;
    if (!request.if_match) {
        versions = {*request.expected_version};
    } else {
        for (const es::Version version : *request.if_match) {
            if (request.expected_version.value_or(version) == version) versions.push_back(version);
        }
    }
    std::string text = "versions";
    for (const es::Version version : versions) text += " " + std::to_string(version);
    return text;
}

// The fingerprint of what was asked for; what a repeat must share with the first.
std::string digest_of(const std::string& name, const MetricRequest& request) {
    json::Writer out;
    out.begin_array().string(name).string(request.stream).string(condition(request));
    out.raw(normalised(request.command)).end_array();
    return base::sha256_hex(out.text());
}

void read_condition(const std::optional<api::ETagList>& etags, bool creates, MetricRequest& request,
                    BodyReader& body, Errors& errors) {
    request.expected_version = body.optional_version("aggregateVersion");
    if (etags && !etags->any) request.if_match = etags->versions();
    if (!creates) return;
    if (request.expected_version) body.error("aggregateVersion", "is not for a creation");
    if (etags) errors.push_back({"header", "If-Match", "is not for a creation"});
}

void read_id(bool creates, MetricRequest& request, BodyReader& body) {
    if (!creates) body.require("id");
    const auto id = body.optional_string("id");
    if (creates && id) check_new_id(*id, body);
    if (id) {
        request.stream = *id;
    } else if (request.idempotency_key.empty()) {
        request.stream = base::random_uuid();
    } else {
        request.stream =
            base::name_uuid(key_namespace, request.actor + "\n" + request.idempotency_key);
    }
}

void read_body(const std::string& name, const json::Value& json,
               const std::optional<api::ETagList>& etags, MetricRequest& request, Errors& errors) {
    if (json.object() == nullptr) {
        errors.push_back({"pointer", "#", "must be an object"});
        return;
    }
    const KnownCommand& known = commands().find(name)->second;
    const bool creates = known.creates;
    BodyReader body(json, "", errors);
    read_id(creates, request, body);
    read_condition(etags, creates, request, body, errors);
    if (const json::Value* props_object = body.object("props")) {
        BodyReader props(*props_object, "/props", errors);
        request.command = known.read(props);
        props.end();
    }
    body.end();
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
    if (!is_json(request.headers)) {
        return http::Problem(415, "unsupported-media-type",
                             "The body must be sent as application/json (charset utf-8 or none).");
    }
    Errors errors = api::QueryReader(request).errors();
    MetricRequest command;
    command.idempotency_key = read_key(request.headers, errors);
    const auto etags = api::read_etags(request.headers, "If-Match", errors);
    const json::Parsed parsed = json::parse(request.body);
    if (!parsed.ok()) {
        http::Problem problem(400, "malformed", "The body is not JSON: " + parsed.error + ".");
        problem.errors = std::move(errors);
        return problem;
    }
    for (const std::string& pointer : parsed.duplicates) {
        errors.push_back({"pointer", "#" + pointer, "is given more than once"});
    }
    read_body(name, parsed.value, etags, command, errors);
    if (!errors.empty()) return api::invalid_problem(std::move(errors));
    if (!command.idempotency_key.empty()) command.digest = digest_of(name, command);
    return command;
}

}  // namespace write_api
