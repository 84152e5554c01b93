// The routes of one metric: its document, and its badge.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/query.hpp"
#include "http/router.hpp"
#include "kpi/metric_views.hpp"
#include "read_api/answerer.hpp"
#include "read_api/badge.hpp"
#include "read_api/document_cache.hpp"

namespace read_api {

class DocumentRoutes {
public:
    // Must outlive the router's last request, as must the answerer.
    explicit DocumentRoutes(Answerer& answerer);

    void add_to(http::Router& router);
    static std::vector<std::string> patterns();

private:
    void document_by_path(const http::Request& request, const http::Responder& respond);
    void document_by_parameter(const http::Request& request, const http::Responder& respond);
    void badge(const http::Request& request, const http::Responder& respond, BadgeForm form);

    void document(const http::Request& request, const http::Responder& respond,
                  api::QueryReader& reader, const kpi::MetricId& id);
    // nullptr: there is no such metric, or its view has not reached the version.
    std::shared_ptr<const RenderedDocument> render(const kpi::MetricId& id, es::Version at_least);

    Answerer& answerer_;
    DocumentCache cache_;
};

}  // namespace read_api
