#include "http/origin_policy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "http/ascii.hpp"
#include "http/problem.hpp"

namespace http {

// Who sends a request, as far as a browser tells.
struct OriginPolicy::Caller {
    std::optional<Origin> origin;
    bool is_listed = false;      // the origin is among those that may use this server
    bool is_foreign = false;     // neither a program, nor our own page, nor listed
    bool is_other_site = false;  // by Sec-Fetch-Site; also another origin of the same site
};

namespace {

constexpr const char* exposed_fields =
    "Access-Control-Expose-Headers: ETag, Location, Idempotent-Replayed, Link, Retry-After, "
    "X-Request-Id\r\n";
constexpr const char* preflight_seconds = "600";

// "0.0.0.0", "::", and an IPv4 address written as an IPv6 one lead to 127.0.0.1 too, but a browser
// does not take them for this machine: it says nothing of the site that asks (Sec-Fetch-Site).
bool is_ip_address(const std::string& name) {
    if (name == "0.0.0.0" || name == "::" || name.starts_with("::ffff:")) return false;
    in_addr v4{};
    return name.find(':') != std::string::npos || ::inet_pton(AF_INET, name.c_str(), &v4) == 1;
}

bool is_localhost(std::string_view name) {
    constexpr std::string_view suffix = ".localhost";
    return name == "localhost" || (name.ends_with(suffix) && name.size() > suffix.size());
}

bool only_reads(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

// Of the address in the browser. Pages of others can't make a browser send this field: it needs a
// preflight, which fails.
std::string scheme_of(const Request& request) {
    const std::string* forwarded = request.headers.find("X-Forwarded-Proto");
    if (forwarded == nullptr) return "http";
    const auto first = std::string_view(*forwarded).substr(0, forwarded->find(','));
    return same_ignoring_case(base::trim(first), "https") ? "https" : "http";
}

bool says(const Request& request, std::string_view field, std::string_view value) {
    const auto values = request.headers.all(field);
    return values.size() == 1 && same_ignoring_case(values.front(), value);
}

bool is_in_advance(const Request& request) {
    return request.headers.find("Sec-Purpose") != nullptr;
}

// "none" is what a person asks for, but also what the speculation rules of any page have a browser
// fetch in advance.
bool is_from_other_site(const Request& request) {
    const auto sites = request.headers.all("Sec-Fetch-Site");
    return std::ranges::any_of(sites, [&](std::string_view site) {
        const bool is_a_persons = same_ignoring_case(site, "none") && !is_in_advance(request);
        return !same_ignoring_case(site, "same-origin") && !is_a_persons;
    });
}

// A page that a person opens, in a tab of its own.
bool is_top_level_navigation(const Request& request) {
    return request.method == "GET" && says(request, "Sec-Fetch-Mode", "navigate") &&
           says(request, "Sec-Fetch-Dest", "document") && !is_in_advance(request);
}

bool is_preflight(const Request& request) {
    return request.method == "OPTIONS" && request.headers.find("Origin") != nullptr &&
           request.headers.find("Access-Control-Request-Method") != nullptr;
}

// That of the request which a preflight asks about.
const std::string& method_meant(const Request& request) {
    return is_preflight(request) ? *request.headers.find("Access-Control-Request-Method")
                                 : request.method;
}

Response preflight_answer(const char* methods) {
    return {204,
            {{"Access-Control-Allow-Methods", methods},
             {"Access-Control-Allow-Headers", "Content-Type, Idempotency-Key, If-Match, X-By"},
             {"Access-Control-Max-Age", preflight_seconds}},
            {},
            {}};
}

Response unknown_host(const Request& request) {
    const std::string detail = "This server does not answer for the host " +
                               base::excerpt(request.host.name) +
                               ". If it is one of its names, start it with --allowed-host (or "
                               "YARDSTICK_ALLOWED_HOST). On its own machine it is localhost.";
    return Problem(421, "unknown-host", detail).response(request.id);
}

Response foreign_origin(const Request& request, const std::optional<Origin>& origin) {
    const std::string* sent = request.headers.find("Origin");
    std::string detail = sent == nullptr
                             ? "The request comes from a page of another site."
                             : "Pages of " + base::excerpt(*sent) + " may not use this server.";
    if (origin && origin->host == request.host.name && origin->scheme != scheme_of(request)) {
        detail += " If a proxy in front of it speaks TLS, it must send X-Forwarded-Proto: https.";
    } else if (origin) {
        detail += " --cors-origin (or YARDSTICK_CORS_ORIGIN) lets the pages of an origin.";
    }
    return Problem(403, "foreign-origin", detail).response(request.id);
}

}  // namespace

bool OriginPolicy::answers_for(const Request& request) const {
    // Browsers always send Host: a request without it comes from a program.
    if (!options_.checks_host || request.headers.find("Host") == nullptr) return true;
    if (is_ip_address(request.host.name)) return true;
    std::string_view name = request.host.name;
    if (name.ends_with('.')) name.remove_suffix(1);  // the same name (RFC 1034, 3.1)
    return is_localhost(name) || std::ranges::find(options_.hosts, name) != options_.hosts.end();
}

OriginPolicy::Caller OriginPolicy::caller_of(const Request& request) const {
    const auto sent = request.headers.all("Origin");
    Caller caller;
    if (sent.size() == 1) caller.origin = parse_origin(sent.front());
    const auto& origin = caller.origin;
    caller.is_listed =
        origin && std::ranges::find(options_.origins, *origin) != options_.origins.end();
    const bool is_own = origin && *origin == origin_of(scheme_of(request), request.host);
    caller.is_other_site = is_from_other_site(request);
    caller.is_foreign = !caller.is_listed && (caller.is_other_site || (!sent.empty() && !is_own));
    return caller;
}

// A page of another site may open an answer as a page of its own, by a link, and nothing else. A
// WebSocket says Origin alone: the page can't read the answer, but sees when it comes.
bool OriginPolicy::admits(const Request& request, const Caller& caller) const {
    return !caller.is_foreign || may_read_as_anybody(request) || is_top_level_navigation(request);
}

bool OriginPolicy::may_read_as_anybody(const Request& request) const {
    return options_.any_origin_may_read && only_reads(method_meant(request));
}

std::string OriginPolicy::fields_for(const Request& request, const Caller& caller) const {
    if (options_.origins.empty() && !options_.any_origin_may_read) return {};
    std::string fields = "Vary: Origin\r\n";
    if (caller.is_listed) {
        fields += "Access-Control-Allow-Origin: " + to_string(*caller.origin) + "\r\n";
    } else if (may_read_as_anybody(request)) {
        fields += "Access-Control-Allow-Origin: *\r\n";
    } else {
        return fields;
    }
    return fields + exposed_fields;
}

std::string OriginPolicy::fields(const Request& request) const {
    return fields_for(request, caller_of(request));
}

OriginPolicy::Verdict OriginPolicy::judge(const Request& request) const {
    Verdict verdict;
    if (!answers_for(request)) {
        verdict.answer = unknown_host(request);
        return verdict;
    }
    const Caller caller = caller_of(request);
    if (!admits(request, caller)) {
        verdict.answer = foreign_origin(request, caller.origin);
        return verdict;
    }
    if (is_preflight(request) && (caller.is_listed || caller.is_foreign)) {
        verdict.answer =
            preflight_answer(caller.is_listed ? "GET, HEAD, POST, PATCH" : "GET, HEAD");
    }
    verdict.fields = fields_for(request, caller);
    verdict.from_other_site =
        caller.is_foreign && caller.is_other_site && !may_read_as_anybody(request);
    return verdict;
}

}  // namespace http
