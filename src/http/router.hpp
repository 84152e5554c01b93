// Finds the handler for a request by method and path.
//
//     http::Router router;
//     router.add("GET", "/metrics/{id}", show_metric);
//     http::Server server(options, [&](http::Request request, http::Responder respond) {
//         router.route(std::move(request), std::move(respond));
//     });
#pragma once

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
class Router {
public:
    // `method` "*" takes every method (and is looked at only when no other route of the path fits).
    // Throws std::invalid_argument when `pattern` doesn't begin with '/'.
    void add(std::string method, std::string_view pattern, Handler handler);

    // Method and pattern of each route, in the order added.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> routes() const;

    // Answers a request by the routes added so far. Any thread.
    void route(Request request, Responder respond) const;

private:
    struct Route {
        std::string method;
        std::vector<std::string> segments;  // "{id}" stands for a named one
        Handler handler;
    };
    std::vector<Route> routes_;
};

}  // namespace http
