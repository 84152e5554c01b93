// The routes of many metrics: pages of them, their summary, and the legacy arrays. They may pass
// through all metrics, so they run on the slow lane.
#pragma once

#include <string>
#include <vector>

#include "http/router.hpp"
#include "read_api/answerer.hpp"
#include "read_api/cursor.hpp"

namespace read_api {

class ListRoutes {
public:
    // Must outlive the router's last request, as must the answerer.
    explicit ListRoutes(Answerer& answerer) : answerer_(answerer) {};

    void add_to(http::Router& router);
    static std::vector<std::string> patterns();

private:
    void list(const http::Request& request, const http::Responder& respond);
    void summary(const http::Request& request, const http::Responder& respond);
    void array(const http::Request& request, const http::Responder& respond, ListKind kind,
               const std::string& path);

    Answerer& answerer_;
};

}  // namespace read_api
