// The routes of what was recorded: the events of a metric, and those of all.
#pragma once

#include <string>
#include <vector>

#include "http/router.hpp"
#include "read_api/answerer.hpp"

namespace read_api {

class EventRoutes {
public:
    // Must outlive the router's last request, as must the answerer.
    explicit EventRoutes(Answerer& answerer) : answerer_(answerer) {};

    void add_to(http::Router& router);
    static std::vector<std::string> patterns();

private:
    void events(const http::Request& request, const http::Responder& respond);
    void all_events(const http::Request& request, const http::Responder& respond);

    Answerer& answerer_;
};

}  // namespace read_api
