#include "write_api/outcome.hpp"

#include <algorithm>
#include <utility>

#include "api/problems.hpp"
#include "http/ascii.hpp"

namespace write_api {
namespace {

using es::CommandResult;
using es::CommandStatus;

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

}  // namespace

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
        case CommandStatus::held_back:
            return api::retry_later("held-back",
                                    "A command before it was not decided; nothing was recorded.");
        case CommandStatus::recorded:
        case CommandStatus::replayed:
        case CommandStatus::unchanged:  // no problems
        case CommandStatus::failed:
            break;
    }
    return http::Problem::internal();
}

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

}  // namespace write_api
