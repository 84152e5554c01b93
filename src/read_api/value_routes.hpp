// The routes of one metric's history: its values, its changes, and their chart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/router.hpp"
#include "read_api/answerer.hpp"

namespace read_api {

class ValueRoutes {
public:
    // Must outlive the router's last request, as must the answerer.
    explicit ValueRoutes(Answerer& answerer) : answerer_(answerer) {};

    void add_to(http::Router& router);
    static std::vector<std::string> patterns();

private:
    void values(const http::Request& request, const http::Responder& respond);
    void changes(const http::Request& request, const http::Responder& respond);
    void chart(const http::Request& request, const http::Responder& respond);

    struct Asking {
        kpi::MetricId id;
        Visibility visibility;
        std::optional<es::TimePoint> as_of;
        api::Lane lane = api::Lane::quick;
    };
    using Answer = std::optional<http::Response>;
    // Answers with what `Answer read(kpi::MetricViews&, now)` finds in the views of now, or in
    // those of then; nullopt: there is no such metric.
    template <class Read>
    void answer(const Asking& asking, const http::Request& request, const http::Responder& respond,
                Read read);

    Answerer& answerer_;
};

}  // namespace read_api
