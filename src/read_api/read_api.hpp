// The read API: HTTP questions to the metric views.
//
//     read_api::ReadApi api({.views = views, .pool = pool, .events = &store});
//     http::Router router;
//     api.add_routes(router);
//     ...
//     api.notify_saved();   // by a projector in this process, after each save
//     api.stop();           // before the server: those that wait for a version get their answer
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/query.hpp"
#include "api/worker_pool.hpp"
#include "base/time.hpp"
#include "es/event_store.hpp"
#include "http/router.hpp"
#include "kpi/metric_views.hpp"
#include "read_api/badge.hpp"
#include "read_api/cursor.hpp"
#include "read_api/document_cache.hpp"
#include "read_api/version_waiter.hpp"

namespace read_api {

// The views of one metric as its events up to a time say. May throw as views do.
using PastViews =
    std::function<std::unique_ptr<kpi::MetricViews>(const kpi::MetricId& id, es::TimePoint time)>;

struct ReadApiOptions {
    kpi::MetricViews& views;
    api::WorkerPool& pool;             // for what blocks
    es::EventStore* events = nullptr;  // without: /events answers 501
    PastViews views_as_of = nullptr;   // without: asOf is answered with 501
    base::Clock clock = base::system_now;
    // What the operator should know: texts of exceptions. May be empty; any thread.
    std::function<void(std::string_view)> on_error = {};
    // Requests that wait for a minVersion; beyond, and of one caller beyond what is free: 503.
    std::size_t waiters_max = 2000;
    std::size_t cache_bytes_max = 32'000'000;  // of rendered documents
    // Where single documents are read: on the server's io thread (best where a lookup takes some
    // microseconds, as in SQLite: a hop to another thread costs as much), or on the pool (a store
    // across a network).
    bool documents_on_io_thread = true;
};

class ReadApi {
public:
    // Views, pool and events must outlive it; it must outlive the router's last request.
    explicit ReadApi(ReadApiOptions options);

    void add_routes(http::Router& router);
    // The patterns of these routes, for RequestMetrics.
    static std::vector<std::string> patterns();

    // Views were saved. Any thread.
    void notify_saved() { waiter_.notify(); }
    // Requests that wait for a version, now or later, are answered 503 at once.
    void stop() { waiter_.stop(); }
    [[nodiscard]] VersionWaiter::Counters waiters() const { return waiter_.counters(); }

private:
    struct Wanted;  // what a request wants to see, and how it is answered

    // The routes.
    void document_by_path(const http::Request& request, const http::Responder& respond);
    void document_by_parameter(const http::Request& request, const http::Responder& respond);
    void list(const http::Request& request, const http::Responder& respond);
    void array(const http::Request& request, const http::Responder& respond, ListKind kind,
               const std::string& path);
    void values(const http::Request& request, const http::Responder& respond);
    void chart(const http::Request& request, const http::Responder& respond);
    void badge(const http::Request& request, const http::Responder& respond, BadgeForm form);
    void events(const http::Request& request, const http::Responder& respond);

    void document(const http::Request& request, const http::Responder& respond,
                  api::QueryReader& reader, const kpi::MetricId& id);
    // nullptr: there is no such metric, or its view has not reached the version.
    std::shared_ptr<const RenderedDocument> render(const kpi::MetricId& id, es::Version at_least);
    bool is_below(const kpi::MetricId& id, es::Version min_version);
    // The answer where `find` finds no view of the metric; nullopt: it does.
    std::optional<http::Response> absent(const kpi::MetricId& id, const std::string& request_id,
                                         const std::function<bool()>& find);
    // The answer where there is no view: a metric that is parked at its first event has none.
    http::Response no_view(const kpi::MetricId& id, const std::string& request_id);
    // Answers when the view has reached the version wanted.
    void answer_when_visible(Wanted wanted);
    void try_to_answer(const Wanted& wanted);
    void wait_for_version(const Wanted& wanted);
    void settle(const Wanted& wanted, VersionWaiter::Outcome outcome);
    // Runs what may throw; its exception becomes the answer.
    void guarded(const std::string& request_id, const http::Responder& respond,
                 const std::function<void()>& work) const;
    // Answers what `answer` makes of the metric's views at that time.
    using PastAnswer = std::function<http::Response(kpi::MetricViews& past)>;
    void answer_as_of(es::TimePoint time, const http::Request& request,
                      const http::Responder& respond, const kpi::MetricId& id, PastAnswer answer);
    struct Asked;  // what is to be known of a request once it is on its way
    static Asked slow(const http::Request& request);
    void on_pool(const Asked& asked, const http::Responder& respond, std::function<void()> work);

    ReadApiOptions options_;
    VersionWaiter waiter_;
    DocumentCache cache_;
};

}  // namespace read_api
