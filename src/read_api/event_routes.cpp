#include "read_api/event_routes.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>

#include "api/query.hpp"
#include "es/errors.hpp"
#include "read_api/render.hpp"

namespace read_api {
namespace {

constexpr const char* events_path = "/metrics/{id}/events";
constexpr const char* all_events_path = "/events";

std::size_t read_limit(api::QueryReader& reader) {
    return static_cast<std::size_t>(reader.integer("limit", 1, 1000).value_or(100));
}

// Whether there is one that can be read now.
bool has_view(kpi::MetricViews& views, const kpi::MetricId& id) {
    try {
        return views.version(id) > 0;
    } catch (const es::Unavailable&) {
        return false;
    }
}

}  // namespace

std::vector<std::string> EventRoutes::patterns() {
    return {events_path, all_events_path};
}

void EventRoutes::add_to(http::Router& router) {
    router.add("GET", events_path,
               [this](const http::Request& request, const http::Responder& respond) {
                   events(request, respond);
               });
    router.add("GET", all_events_path,
               [this](const http::Request& request, const http::Responder& respond) {
                   all_events(request, respond);
               });
}

// After a position ascending, so that who follows polls forward; else the latest first, so that who
// looks back pages on.
void EventRoutes::all_events(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    constexpr auto position_max = std::numeric_limits<std::int64_t>::max() - 1;
    const auto after = reader.integer("after", 0, position_max);
    const auto before = reader.integer("before", 1, position_max);
    const std::size_t limit = read_limit(reader);
    reader.allow_beside("after", {"limit"});
    if (refused(reader.errors(), request, respond)) return;
    es::EventOrder* const order = answerer_.options().order;
    if (order == nullptr) return respond(no_global_order(request.id));
    answerer_.on_pool(quick(request), respond, [order, respond, after, before, limit] {
        const auto page = after ? order->after(*after, limit) : order->before(before, limit);
        respond(http::Response::json(200, render_placed_events(page)));
    });
}

void EventRoutes::events(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const es::Version after =
        reader.integer("after", 0, std::numeric_limits<es::Version>::max() - 1).value_or(0);
    const std::size_t limit = read_limit(reader);
    if (refused(reader.errors(), request, respond)) return;
    if (answerer_.options().events == nullptr) {
        respond(no_event_store(request.id));
        return;
    }
    answerer_.on_pool(
        quick(request), respond,
        [this, respond, request_id = request.id, id = request.parameter("id"), after, limit] {
            const auto page = read_events(*answerer_.options().events, id, after, limit);
            if (!page && has_view(answerer_.views(), id)) {
                throw es::Unavailable("the events of a metric that has a view are missing");
            }
            respond(page ? http::Response::json(200, render_events(page->events, page->more))
                         : not_found(request_id));
        });
}

}  // namespace read_api
