#include "api/common_routes.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <string_view>
#include <utility>

#include "api/openapi.hpp"
#include "api/problems.hpp"
#include "base/json.hpp"
#include "es/errors.hpp"

namespace api {
namespace {

// Paths, hosts and texts of drivers are for the log; anybody may ask for /-/ready.
constexpr const char* reason_in_the_log = "a store can't be used now; this server's log says why";

std::string ready_body(const Ready& ready) {
    json::Writer out;
    out.begin_object().member("ready", ready.ok);
    if (!ready.reason.empty()) out.member("reason", ready.reason);
    out.name("lag");
    if (ready.lag) {
        out.begin_object()
            .member("events", static_cast<std::int64_t>(ready.lag->events))
            .member("ms", std::int64_t{ready.lag->age.count()})
            .end_object();
    } else {
        out.null();
    }
    out.name("parked").begin_array();
    for (const auto& parked : ready.parked) {
        out.begin_object()
            .member("id", parked.stream)
            .member("version", parked.version)
            .member("reason", parked.reason)
            .end_object();
    }
    out.end_array().end_object();
    return out.take();
}

// Whether a text may hold what an answer must not tell: a path, an address, a statement.
bool tells_internals(std::string_view text) {
    for (const char* sign : {" /", "'/", "\"/", "(/", "./", ".db", "://", "SELECT ", "PRAGMA "}) {
        if (text.find(sign) != std::string_view::npos) return true;
    }
    return text.starts_with('/');
}

void hide_internals(std::string& text, const char* instead) {
    if (tells_internals(text)) text = instead;
}

Ready ask(const CommonRoutes& routes) {
    Ready now;
    try {
        now = routes.ready();
    } catch (const std::exception& error) {
        now.ok = false;
        if (const auto* unavailable = dynamic_cast<const es::Unavailable*>(&error)) {
            now.reason = unavailable->public_message();
        } else if (dynamic_cast<const es::Corrupt*>(&error) != nullptr) {
            now.reason = error.what();  // of what is stored, e.g. that events are missing
        }
        if (now.reason.empty()) now.reason = reason_in_the_log;
        if (routes.on_error) routes.on_error(std::string("not ready: ") + error.what());
    }
    hide_internals(now.reason, reason_in_the_log);
    for (auto& parked : now.parked) {
        hide_internals(parked.reason, "what is stored of it can't be read; the log says more");
    }
    return now;
}

// What changes from one moment to the next must not be kept by a proxy.
http::Response uncached(http::Response response) {
    response.headers.add("Cache-Control", "no-store");
    return response;
}

void answer_ready(const CommonRoutes& routes, const http::Responder& respond) {
    const Ready now = ask(routes);
    auto response = uncached(http::Response::json(now.ok ? 200 : 503, ready_body(now)));
    if (!now.ok) response.headers.add("Retry-After", "1");
    respond(std::move(response));
}

void answer_metrics(const prometheus::Registry& registry, const http::Responder& respond) {
    const prometheus::TextSerializer serializer;
    auto response = uncached(http::Response::text(200, serializer.Serialize(registry.Collect())));
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    respond(std::move(response));
}

}  // namespace

void add_common_routes(http::Router& router, CommonRoutes routes, WorkerPool& pool) {
    register_problem_types();
    router.add("GET", "/",
               [about = routes.about](const http::Request&, const http::Responder& respond) {
                   respond(http::Response::text(200, about));
               });
    router.add("GET", "/-/healthy", [](const http::Request&, const http::Responder& respond) {
        respond(uncached(http::Response::text(200, "healthy\n")));
    });
    router.add("GET", "/problems/{type}", http::problem_page);
    router.add("GET", "/openapi.json", openapi_page);
    if (routes.metrics != nullptr) {
        router.add("GET", "/-/prometheus",
                   pool.handler([registry = routes.metrics, before = routes.before_metrics](
                                    const http::Request&, const http::Responder& respond) {
                       if (before) before();
                       answer_metrics(*registry, respond);
                   }));
    }
    if (routes.ready) {
        router.add("GET", "/-/ready",
                   pool.handler([routes = std::move(routes)](const http::Request&,
                                                             const http::Responder& respond) {
                       answer_ready(routes, respond);
                   }));
    }
}

}  // namespace api
