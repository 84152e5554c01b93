#include "api/problems.hpp"

#include "es/errors.hpp"
#include "kpi/refusals.hpp"

namespace api {
namespace {

const std::vector<http::ProblemType> types = {
    {"unknown-command", 404, "There is no such command",
     "The last part of the address must be the name of a command, e.g. CreateMetricCommand. The "
     "README lists them."},
    {"stale-version", 409, "The metric has moved on",
     "The command was meant for one version of the metric (aggregateVersion), and the metric has "
     "another: `currentVersion`. Nothing was recorded. Read the metric, see whether the command "
     "still makes sense, and send it with the new version."},
    {"already-exists", 409, "A metric of this id exists already",
     "Creating it again would replace its history, so it was refused. Choose another id, or send "
     "none and one is made."},
    {"precondition-failed", 412, "The metric is not the one that If-Match names",
     "None of the entity tags in If-Match is that of the metric's current version "
     "(`currentVersion`). Nothing was recorded."},
    {"key-reused", 422, "The idempotency key belongs to another command",
     "The Idempotency-Key was used for a command with other content. Nothing was recorded. A key "
     "stands for one command: make a new one for each."},
    {"no-event-store", 501, "This server has no access to the events",
     "It answers from the views alone. Ask a server that was started with an event store."},
    {"no-global-order", 501, "This server can't read all events in one order",
     "Lists of the past, and the events of all metrics, need an event store that has them in one "
     "order: that of a data folder has, DynamoDB hasn't. Ask for single metrics."},
    {"as-of-too-large", 422, "There is too much to fold for a list of the past",
     "A list with asOf is folded from all events of the store, which has more of them, or metrics "
     "that take more memory, than one request may use. Ask for single metrics with asOf."},
    {"store-unavailable", 503, "The store can't be reached",
     "The request was not carried out. Repeat it after the seconds that Retry-After names."},
    {"outcome-unknown", 503, "Nobody knows whether it was recorded",
     "The store failed while it recorded the command, which may or may not have been recorded. "
     "Repeat it with the same Idempotency-Key: it is then recorded at most once. Without a key, "
     "read the metric first."},
    {"held-back", 503, "A line before it was not decided",
     "Lines of POST /values for one metric are recorded in their order. An earlier one got no "
     "final answer, so this one was not carried out. Send both again, with their keys and in "
     "their order."},
    {"not-yet-visible", 503, "The version asked for can't be seen yet",
     "The view did not reach minVersion in the time given by `wait`. What was recorded is not "
     "lost; repeat the request after the seconds that Retry-After names."},
    {"parked", 503, "The metric can't be read at present",
     "One of the metric's events can't be read by this program, so its view stands still and "
     "commands on it are not decided. Other metrics go on. The operator finds the reason in the "
     "log and at /-/ready."},
};

}  // namespace

void register_problem_types() {
    http::register_problem_types(types);
    std::vector<http::ProblemType> rules;
    rules.reserve(kpi::rule_catalogue.size());
    for (const auto& rule : kpi::rule_catalogue) {
        rules.push_back({rule.name, rule.status, rule.title, rule.explanation});
    }
    http::register_problem_types(rules);
}

int status_of(const std::string& rule) {
    const auto* type = http::find_problem_type(rule);
    return type != nullptr ? type->status : http::Problem::internal().status;
}

http::Problem invalid_problem(std::vector<http::Problem::Error> errors) {
    http::Problem problem(400, "invalid", "The request is not as expected; see errors.");
    problem.errors = std::move(errors);
    return problem;
}

http::Problem retry_later(const char* type, std::string detail, int retry_after_s) {
    http::Problem problem(503, type, std::move(detail));
    problem.retry_after_s = retry_after_s;
    return problem;
}

http::Problem store_unavailable() {
    return retry_later("store-unavailable", "The store can't be reached at the moment.");
}

http::Problem parked(std::string detail) {
    return retry_later("parked", std::move(detail), 60);
}

http::Problem problem_of(const std::exception& error) {
    if (dynamic_cast<const es::Unavailable*>(&error) != nullptr) return store_unavailable();
    if (dynamic_cast<const es::Corrupt*>(&error) != nullptr) {
        return parked("What is stored of this metric can't be read.");
    }
    return http::Problem::internal();
}

}  // namespace api
