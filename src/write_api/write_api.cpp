#include "write_api/write_api.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "api/etag.hpp"
#include "base/json.hpp"
#include "http/problem.hpp"
#include "write_api/bulk.hpp"
#include "write_api/command_reader.hpp"
#include "write_api/outcome.hpp"

namespace write_api {
namespace {

using es::CommandResult;
using es::CommandStatus;

constexpr const char* command_pattern = "/metrics/{command}";

http::Response success(int status, const Asked& asked, es::Version version) {
    json::Writer body;
    body.begin_object().member("id", asked.id).member("version", version).end_object();
    auto response = http::Response::json(status, body.take());
    response.headers.add("ETag", api::quoted_etag(std::to_string(version)));
    if (asked.creates) response.headers.add("Location", "/metrics/" + asked.id);
    return response;
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

// Of a command's address, or that of a metric, which has the same form.
http::Response not_allowed(const http::Request& request, const char* allowed) {
    auto response = http::Problem(405, "method-not-allowed",
                                  request.path + " takes " + allowed + " here; the read API " +
                                      "answers questions.")
                        .response(request.id);
    response.headers.set("Allow", allowed);
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
        const bool is_known = is_command(name);
        if (request.method != "POST") {
            respond(not_allowed(request, is_known ? "POST" : "PATCH"));
            return;
        }
        if (!is_known) {
            respond(http::Problem(404, "unknown-command", "There is no command '" + name + "'.")
                        .response(request.id));
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
                              result.status == CommandStatus::held_back ||
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
    std::vector<std::string> all{command_pattern, bulk_pattern};
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
    add_bulk_route(router, processor, parked);
    router.add("*", command_pattern,
               [api](const http::Request& request, const http::Responder& respond) {
                   api.command(request, respond);
               });
}

}  // namespace write_api
