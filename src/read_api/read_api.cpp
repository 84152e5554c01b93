#include "read_api/read_api.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "api/etag.hpp"
#include "api/problems.hpp"
#include "api/query.hpp"
#include "base/time.hpp"
#include "es/errors.hpp"
#include "http/problem.hpp"
#include "kpi/goal_view.hpp"
#include "read_api/chart.hpp"
#include "read_api/cursor.hpp"
#include "read_api/document_array.hpp"
#include "read_api/questions.hpp"
#include "read_api/render.hpp"

namespace read_api {
namespace {

constexpr const char* by_id_path = "/metrics/GetMetricsById";
constexpr const char* by_expiration_path = "/metrics/GetMetricsByExpiration";
constexpr const char* by_success_path = "/metrics/GetMetricsBySuccess";
constexpr const char* list_path = "/metrics";
constexpr const char* document_path = "/metrics/{id}";
constexpr const char* values_path = "/metrics/{id}/values";
constexpr const char* chart_path = "/metrics/{id}/chart";
constexpr const char* events_path = "/metrics/{id}/events";
constexpr const char* badge_svg_path = "/metrics/{id}/badge.svg";
constexpr const char* badge_json_path = "/metrics/{id}/badge.json";

using Errors = std::vector<http::Problem::Error>;
using api::Lane;

// Answers 400 when there are any.
bool refused(Errors errors, const http::Request& request, const http::Responder& respond) {
    if (errors.empty()) return false;
    respond(api::invalid_problem(std::move(errors)).response(request.id));
    return true;
}

// Within which times the document is what it is now.
std::pair<es::TimePoint, es::TimePoint> unchanged_around(const kpi::MetricDocument& document,
                                                         es::TimePoint now) {
    const auto times = kpi::changes_by_clock(document);
    const auto next = std::ranges::upper_bound(times, now);
    return {next != times.begin() ? *std::prev(next) : es::TimePoint::min(),
            next != times.end() ? *next : es::TimePoint::max()};
}

http::Response not_found(const std::string& request_id) {
    return http::Problem(404, "not-found", "There is no metric of this id.").response(request_id);
}

http::Response not_yet_visible(const std::string& request_id) {
    http::Problem problem(503, "not-yet-visible",
                          "The view has not reached minVersion in the time given.");
    problem.retry_after_s = 1;
    return problem.response(request_id);
}

http::Response document_response(const RenderedDocument& document,
                                 const std::optional<api::ETagList>& known) {
    const bool unchanged = known && known->matches_weakly(document.tag);
    http::Response response =
        unchanged ? http::Response{304, {}, {}, {}} : http::Response::json(200, document.body);
    response.headers.add("ETag", api::quoted_etag(document.tag));
    return response;
}

http::Response values_response(const kpi::ValuesQuery& query, const kpi::ValuesPage& page) {
    std::string next;
    if (page.more && !page.items.empty()) {
        kpi::ValuesQuery rest = query;
        rest.after = {page.items.back().date, page.items.back().version};
        next = values_cursor(rest);
    }
    return http::Response::json(200, render_values(page.items, next));
}

http::Response not_there_yet(const std::string& request_id, es::TimePoint created) {
    return http::Problem(404, "not-found",
                         "The metric did not exist then; it was created on " +
                             base::format_time(created) + ".")
        .response(request_id);
}

// A page of another site would see by the time whether what it asked for is there.
Visibility without_wait_for_others(Visibility visibility, const http::Request& request) {
    if (request.from_other_site) visibility.wait = std::chrono::milliseconds(0);
    return visibility;
}

// nullopt: there is no such stream. (Nothing behind the end of one is an empty page.)
std::optional<es::ReadResult> read_events(es::EventStore& store, const es::StreamId& id,
                                          es::Version after, std::size_t limit) {
    auto page = es::read_page(store, {id, after, limit});
    if (!page.events.empty()) return page;
    if (after == 0 || es::read_page(store, {id, 0, 1}).events.empty()) return std::nullopt;
    return page;
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

// `answer` may block and throw; nullopt: the view has not reached the version.
struct ReadApi::Wanted {
    std::string request_id;
    std::string caller;
    http::Responder respond;
    kpi::MetricId id;
    Visibility visibility;
    std::function<std::optional<http::Response>()> answer;
    bool on_io_thread = false;
    Lane lane = Lane::quick;  // of the pool
};

struct ReadApi::Asked {
    std::string request_id;
    api::JobOrigin origin;
};

ReadApi::ReadApi(ReadApiOptions options)
    : options_(std::move(options)),
      waiter_(options_.views, {.waiters_max = options_.waiters_max}),
      cache_(options_.cache_bytes_max) {}

std::vector<std::string> ReadApi::patterns() {
    return {by_id_path,  by_expiration_path, by_success_path, list_path,      document_path,
            values_path, chart_path,         events_path,     badge_svg_path, badge_json_path};
}

void ReadApi::add_routes(http::Router& router) {
    using http::Request;
    using http::Responder;
    auto add = [&](const char* pattern, auto route) {
        router.add("GET", pattern, [this, route](const Request& request, const Responder& respond) {
            (this->*route)(request, respond);
        });
    };
    add(by_id_path, &ReadApi::document_by_parameter);
    add(list_path, &ReadApi::list);
    add(document_path, &ReadApi::document_by_path);
    add(values_path, &ReadApi::values);
    add(chart_path, &ReadApi::chart);
    add(events_path, &ReadApi::events);
    auto add_badge = [&](const char* pattern, BadgeForm form) {
        router.add("GET", pattern, [this, form](const Request& request, const Responder& respond) {
            badge(request, respond, form);
        });
    };
    add_badge(badge_svg_path, BadgeForm::svg);
    add_badge(badge_json_path, BadgeForm::shield);
    auto add_array = [&](const char* pattern, ListKind kind) {
        router.add("GET", pattern,
                   [this, kind, pattern](const Request& request, const Responder& respond) {
                       array(request, respond, kind, pattern);
                   });
    };
    add_array(by_expiration_path, ListKind::by_expiration);
    add_array(by_success_path, ListKind::by_success);
}

// --- Documents ---

void ReadApi::document_by_path(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    document(request, respond, reader, request.parameter("id"));
}

void ReadApi::document_by_parameter(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    reader.require("metricId");
    document(request, respond, reader, reader.text("metricId").value_or(""));
}

void ReadApi::document(const http::Request& request, const http::Responder& respond,
                       api::QueryReader& reader, const kpi::MetricId& id) {
    const Visibility visibility = without_wait_for_others(read_visibility(reader), request);
    const auto as_of = read_as_of(reader, options_.clock());
    reader.allow_beside("asOf", {"metricId"});
    Errors errors = reader.errors();
    auto known = api::read_etags(request.headers, "If-None-Match", errors);
    if (refused(std::move(errors), request, respond)) return;
    if (as_of) {
        return answer_as_of(
            *as_of, request, respond, id, [id, now = *as_of](kpi::MetricViews& past) {
                return http::Response::json(200, render_document(*past.find(id), now));
            });
    }

    auto answer = [this, id, visibility, known = std::move(known),
                   request_id = request.id]() -> std::optional<http::Response> {
        const auto document = render(id, visibility.min_version);
        if (document) return document_response(*document, known);
        if (visibility.min_version > 0) return std::nullopt;
        auto without = no_view(id, request_id);
        // It may have come while we looked.
        const auto late = without.status == 404 ? render(id, 0) : nullptr;
        return late ? document_response(*late, known) : std::move(without);
    };
    answer_when_visible({request.id, request.caller, respond, id, visibility, std::move(answer),
                         options_.documents_on_io_thread});
}

std::shared_ptr<const RenderedDocument> ReadApi::render(const kpi::MetricId& id,
                                                        es::Version at_least) {
    // The stamp first: what is found then is as new, or newer, and never kept under a later stamp.
    const auto stamp = options_.views.stamp(id);
    if (!stamp || stamp->version < at_least) return nullptr;
    const es::TimePoint now = options_.clock();
    if (auto cached = cache_.find(id, *stamp, now)) return cached;
    const auto metric = options_.views.find(id);
    if (!metric || metric->document.version < at_least) return nullptr;
    const kpi::MetricDocument& document = metric->document;
    const auto [since, until] = unchanged_around(document, now);
    auto rendered = std::make_shared<const RenderedDocument>(RenderedDocument{
        *stamp, since, until, document_etag(document, now), render_document(*metric, now)});
    cache_.put(id, rendered);
    return rendered;
}

bool ReadApi::is_below(const kpi::MetricId& id, es::Version min_version) {
    return min_version > 0 && options_.views.version(id) < min_version;
}

std::optional<http::Response> ReadApi::absent(const kpi::MetricId& id,
                                              const std::string& request_id,
                                              const std::function<bool()>& find) {
    if (find()) return std::nullopt;
    auto without = no_view(id, request_id);
    // It may have come while we looked.
    if (without.status == 404 && find()) return std::nullopt;
    return without;
}

http::Response ReadApi::no_view(const kpi::MetricId& id, const std::string& request_id) {
    if (!options_.views.parked_entry(id)) return not_found(request_id);
    return api::parked("The metric has no view: one of its events can't be read.")
        .response(request_id);
}

void ReadApi::badge(const http::Request& request, const http::Responder& respond, BadgeForm form) {
    Errors errors = api::QueryReader(request).errors();
    auto known = api::read_etags(request.headers, "If-None-Match", errors);
    if (refused(std::move(errors), request, respond)) return;
    on_pool({request.id, {request.caller, Lane::quick}}, respond,
            [this, respond, form, known = std::move(known), request_id = request.id,
             id = request.parameter("id")] {
                std::optional<kpi::WholeMetric> metric;
                auto without = absent(id, request_id, [&] {
                    metric = options_.views.find(id);
                    return metric.has_value();
                });
                if (without && without->status != 404) {
                    respond(*std::move(without));
                    return;
                }
                respond(badge_response(
                    metric ? badge_of(metric->document, options_.clock()) : unknown_badge(), form,
                    known));
            });
}

// --- Lists: they may pass through all metrics ---

ReadApi::Asked ReadApi::slow(const http::Request& request) {
    return {request.id, {request.caller, Lane::slow}};
}

void ReadApi::list(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const kpi::ListQuery query = read_list_question(reader, options_.clock());
    if (refused(reader.errors(), request, respond)) return;
    on_pool(slow(request), respond, [this, query, respond] {
        const kpi::ListPage page = options_.views.list(query);
        std::string next;
        if (page.more && !page.items.empty()) {
            kpi::ListQuery rest = query;
            rest.after = kpi::ListPosition{kpi::sort_key(page.items.back(), query.sort),
                                           page.items.back().id};
            next = list_cursor(ListKind::metrics, rest);
        }
        respond(http::Response::json(200, render_list(page.items, next, query.now)));
    });
}

void ReadApi::array(const http::Request& request, const http::Responder& respond, ListKind kind,
                    const std::string& path) {
    api::QueryReader reader(request);
    const kpi::ListQuery query = read_array_question(reader, kind, options_.clock());
    if (refused(reader.errors(), request, respond)) return;
    on_pool(slow(request), respond, [this, query, respond, kind, path, caller = request.caller] {
        auto [ids, more] = options_.views.list_ids(query);
        std::string link;
        if (more && !ids.empty()) {
            kpi::ListQuery rest = query;
            rest.after = kpi::ListPosition{ids.back(), ids.back()};
            link = "<" + path + "?cursor=" + list_cursor(kind, rest) +
                   "&limit=" + std::to_string(query.limit) + ">; rel=\"next\"";
        }
        const ArraySource source{options_.views, options_.pool, options_.on_error, caller};
        auto response = document_array(source, std::move(ids), query.filter, query.now);
        if (!link.empty()) response.headers.add("Link", link);
        respond(std::move(response));
    });
}

// --- Values and events ---

void ReadApi::values(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const auto question = read_values_question(reader, request.parameter("id"));
    const auto as_of = read_as_of(reader, options_.clock());
    reader.allow_beside("asOf", {"from", "to", "order", "retracted", "limit", "cursor"});
    if (refused(reader.errors(), request, respond)) return;
    if (as_of) {
        return answer_as_of(*as_of, request, respond, question.query.id,
                            [query = question.query](kpi::MetricViews& past) {
                                return values_response(query, *past.values(query));
                            });
    }

    auto answer = [this, question, request_id = request.id]() -> std::optional<http::Response> {
        const kpi::ValuesQuery& query = question.query;
        if (is_below(query.id, question.visibility.min_version)) return std::nullopt;
        std::optional<kpi::ValuesPage> page;
        auto without = absent(query.id, request_id, [&] {
            page = options_.views.values(query);
            return page.has_value();
        });
        if (without) return without;
        return values_response(query, *page);
    };
    const Visibility visibility = without_wait_for_others(question.visibility, request);
    answer_when_visible({request.id, request.caller, respond, question.query.id, visibility,
                         std::move(answer), false});
}

// It passes through all values of the metric.
void ReadApi::chart(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const auto question = read_chart_question(reader);
    const auto as_of = read_as_of(reader, options_.clock());
    reader.allow_beside("asOf", {"from", "to", "points"});
    if (refused(reader.errors(), request, respond)) return;

    const kpi::MetricId& id = request.parameter("id");
    if (as_of) {
        return answer_as_of(*as_of, request, respond, id,
                            [id, span = question.span, now = *as_of](kpi::MetricViews& past) {
                                return http::Response::json(
                                    200, read_chart(past, id, span)->render(now));
                            });
    }
    auto answer = [this, question, id, request_id = request.id]() -> std::optional<http::Response> {
        if (is_below(id, question.visibility.min_version)) return std::nullopt;
        std::shared_ptr<const Chart> chart;
        auto without = absent(id, request_id, [&] {
            chart = read_chart(options_.views, id, question.span);
            return chart != nullptr;
        });
        if (without) return without;
        return http::Response::json(200, chart->render(options_.clock()));
    };
    const Visibility visibility = without_wait_for_others(question.visibility, request);
    answer_when_visible({request.id, request.caller, respond, id, visibility, std::move(answer),
                         false, Lane::slow});
}

void ReadApi::events(const http::Request& request, const http::Responder& respond) {
    api::QueryReader reader(request);
    const es::Version after =
        reader.integer("after", 0, std::numeric_limits<es::Version>::max() - 1).value_or(0);
    const auto limit = static_cast<std::size_t>(reader.integer("limit", 1, 1000).value_or(100));
    if (refused(reader.errors(), request, respond)) return;
    if (options_.events == nullptr) {
        respond(http::Problem(501, "no-event-store", "This server answers from the views alone.")
                    .response(request.id));
        return;
    }
    on_pool({request.id, {request.caller, Lane::quick}}, respond,
            [this, respond, request_id = request.id, id = request.parameter("id"), after, limit] {
                const auto page = read_events(*options_.events, id, after, limit);
                if (!page && has_view(options_.views, id)) {
                    throw es::Unavailable("the events of a metric that has a view are missing");
                }
                respond(page ? http::Response::json(200, render_events(page->events, page->more))
                             : not_found(request_id));
            });
}

// --- The past: folded from the events, and judged by the clock of then ---

void ReadApi::answer_as_of(es::TimePoint time, const http::Request& request,
                           const http::Responder& respond, const kpi::MetricId& id,
                           PastAnswer answer) {
    if (!options_.views_as_of || options_.events == nullptr) {
        respond(http::Problem(501, "no-event-store", "This server answers from the views alone.")
                    .response(request.id));
        return;
    }
    on_pool(slow(request), respond,
            [this, respond, time, id, request_id = request.id, answer = std::move(answer)] {
                const auto past = options_.views_as_of(id, time);
                if (past->version(id) > 0) return respond(answer(*past));
                const auto first = read_events(*options_.events, id, 0, 1);
                respond(first ? not_there_yet(request_id, first->events.front().occurred_on)
                              : not_found(request_id));
            });
}

// --- Waiting for a version, and where work runs ---

void ReadApi::answer_when_visible(Wanted wanted) {
    if (wanted.on_io_thread) {
        guarded(wanted.request_id, wanted.respond, [&] { try_to_answer(wanted); });
        return;
    }
    const Asked asked{wanted.request_id, {wanted.caller, wanted.lane}};
    const http::Responder respond = wanted.respond;
    on_pool(asked, respond, [this, wanted = std::move(wanted)] { try_to_answer(wanted); });
}

void ReadApi::try_to_answer(const Wanted& wanted) {
    std::optional<http::Response> response;
    try {
        response = wanted.answer();
    } catch (const es::Unavailable&) {
        // Who waits for a version waits for the views to come as well.
        if (wanted.visibility.min_version == 0) throw;
    }
    if (response) {
        wanted.respond(*std::move(response));
    } else {
        wait_for_version(wanted);
    }
}

void ReadApi::wait_for_version(const Wanted& wanted) {
    const auto& [version, at_most] = wanted.visibility;
    const bool waits =
        waiter_.wait(wanted.caller, wanted.id, version, at_most,
                     [this, wanted](VersionWaiter::Outcome outcome) { settle(wanted, outcome); });
    if (waits) return;
    wanted.respond(http::Problem::overloaded("Too many requests wait for a version.")
                       .response(wanted.request_id));
}

void ReadApi::settle(const Wanted& wanted, VersionWaiter::Outcome outcome) {
    using Outcome = VersionWaiter::Outcome;
    const std::string& request_id = wanted.request_id;
    switch (outcome) {
        case Outcome::reached:
            // The view may have been replaced meanwhile by one that is being rebuilt.
            on_pool({request_id, {wanted.caller, wanted.lane}}, wanted.respond, [wanted] {
                auto response = wanted.answer();
                wanted.respond(response ? *std::move(response)
                                        : not_yet_visible(wanted.request_id));
            });
            return;
        case Outcome::too_late:
            wanted.respond(not_yet_visible(request_id));
            return;
        case Outcome::parked:
            wanted.respond(api::parked("The view of this metric stands still below minVersion: "
                                       "one of its events can't be read.")
                               .response(request_id));
            return;
        case Outcome::unavailable:
            wanted.respond(api::store_unavailable().response(request_id));
            return;
        case Outcome::stopped:
            wanted.respond(
                http::Problem::overloaded("The server is stopping.").response(request_id));
            return;
    }
}

void ReadApi::guarded(const std::string& request_id, const http::Responder& respond,
                      const std::function<void()>& work) const {
    try {
        work();
    } catch (const std::exception& error) {
        if (options_.on_error) options_.on_error("request " + request_id + ": " + error.what());
        respond(api::problem_of(error).response(request_id));
    }
}

void ReadApi::on_pool(const Asked& asked, const http::Responder& respond,
                      std::function<void()> work) {
    const bool taken =
        options_.pool.post([this, request_id = asked.request_id, respond,
                            work = std::move(work)] { guarded(request_id, respond, work); },
                           asked.origin);
    if (taken) return;
    respond(http::Problem::overloaded("Too many requests wait for the store.")
                .response(asked.request_id));
}

}  // namespace read_api
