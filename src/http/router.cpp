#include "http/router.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "http/percent.hpp"
#include "http/problem.hpp"

namespace http {
namespace {

// The text between the slashes: "/a/b" has two, "/" has one, which is empty.
std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(1);
    for (;;) {
        const std::size_t slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

// Split first, so that "%2F" stays inside its segment. nullopt: the path can't be decoded.
std::optional<std::vector<std::string>> decode(std::string_view path) {
    std::vector<std::string> decoded;
    for (const std::string_view segment : split(path)) {
        auto text = percent_decode(segment);
        if (!text) return std::nullopt;
        decoded.push_back(std::move(*text));
    }
    return decoded;
}

bool is_named(std::string_view pattern) {
    return pattern.starts_with('{');
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    return std::ranges::equal(
        pattern, path, [](const std::string& expected, const std::string& segment) {
            return is_named(expected) ? !segment.empty() : expected == segment;
        });
}

// Whether pattern `a` has the earlier literal segment.
bool more_specific(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    const auto names = [](const std::string& x, const std::string& y) {
        return is_named(x) == is_named(y);
    };
    const auto [in_a, in_b] = std::ranges::mismatch(a, b, names);
    return in_a != a.end() && in_b != b.end() && !is_named(*in_a);
}

// How well a route's method suits: 2 exactly, 1 as "*", 0 not at all.
int suits(const std::string& route_method, const std::string& method) {
    if (route_method == method || (route_method == "GET" && method == "HEAD")) return 2;
    return route_method == "*" ? 1 : 0;
}

Response no_route(const Request& request, std::set<std::string> allowed) {
    if (allowed.empty()) {
        const std::string detail = "No resource has the address " + request.path + ".";
        return Problem(404, "not-found", detail).response(request.id);
    }
    if (allowed.contains("GET")) allowed.insert("HEAD");
    std::string list;
    for (const std::string& method : allowed) list += (list.empty() ? "" : ", ") + method;
    const std::string detail = request.path + " does not take " + request.method + ".";
    Response response = Problem(405, "method-not-allowed", detail).response(request.id);
    response.headers.add("Allow", list);
    return response;
}

}  // namespace

void Router::add(std::string method, std::string_view pattern, Handler handler, Body body) {
    if (!pattern.starts_with('/')) {
        throw std::invalid_argument("a route begins with '/': " + std::string(pattern));
    }
    Route route{std::move(method), {}, std::move(handler), body};
    for (const std::string_view segment : split(pattern)) route.segments.emplace_back(segment);
    routes_.push_back(std::move(route));
}

std::vector<std::pair<std::string, std::string>> Router::routes() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const Route& route : routes_) {
        std::string pattern;
        for (const std::string& segment : route.segments) pattern += "/" + segment;
        all.emplace_back(route.method, std::move(pattern));
    }
    return all;
}

const Router::Route* Router::find(const std::string& method, const std::vector<std::string>& path,
                                  std::set<std::string>& allowed) const {
    const Route* best = nullptr;
    for (const Route& route : routes_) {
        if (!matches(route.segments, path)) continue;
        const int suit = suits(route.method, method);
        if (suit == 0) allowed.insert(route.method);
        const int best_suit = best != nullptr ? suits(best->method, method) : 0;
        const bool closer = best != nullptr && more_specific(route.segments, best->segments);
        if (suit > best_suit || (suit > 0 && suit == best_suit && closer)) best = &route;
    }
    return best;
}

// The few routes that stream are looked at first: most requests are of others.
bool Router::streams_body(const Request& request) const {
    const auto may_be = [&](const Route& route) {
        return route.body == Body::streamed && suits(route.method, request.method) > 0;
    };
    if (!request.path.starts_with('/') || std::ranges::none_of(routes_, may_be)) return false;
    const auto path = decode(request.path);
    const auto fits = [&](const Route& route) {
        return may_be(route) && matches(route.segments, *path);
    };
    if (!path || std::ranges::none_of(routes_, fits)) return false;
    std::set<std::string> unused;
    return find(request.method, *path, unused)->body == Body::streamed;
}

void Router::route(Request request, Responder respond) const {
    const auto path = request.path.starts_with('/') ? decode(request.path) : std::nullopt;
    if (!path) {
        respond(Problem(400, "malformed", "The path can't be decoded.").response(request.id));
        return;
    }
    std::set<std::string> allowed;
    const Route* best = find(request.method, *path, allowed);
    if (best == nullptr) {
        respond(no_route(request, std::move(allowed)));
        return;
    }
    for (std::size_t i = 0; i < path->size(); ++i) {
        const std::string& segment = best->segments[i];
        if (!is_named(segment)) continue;
        request.path_parameters.emplace_back(segment.substr(1, segment.size() - 2), (*path)[i]);
    }
    best->handler(std::move(request), std::move(respond));
}

}  // namespace http
