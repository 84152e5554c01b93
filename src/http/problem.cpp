#include "http/problem.hpp"

#include <map>

#include "base/json.hpp"
#include "http/wire.hpp"

namespace http {
namespace {

const std::vector<ProblemType> own_types = {
    {"malformed", 400, "The request can't be read",
     "The bytes are not HTTP/1.1 as this server takes it, the target does not decode, or the body "
     "is not JSON. Repeating the same request will not help."},
    {"invalid", 400, "The request is not as expected",
     "It can be read, but a member, a parameter or a header is missing, unknown or of the wrong "
     "form. The list `errors` names each of them."},
    {"foreign-origin", 403, "Pages of this origin may not use the server",
     "A browser says that a web page of another origin sent the request: by Origin, or by "
     "Sec-Fetch-Site. Such a page may send no command, and may read only if the server's option "
     "--cors-origin names its origin. A link to an address is followed. A proxy that speaks TLS "
     "must send X-Forwarded-Proto, and pass Host on as it came."},
    {"not-found", 404, "There is nothing here", "No resource has this address."},
    {"method-not-allowed", 405, "The method is not allowed here",
     "The address exists, but takes other methods; the header Allow lists them."},
    {"timeout", 408, "The request took too long to arrive",
     "A request's header and body must each be complete within some seconds. The request was not "
     "carried out and may be repeated."},
    {"too-large", 413, "The body is too large",
     "The request's body is over the limit. It was not carried out."},
    {"unknown-host", 421, "The server does not answer for this host",
     "The host in the address (the field Host) is not one of the server's. Anybody can point a "
     "name "
     "of theirs at an address that only you can reach, and so read it with a page of theirs; a "
     "server therefore takes localhost, IP addresses, and the names that its option --allowed-host "
     "gives."},
    {"unsupported-media-type", 415, "The body's type is not supported",
     "Send the body as `Content-Type: application/json`, in UTF-8."},
    {"header-too-large", 431, "The header is too large",
     "The request line and the header fields together are over the limit."},
    {"internal", 500, "Something went wrong here",
     "A fault of the server's. The request's id, in `instance` and X-Request-Id, finds it in the "
     "log."},
    {"overloaded", 503, "Too much to do at the moment",
     "A limit that protects the server is reached. The request was not carried out; repeat it "
     "after the seconds that Retry-After names."},
};

using Registry = std::map<std::string, ProblemType>;

Registry& registry() {
    static Registry types = [] {
        Registry own;
        for (const auto& type : own_types) own.emplace(type.type, type);
        return own;
    }();
    return types;
}

}  // namespace

Problem::Problem(int status_code, std::string type_name, std::string what)
    : status(status_code), type(std::move(type_name)), detail(std::move(what)) {}

Problem Problem::internal() {
    return {500, "internal", "The request could not be carried out because of a fault here."};
}

Problem Problem::overloaded(std::string detail) {
    Problem problem(503, "overloaded", std::move(detail));
    problem.retry_after_s = 1;
    return problem;
}

std::string Problem::title() const {
    const auto* known = find_problem_type(type);
    return known != nullptr ? known->title : reason_phrase(status);
}

void Problem::write_errors(json::Writer& out) const {
    if (errors.empty()) return;
    out.name("errors").begin_array();
    for (const auto& error : errors) {
        out.begin_object().member(error.kind, error.place).member("detail", error.detail);
        out.end_object();
    }
    out.end_array();
}

Response Problem::response(const std::string& request_id) const {
    json::Writer out;
    out.begin_object()
        .member("type", "/problems/" + type)
        .member("title", title())
        .member("status", std::int64_t{status})
        .member("detail", detail)
        .member("instance", "urn:request:" + request_id);
    write_errors(out);
    if (current_version) out.member("currentVersion", *current_version);
    out.end_object();

    Response answer{status, {{"Content-Type", "application/problem+json"}}, out.take(), {}};
    if (retry_after_s) answer.headers.add("Retry-After", std::to_string(*retry_after_s));
    return answer;
}

void register_problem_types(const std::vector<ProblemType>& types) {
    for (const auto& type : types) registry().insert_or_assign(type.type, type);
}

std::vector<ProblemType> problem_types() {
    std::vector<ProblemType> types;
    for (const auto& [name, type] : registry()) types.push_back(type);
    return types;
}

const ProblemType* find_problem_type(const std::string& type) {
    const auto found = registry().find(type);
    return found != registry().end() ? &found->second : nullptr;
}

void problem_page(const Request& request, const Responder& respond) {
    const auto* type = find_problem_type(request.parameter("type"));
    if (type == nullptr) {
        respond(
            Problem(404, "not-found", "There is no such type of problem.").response(request.id));
        return;
    }
    respond(Response::text(200, std::string(type->title) + " (" + type->type + ", status " +
                                    std::to_string(type->status) + ")\n\n" + type->explanation +
                                    "\n"));
}

}  // namespace http
