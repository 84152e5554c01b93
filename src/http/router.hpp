// Finds the handler for a request by method and path.
//
//     http::Router router;
//     router.add("GET", "/metrics/{id}", show_metric);
//     http::Server server(options, [&](http::Request request, http::Responder respond) {
//         router.route(std::move(request), std::move(respond));
//     });
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace http {

// Patterns are made of literal segments and {named} ones; a {named} segment matches one whole,
// non-empty segment and is percent-decoded into Request::path_parameters. Where several patterns
// match, the one with the earlier literal segment wins ("/metrics/all" before "/metrics/{id}").
// GET routes answer HEAD as well (the server leaves the body out). A path that no pattern matches
// is a 404 problem `not-found`; a path that matches with another method a 405 `method-not-allowed`
// with Allow.
enum class Body { whole, streamed };  // how a handler takes it: see IncomingBody

class Router {
public:
    // `method` "*" takes every method (and is looked at only when no other route of the path fits).
    // Throws std::invalid_argument when `pattern` doesn't begin with '/'.
    void add(std::string method, std::string_view pattern, Handler handler,
             Body body = Body::whole);

    // Method and pattern of each route, in the order added.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> routes() const;

    // Whether the request's route takes its body while it arrives. Any thread.
    [[nodiscard]] bool streams_body(const Request& request) const;

    // Answers a request by the routes added so far. Any thread.
    void route(Request request, Responder respond) const;

private:
    struct Route {
        std::string method;
        std::vector<std::string> segments;  // "{id}" stands for a named one
        Handler handler;
        Body body;
    };
    // The best route for the method on this path, or nullptr. The methods of other routes that
    // match are added to `allowed`.
    const Route* find(const std::string& method, const std::vector<std::string>& path,
                      std::set<std::string>& allowed) const;
    std::vector<Route> routes_;
};

}  // namespace http
