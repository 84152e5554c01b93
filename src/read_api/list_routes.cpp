#include "read_api/list_routes.hpp"

#include <utility>

#include "api/query.hpp"
#include "read_api/document_array.hpp"
#include "read_api/questions.hpp"
#include "read_api/render.hpp"

namespace read_api {
namespace {

constexpr const char* list_path = "/metrics";
constexpr const char* summary_path = "/summary";  // a metric may be called so
constexpr const char* by_expiration_path = "/metrics/GetMetricsByExpiration";
constexpr const char* by_success_path = "/metrics/GetMetricsBySuccess";

}  // namespace

std::vector<std::string> ListRoutes::patterns() {
    return {list_path, summary_path, by_expiration_path, by_success_path};
}

void ListRoutes::add_to(http::Router& router) {
    using http::Request;
    using http::Responder;
    router.add("GET", list_path, [this](const Request& request, const Responder& respond) {
        list(request, respond);
    });
    router.add("GET", summary_path, [this](const Request& request, const Responder& respond) {
        summary(request, respond);
    });
    auto add_array = [&](const char* pattern, ListKind kind) {
        router.add("GET", pattern,
                   [this, kind, pattern](const Request& request, const Responder& respond) {
                       array(request, respond, kind, pattern);
                   });
    };
    add_array(by_expiration_path, ListKind::by_expiration);
    add_array(by_success_path, ListKind::by_success);
}

void ListRoutes::list(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const ListQuestion question = read_list_question(reader, answerer_.now());
    if (refused(reader.errors(), request, respond)) return;
    answerer_.of_all(question.as_of(), request, respond, [question](const auto& views) {
        const kpi::ListPage page = views->list(question.query);
        std::string next;
        ListQuestion rest = question;
        rest.query.after = kpi::end_of(page, question.query);
        if (rest.query.after) next = list_cursor(ListKind::metrics, rest);
        return http::Response::json(200, render_list(question.query, page.items, next));
    });
}

void ListRoutes::summary(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const ListQuestion question = read_summary_question(reader, answerer_.now());
    if (refused(reader.errors(), request, respond)) return;
    answerer_.of_all(question.as_of(), request, respond,
                     [query = question.query](const auto& views) {
                         return http::Response::json(
                             200, render_summary(views->summary(query.filter, query.now)));
                     });
}

void ListRoutes::array(const http::Request& request, const http::Responder& respond, ListKind kind,
                       const std::string& path) {
    api::QueryReader reader(request);
    const kpi::ListQuery query = read_array_question(reader, kind, answerer_.now());
    if (refused(reader.errors(), request, respond)) return;
    answerer_.on_pool(
        slow(request), respond, [this, query, respond, kind, path, caller = request.caller] {
            auto [ids, more] = answerer_.views().list_ids(query);
            std::string link;
            if (more && !ids.empty()) {
                kpi::ListQuery rest = query;
                rest.after = kpi::ListPosition{ids.back(), ids.back()};
                link = "<" + path + "?cursor=" + list_cursor(kind, {rest}) +
                       "&limit=" + std::to_string(query.limit) + ">; rel=\"next\"";
            }
            auto response = document_array(answerer_.views(), answerer_.pieces_for(caller),
                                           std::move(ids), query.filter, query.now);
            if (!link.empty()) response.headers.add("Link", link);
            respond(std::move(response));
        });
}

}  // namespace read_api
