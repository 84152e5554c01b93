#include "read_api/answerer.hpp"

#include <exception>
#include <utility>

#include "api/problems.hpp"
#include "es/errors.hpp"

namespace read_api {
namespace {

http::Response not_yet_visible(const std::string& request_id) {
    http::Problem problem(503, "not-yet-visible",
                          "The view has not reached minVersion in the time given.");
    problem.retry_after_s = 1;
    return problem.response(request_id);
}

http::Response not_there_yet(const std::string& request_id, es::TimePoint created) {
    return http::Problem(404, "not-found",
                         "The metric did not exist then; it was created on " +
                             base::format_time(created) + ".")
        .response(request_id);
}

}  // namespace

bool refused(Errors errors, const http::Request& request, const http::Responder& respond) {
    if (errors.empty()) return false;
    respond(api::invalid_problem(std::move(errors)).response(request.id));
    return true;
}

http::Response not_found(const std::string& request_id) {
    return http::Problem(404, "not-found", "There is no metric of this id.").response(request_id);
}

http::Response no_event_store(const std::string& request_id) {
    return http::Problem(501, "no-event-store", "This server answers from the views alone.")
        .response(request_id);
}

http::Response no_global_order(const std::string& request_id) {
    return http::Problem(501, "no-global-order",
                         "This server can't read the events of all metrics in one order.")
        .response(request_id);
}

Visibility without_wait_for_others(Visibility visibility, const http::Request& request) {
    if (request.from_other_site) visibility.wait = std::chrono::milliseconds(0);
    return visibility;
}

std::optional<es::ReadResult> read_events(es::EventStore& store, const es::StreamId& id,
                                          es::Version after, std::size_t limit) {
    auto page = es::read_page(store, {id, after, limit});
    if (!page.events.empty()) return page;
    if (after == 0 || es::read_page(store, {id, 0, 1}).events.empty()) return std::nullopt;
    return page;
}

Asked quick(const http::Request& request) {
    return {request.id, {request.caller, api::Lane::quick}};
}

Asked slow(const http::Request& request) {
    return {request.id, {request.caller, api::Lane::slow}};
}

Answerer::Answerer(ReadApiOptions options)
    : options_(std::move(options)),
      waiter_(options_.views, {.waiters_max = options_.waiters_max}) {}

bool Answerer::is_below(const kpi::MetricId& id, es::Version min_version) const {
    return min_version > 0 && options_.views.version(id) < min_version;
}

std::optional<http::Response> Answerer::absent(const kpi::MetricId& id,
                                               const std::string& request_id,
                                               const std::function<bool()>& find) const {
    if (find()) return std::nullopt;
    auto without = no_view(id, request_id);
    // It may have come while we looked.
    if (without.status == 404 && find()) return std::nullopt;
    return without;
}

http::Response Answerer::no_view(const kpi::MetricId& id, const std::string& request_id) const {
    if (!options_.views.parked_entry(id)) return not_found(request_id);
    return api::parked("The metric has no view: one of its events can't be read.")
        .response(request_id);
}

// --- The past ---

void Answerer::as_of(es::TimePoint time, const http::Request& request,
                     const http::Responder& respond, const kpi::MetricId& id, PastAnswer answer) {
    if (!options_.views_as_of || options_.events == nullptr) {
        respond(no_event_store(request.id));
        return;
    }
    on_pool(slow(request), respond,
            [this, respond, time, id, request_id = request.id, answer = std::move(answer)] {
                const std::shared_ptr<kpi::MetricViews> past = options_.views_as_of(id, time);
                if (past->version(id) > 0) return respond(answer(past));
                const auto first = read_events(*options_.events, id, 0, 1);
                respond(first ? not_there_yet(request_id, first->events.front().occurred_on)
                              : not_found(request_id));
            });
}

void Answerer::of_all(const std::optional<es::TimePoint>& as_of, const http::Request& request,
                      const http::Responder& respond, ListAnswer answer) {
    if (!as_of) {
        on_pool(slow(request), respond,
                [this, respond, answer = std::move(answer)] { respond(answer(present())); });
        return;
    }
    if (!past_.available()) return respond(no_global_order(request.id));
    PastMetrics::Waiter waiter;
    waiter.caller = request.caller;
    waiter.answer = [this, respond, request_id = request.id,
                     answer = std::move(answer)](const auto& views) {
        guarded(request_id, respond, [&] { respond(answer(views)); });
    };
    waiter.refuse = [respond, request_id = request.id](const http::Problem& problem) {
        respond(problem.response(request_id));
    };
    past_.at(*as_of, waiter);
}

// --- Waiting for a version, and where work runs ---

void Answerer::when_visible(Wanted wanted) {
    if (wanted.on_io_thread) {
        guarded(wanted.request_id, wanted.respond, [&] { try_to_answer(wanted); });
        return;
    }
    const Asked asked{wanted.request_id, {wanted.caller, wanted.lane}};
    const http::Responder respond = wanted.respond;
    on_pool(asked, respond, [this, wanted = std::move(wanted)] { try_to_answer(wanted); });
}

void Answerer::try_to_answer(const Wanted& wanted) {
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

void Answerer::wait_for_version(const Wanted& wanted) {
    const auto& [version, at_most] = wanted.visibility;
    const bool waits =
        waiter_.wait(wanted.caller, wanted.id, version, at_most,
                     [this, wanted](VersionWaiter::Outcome outcome) { settle(wanted, outcome); });
    if (waits) return;
    wanted.respond(http::Problem::overloaded("Too many requests wait for a version.")
                       .response(wanted.request_id));
}

void Answerer::settle(const Wanted& wanted, VersionWaiter::Outcome outcome) {
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

void Answerer::guarded(const std::string& request_id, const http::Responder& respond,
                       const std::function<void()>& work) const {
    try {
        work();
    } catch (const std::exception& error) {
        if (options_.on_error) options_.on_error("request " + request_id + ": " + error.what());
        respond(api::problem_of(error).response(request_id));
    }
}

void Answerer::on_pool(const Asked& asked, const http::Responder& respond,
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
