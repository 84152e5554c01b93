#include "write_api/write_api.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "api/etag.hpp"
#include "api/problems.hpp"
#include "base/json.hpp"
#include "http/ascii.hpp"
#include "http/problem.hpp"
#include "write_api/command_reader.hpp"

namespace write_api {
namespace {

using es::CommandResult;
using es::CommandStatus;

constexpr const char* command_pattern = "/metrics/{command}";

// The JSON pointers to a command's members.
constexpr const char* command_members = "/props/";
constexpr const char* resource_members = "/";

// What the answer needs to know of the question.
struct Asked {
    std::string request_id;
    std::string id;
    bool creates;
    std::string_view members;  // one of the above
};

http::Response success(int status, const Asked& asked, es::Version version) {
    json::Writer body;
    body.begin_object().member("id", asked.id).member("version", version).end_object();
    auto response = http::Response::json(status, body.take());
    response.headers.add("ETag", api::quoted_etag(std::to_string(version)));
    if (asked.creates) response.headers.add("Location", "/metrics/" + asked.id);
    return response;
}

http::Problem at_version(int status, const char* type, std::string detail, es::Version current) {
    http::Problem problem(status, type, std::move(detail));
    problem.current_version = current;
    return problem;
}

http::Problem refused(const Asked& asked, const es::Refusal& refusal) {
    const bool is_in_path = asked.members == resource_members && refusal.member == "of";
    if (is_in_path) return http::Problem(404, "not-found", refusal.detail);
    http::Problem problem(api::status_of(refusal.rule), refusal.rule, refusal.detail);
    const auto name_member = [&](const es::Refusal& one) {
        if (one.member.empty()) return;
        problem.errors.push_back(
            {"pointer", "#" + std::string(asked.members) + one.member, one.detail});
    };
    name_member(refusal);
    for (const es::Refusal& further : refusal.further) name_member(further);
    return problem;
}

http::Problem problem_of(const Asked& asked, const CommandResult& result) {
    switch (result.status) {
        case CommandStatus::not_found:
            return http::Problem(404, "not-found", "There is no metric '" + asked.id + "'.");
        case CommandStatus::already_exists:
            return at_version(409, "already-exists", "The metric '" + asked.id + "' exists.",
                              result.version);
        case CommandStatus::stale_version:
            return at_version(409, "stale-version",
                              "The metric is at another version than aggregateVersion says.",
                              result.version);
        case CommandStatus::precondition_failed:
            return at_version(412, "precondition-failed",
                              "The metric is at another version than If-Match says.",
                              result.version);
        case CommandStatus::refused:
            return refused(asked, *result.refusal);
        case CommandStatus::key_reused:
            return http::Problem(422, "key-reused",
                                 "This Idempotency-Key was used for another command.");
        case CommandStatus::overloaded:
            return api::retry_later("overloaded", "There is too much to do; nothing was recorded.");
        case CommandStatus::outcome_unknown:
            return api::retry_later(
                "outcome-unknown",
                "The command may have been recorded; retry with an Idempotency-Key.");
        case CommandStatus::parked:
            return api::parked("The metric's events can't be read; an operator must look at it.");
        case CommandStatus::store_unavailable:
            return api::store_unavailable();
        case CommandStatus::recorded:
        case CommandStatus::replayed:
        case CommandStatus::unchanged:  // no problems
        case CommandStatus::failed:
            break;
    }
    return http::Problem::internal();
}

http::Response response_of(const Asked& asked, const CommandResult& result) {
    switch (result.status) {
        case CommandStatus::recorded:
            return success(201, asked, result.version);
        case CommandStatus::unchanged:
            return success(200, asked, result.version);
        case CommandStatus::replayed: {
            auto response = success(201, asked, result.version);
            response.headers.add("Idempotent-Replayed", "true");
            return response;
        }
        default:
            return problem_of(asked, result).response(asked.request_id);
    }
}

// Whether the body is as it was written: "identity" is the only coding that is understood.
bool is_unencoded(const http::Headers& headers) {
    const auto codings = headers.all("Content-Encoding");
    return std::ranges::all_of(codings, [](std::string_view coding) {
        return coding.empty() || http::same_ignoring_case(coding, "identity");
    });
}

http::Response unsupported_encoding(const std::string& request_id) {
    auto response = http::Problem(415, "unsupported-media-type",
                                  "The body must be sent without a Content-Encoding.")
                        .response(request_id);
    response.headers.set("Accept-Encoding", "identity");
    return response;
}

struct WriteApi {
    es::CommandProcessor<kpi::MetricAggregate>& processor;
    ParkedMetrics* parked;

    using Read = std::function<std::variant<MetricRequest, http::Problem>(const http::Request&)>;

    // `read` reads the command; its members stand at the JSON pointer `members`.
    void submit(const http::Request& request, const http::Responder& respond, const Read& read,
                std::string_view members) const {
        if (!is_unencoded(request.headers)) {
            respond(unsupported_encoding(request.id));
            return;
        }
        auto read_request = read(request);
        if (const auto* problem = std::get_if<http::Problem>(&read_request)) {
            respond(problem->response(request.id));
            return;
        }
        auto& command = std::get<MetricRequest>(read_request);
        command.deadline = request.received + command_time_max;
        Asked asked{request.id, command.stream,
                    es::creates_stream<kpi::MetricAggregate>(command.command), members};
        processor.submit(std::move(command), [asked = std::move(asked), respond,
                                              parked = parked](const CommandResult& result) {
            if (parked != nullptr) parked->note(asked.id, result);
            respond(response_of(asked, result));
        });
    }

    void command(const http::Request& request, const http::Responder& respond) const {
        const std::string& name = request.parameter("command");
        if (!is_command(name)) {
            respond(http::Problem(404, "unknown-command", "There is no command '" + name + "'.")
                        .response(request.id));
            return;
        }
        if (request.method != "POST") {
            auto response = http::Problem(405, "method-not-allowed", "Commands are sent by POST.")
                                .response(request.id);
            response.headers.set("Allow", "POST");
            respond(std::move(response));
            return;
        }
        const auto read = [&](const http::Request& sent) { return read_command(name, sent); };
        submit(request, respond, read, command_members);
    }
};

}  // namespace

void ParkedMetrics::note(const es::StreamId& id, const CommandResult& result) {
    const bool parks = result.status == CommandStatus::parked;
    // These are answered without the stream having been read.
    const bool says_nothing = result.status == CommandStatus::overloaded ||
                              result.status == CommandStatus::store_unavailable ||
                              result.status == CommandStatus::outcome_unknown;
    if (says_nothing || (!parks && !any_)) return;
    const std::lock_guard lock(mutex_);
    if (!parks) {
        parked_.erase(id);
    } else if (parked_.contains(id) || parked_.size() < entries_max) {
        parked_[id] = {id, result.version, result.detail};
    }
    any_ = !parked_.empty();
}

std::vector<es::Parked> ParkedMetrics::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<es::Parked> all;
    all.reserve(parked_.size());
    for (const auto& [id, entry] : parked_) all.push_back(entry);
    return all;
}

std::vector<std::string> patterns() {
    std::vector<std::string> all{command_pattern};
    for (const auto& resource : resources()) all.push_back(resource.pattern);
    return all;
}

void add_routes(http::Router& router, es::CommandProcessor<kpi::MetricAggregate>& processor,
                ParkedMetrics* parked) {
    const WriteApi api{processor, parked};
    for (auto& resource : resources()) {
        router.add(resource.method, resource.pattern,
                   [api, read = std::move(resource.read)](const http::Request& request,
                                                          const http::Responder& respond) {
                       api.submit(request, respond, read, resource_members);
                   });
    }
    router.add("*", command_pattern,
               [api](const http::Request& request, const http::Responder& respond) {
                   api.command(request, respond);
               });
}

}  // namespace write_api
