// The routes of one metric's values: pages of them, and their chart.
#pragma once

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
    void chart(const http::Request& request, const http::Responder& respond);

    Answerer& answerer_;
};

}  // namespace read_api
