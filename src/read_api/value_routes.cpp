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
constexpr const char* changes_path = "/metrics/{id}/changes";
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

http::Response changes_response(const kpi::ChangesPage& page) {
    return http::Response::json(200, render_changes(page.items, page.more));
}

}  // namespace

std::vector<std::string> ValueRoutes::patterns() {
    return {values_path, changes_path, chart_path};
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
    add(changes_path, &ValueRoutes::changes);
    add(chart_path, &ValueRoutes::chart);
}

template <class Read>
void ValueRoutes::answer(const Asking& asking, const http::Request& request,
                         const http::Responder& respond, Read read) {
    const kpi::MetricId& id = asking.id;
    if (const auto as_of = asking.as_of) {
        answerer_.as_of(
            *as_of, request, respond, id,
            [read = std::move(read), now = *as_of](const auto& past) { return *read(*past, now); });
        return;
    }
    const Visibility visibility = without_wait_for_others(asking.visibility, request);
    auto found = [this, id, version = visibility.min_version, read = std::move(read),
                  request_id = request.id]() -> Answer {
        if (answerer_.is_below(id, version)) return std::nullopt;
        Answer answer;
        auto without = answerer_.absent(id, request_id, [&] {
            answer = read(answerer_.views(), answerer_.now());
            return answer.has_value();
        });
        return without ? std::move(without) : std::move(answer);
    };
    answerer_.when_visible({request.id, request.caller, respond, id, visibility, std::move(found),
                            false, asking.lane});
}

void ValueRoutes::values(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const auto question = read_values_question(reader, request.parameter("id"));
    const auto as_of = read_as_of(reader, answerer_.now());
    reader.allow_beside("asOf", {"from", "to", "order", "retracted", "limit", "cursor"});
    if (refused(reader.errors(), request, respond)) return;
    answer({question.query.id, question.visibility, as_of}, request, respond,
           [query = question.query](kpi::MetricViews& views, es::TimePoint /*now*/) -> Answer {
               const auto page = views.values(query);
               return page ? Answer(values_response(query, *page)) : std::nullopt;
           });
}

void ValueRoutes::changes(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const auto question = read_changes_question(reader, request.parameter("id"));
    const auto as_of = read_as_of(reader, answerer_.now());
    reader.allow_beside("asOf", {"after", "limit"});
    if (refused(reader.errors(), request, respond)) return;
    answer({question.query.id, question.visibility, as_of}, request, respond,
           [query = question.query](kpi::MetricViews& views, es::TimePoint /*now*/) -> Answer {
               const auto page = views.changes(query);
               return page ? Answer(changes_response(*page)) : std::nullopt;
           });
}

// It passes through all values of the metric.
void ValueRoutes::chart(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const auto question = read_chart_question(reader);
    const auto as_of = read_as_of(reader, answerer_.now());
    reader.allow_beside("asOf", {"from", "to", "points"});
    if (refused(reader.errors(), request, respond)) return;
    const kpi::MetricId& id = request.parameter("id");
    answer({id, question.visibility, as_of, api::Lane::slow}, request, respond,
           [id, span = question.span](kpi::MetricViews& views, es::TimePoint now) -> Answer {
               const auto chart = read_chart(views, id, span);
               return chart ? Answer(http::Response::json(200, chart->render(now))) : std::nullopt;
           });
}

}  // namespace read_api
