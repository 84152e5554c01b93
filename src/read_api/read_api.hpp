// The read API: HTTP questions to the metric views.
//
//     read_api::ReadApi api({.views = views, .pool = pool, .events = &store});
//     http::Router router;
//     api.add_routes(router);
//     ...
//     api.notify_saved();   // by a projector in this process, after each save
//     api.stop();           // before the server: those that wait for a version get their answer
#pragma once

#include <string>
#include <vector>

#include "http/router.hpp"
#include "read_api/answerer.hpp"
#include "read_api/csv_routes.hpp"
#include "read_api/document_routes.hpp"
#include "read_api/event_routes.hpp"
#include "read_api/list_routes.hpp"
#include "read_api/options.hpp"
#include "read_api/value_routes.hpp"
#include "read_api/version_waiter.hpp"

namespace read_api {

class ReadApi {
public:
    // Views, pool and events must outlive it; it must outlive the router's last request.
    explicit ReadApi(ReadApiOptions options);

    void add_routes(http::Router& router);
    // The patterns of these routes, for RequestMetrics.
    static std::vector<std::string> patterns();

    // Views were saved. Any thread.
    void notify_saved() { answerer_.notify_saved(); }
    // Requests that wait for a version, now or later, are answered 503 at once.
    void stop() { answerer_.stop(); }
    [[nodiscard]] VersionWaiter::Counters waiters() const { return answerer_.waiters(); }
    // Roughly, of memory that lists of the past hold.
    [[nodiscard]] std::size_t past_bytes() const { return answerer_.past_bytes(); }

private:
    Answerer answerer_;
    DocumentRoutes documents_{answerer_};
    ListRoutes lists_{answerer_};
    ValueRoutes values_{answerer_};
    EventRoutes events_{answerer_};
    CsvRoutes csv_{answerer_};
};

}  // namespace read_api
