#include "read_api/document_routes.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "api/etag.hpp"
#include "kpi/goal_view.hpp"
#include "read_api/render.hpp"

namespace read_api {
namespace {

constexpr const char* by_id_path = "/metrics/GetMetricsById";
constexpr const char* document_path = "/metrics/{id}";
constexpr const char* badge_svg_path = "/metrics/{id}/badge.svg";
constexpr const char* badge_json_path = "/metrics/{id}/badge.json";

// Within which times the document is what it is now.
std::pair<es::TimePoint, es::TimePoint> unchanged_around(const kpi::MetricDocument& document,
                                                         es::TimePoint now) {
    const auto times = kpi::changes_by_clock(document);
    const auto next = std::ranges::upper_bound(times, now);
    return {next != times.begin() ? *std::prev(next) : es::TimePoint::min(),
            next != times.end() ? *next : es::TimePoint::max()};
}

http::Response document_response(const RenderedDocument& document,
                                 const std::optional<api::ETagList>& known) {
    const bool unchanged = known && known->matches_weakly(document.tag);
    http::Response response =
        unchanged ? http::Response{304, {}, {}, {}} : http::Response::json(200, document.body);
    response.headers.add("ETag", api::quoted_etag(document.tag));
    return response;
}

}  // namespace

DocumentRoutes::DocumentRoutes(Answerer& answerer)
    : answerer_(answerer), cache_(answerer.options().cache_bytes_max) {}

std::vector<std::string> DocumentRoutes::patterns() {
    return {by_id_path, document_path, badge_svg_path, badge_json_path};
}

void DocumentRoutes::add_to(http::Router& router) {
    using http::Request;
    using http::Responder;
    auto add = [&](const char* pattern, auto route) {
        router.add("GET", pattern, [this, route](const Request& request, const Responder& respond) {
            (this->*route)(request, respond);
        });
    };
    add(by_id_path, &DocumentRoutes::document_by_parameter);
    add(document_path, &DocumentRoutes::document_by_path);
    auto add_badge = [&](const char* pattern, BadgeForm form) {
        router.add("GET", pattern, [this, form](const Request& request, const Responder& respond) {
            badge(request, respond, form);
        });
    };
    add_badge(badge_svg_path, BadgeForm::svg);
    add_badge(badge_json_path, BadgeForm::shield);
}

void DocumentRoutes::document_by_path(const http::Request& request,
                                      const http::Responder& respond) {
    api::QueryReader reader(request);
    document(request, respond, reader, request.parameter("id"));
}

void DocumentRoutes::document_by_parameter(const http::Request& request,
                                           const http::Responder& respond) {
    api::QueryReader reader(request);
    reader.require("metricId");
    document(request, respond, reader, reader.text("metricId").value_or(""));
}

void DocumentRoutes::document(const http::Request& request, const http::Responder& respond,
                              api::QueryReader& reader, const kpi::MetricId& id) {
    const Visibility visibility = without_wait_for_others(read_visibility(reader), request);
    const auto as_of = read_as_of(reader, answerer_.now());
    reader.allow_beside("asOf", {"metricId"});
    Errors errors = reader.errors();
    auto known = api::read_etags(request.headers, "If-None-Match", errors);
    if (refused(std::move(errors), request, respond)) return;
    if (as_of) {
        return answerer_.as_of(*as_of, request, respond, id, [id, now = *as_of](const auto& past) {
            return http::Response::json(200, render_document(*past->find(id), now));
        });
    }

    auto answer = [this, id, visibility, known = std::move(known),
                   request_id = request.id]() -> std::optional<http::Response> {
        const auto document = render(id, visibility.min_version);
        if (document) return document_response(*document, known);
        if (visibility.min_version > 0) return std::nullopt;
        auto without = answerer_.no_view(id, request_id);
        // It may have come while we looked.
        const auto late = without.status == 404 ? render(id, 0) : nullptr;
        return late ? document_response(*late, known) : std::move(without);
    };
    answerer_.when_visible({request.id, request.caller, respond, id, visibility, std::move(answer),
                            answerer_.options().documents_on_io_thread});
}

std::shared_ptr<const RenderedDocument> DocumentRoutes::render(const kpi::MetricId& id,
                                                               es::Version at_least) {
    // The stamp first: what is found then is as new, or newer, and never kept under a later stamp.
    const auto stamp = answerer_.views().stamp(id);
    if (!stamp || stamp->version < at_least) return nullptr;
    const es::TimePoint now = answerer_.now();
    if (auto cached = cache_.find(id, *stamp, now)) return cached;
    const auto metric = answerer_.views().find(id);
    if (!metric || metric->document.version < at_least) return nullptr;
    const kpi::MetricDocument& document = metric->document;
    const auto [since, until] = unchanged_around(document, now);
    auto rendered = std::make_shared<const RenderedDocument>(RenderedDocument{
        *stamp, since, until, document_etag(document, now), render_document(*metric, now)});
    cache_.put(id, rendered);
    return rendered;
}

void DocumentRoutes::badge(const http::Request& request, const http::Responder& respond,
                           BadgeForm form) {
    Errors errors = api::QueryReader(request).errors();
    auto known = api::read_etags(request.headers, "If-None-Match", errors);
    if (refused(std::move(errors), request, respond)) return;
    answerer_.on_pool(
        quick(request), respond,
        [this, respond, form, known = std::move(known), request_id = request.id,
         id = request.parameter("id")] {
            std::optional<kpi::WholeMetric> metric;
            auto without = answerer_.absent(id, request_id, [&] {
                metric = answerer_.views().find(id);
                return metric.has_value();
            });
            if (without && without->status != 404) {
                respond(*std::move(without));
                return;
            }
            respond(badge_response(
                metric ? badge_of(metric->document, answerer_.now()) : unknown_badge(), form,
                known));
        });
}

}  // namespace read_api
