#include "read_api/value_routes.hpp"

#include <memory>
#include <optional>
#include <utility>

#include "api/query.hpp"
#include "read_api/chart.hpp"
#include "read_api/cursor.hpp"
#include "read_api/questions.hpp"
#include "read_api/render.hpp"

namespace read_api {
namespace {

constexpr const char* values_path = "/metrics/{id}/values";
constexpr const char* chart_path = "/metrics/{id}/chart";

http::Response values_response(const kpi::ValuesQuery& query, const kpi::ValuesPage& page) {
    std::string next;
    if (page.more && !page.items.empty()) {
        kpi::ValuesQuery rest = query;
        rest.after = {page.items.back().date, page.items.back().version};
        next = values_cursor(rest);
    }
    return http::Response::json(200, render_values(page.items, next));
}

}  // namespace

std::vector<std::string> ValueRoutes::patterns() {
    return {values_path, chart_path};
}

void ValueRoutes::add_to(http::Router& router) {
    using http::Request;
    using http::Responder;
    auto add = [&](const char* pattern, auto route) {
        router.add("GET", pattern, [this, route](const Request& request, const Responder& respond) {
            (this->*route)(request, respond);
        });
    };
    add(values_path, &ValueRoutes::values);
    add(chart_path, &ValueRoutes::chart);
}

void ValueRoutes::values(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const auto question = read_values_question(reader, request.parameter("id"));
    const auto as_of = read_as_of(reader, answerer_.now());
    reader.allow_beside("asOf", {"from", "to", "order", "retracted", "limit", "cursor"});
    if (refused(reader.errors(), request, respond)) return;
    if (as_of) {
        return answerer_.as_of(*as_of, request, respond, question.query.id,
                               [query = question.query](const auto& past) {
                                   return values_response(query, *past->values(query));
                               });
    }

    auto answer = [this, question, request_id = request.id]() -> std::optional<http::Response> {
        const kpi::ValuesQuery& query = question.query;
        if (answerer_.is_below(query.id, question.visibility.min_version)) return std::nullopt;
        std::optional<kpi::ValuesPage> page;
        auto without = answerer_.absent(query.id, request_id, [&] {
            page = answerer_.views().values(query);
            return page.has_value();
        });
        if (without) return without;
        return values_response(query, *page);
    };
    const Visibility visibility = without_wait_for_others(question.visibility, request);
    answerer_.when_visible({request.id, request.caller, respond, question.query.id, visibility,
                            std::move(answer), false});
}

// It passes through all values of the metric.
void ValueRoutes::chart(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const auto question = read_chart_question(reader);
    const auto as_of = read_as_of(reader, answerer_.now());
    reader.allow_beside("asOf", {"from", "to", "points"});
    if (refused(reader.errors(), request, respond)) return;

    const kpi::MetricId& id = request.parameter("id");
    if (as_of) {
        return answerer_.as_of(*as_of, request, respond, id,
                               [id, span = question.span, now = *as_of](const auto& past) {
                                   return http::Response::json(
                                       200, read_chart(*past, id, span)->render(now));
                               });
    }
    auto answer = [this, question, id, request_id = request.id]() -> std::optional<http::Response> {
        if (answerer_.is_below(id, question.visibility.min_version)) return std::nullopt;
        std::shared_ptr<const Chart> chart;
        auto without = answerer_.absent(id, request_id, [&] {
            chart = read_chart(answerer_.views(), id, question.span);
            return chart != nullptr;
        });
        if (without) return without;
        return http::Response::json(200, chart->render(answerer_.now()));
    };
    const Visibility visibility = without_wait_for_others(question.visibility, request);
    answerer_.when_visible({request.id, request.caller, respond, id, visibility, std::move(answer),
                            false, api::Lane::slow});
}

}  // namespace read_api
